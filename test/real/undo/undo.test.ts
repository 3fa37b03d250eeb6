/** Every task that a container can carry out, in one runbook on bare hosts, and the way back from all of it. */
import { cpSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { printChanges } from '../../../lib/lab/host-print.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { undoSnapshot } from '../../fixture/undo-snapshot.ts';
import { assert } from '../../suite.ts';

const exact = join(dirname(dirname(fileURLToPath(import.meta.url))), 'exact');
const HOSTS = ['roz', 'wro'];
/** What programs of new packages have written beside their configuration, which the undo says. */
const DECLARED = ['/var/www'];

const made = { run: '' };
const before = new Map<string, readonly string[]>();

const { test, lab } = labSuite('undo', 2, async (project) => {
  for (const name of ['chain.yaml', 'files'])
    cpSync(join(exact, name), join(project.root, 'runbooks', name), { recursive: true });
  for (const host of HOSTS) before.set(host, await undoSnapshot(project, host));
});

test('the runbook with every task is carried out', async () => {
  const run = await lab().run(['chain', 'inventory/lab']);
  assert.is(run.code, 0, run.out + run.err);
  made.run = readdirSync(join(lab().root, '.run')).filter((name) => /^\d/.test(name))[0] ?? '';
}, 600_000);

test('a dry run of its undo writes nothing and finds every change', async () => {
  const dry = await lab().run(['undo', '@last', '--dry-run']);
  assert.is(dry.code, 0, dry.out + dry.err);
  console.log(dry.err);
  assert.ok(dry.of('change').length > 60, String(dry.of('change').length));
}, 400_000);

test('what somebody has changed since is not undone, nor anything else on that host', async () => {
  const changes = await lab().byHand(
    'roz',
    'echo theirs >>/srv/chain/etc/app.conf; chmod 600 /srv/chain/page; date +%s',
  );
  const refused = await lab().run(['undo', made.run, '--yes', '--limit', 'roz']);
  assert.is(refused.code, 2, changes);
  assert.equal(refused.of('change'), []);
  assert.match(refused.failure('roz'), /\n {4} {2}n theirs\n/);
  assert.match(refused.failure('roz'), /mode: before none, after the run 0644, now 0600/);
  await lab().byHand('roz', "sed -i '/theirs/d' /srv/chain/etc/app.conf; chmod 644 /srv/chain/page");
}, 400_000);

test('files, modes, owners, packages, sysctls, nft, links and units are as they were', async () => {
  // What a command has made is said to stay.
  for (const host of HOSTS) await lab().byHand(host, 'rm /srv/chain/made');
  const undone = await lab().run(['undo', made.run, '--yes']);
  assert.is(undone.code, 0, undone.out + undone.err);
  for (const host of HOSTS) {
    const changes = printChanges(before.get(host) ?? [], await undoSnapshot(lab(), host));
    assert.equal(
      changes.filter((line) => !DECLARED.some((path) => line.includes(` ${path}`))),
      [],
      host,
    );
  }
}, 600_000);

test('a second undo finds nothing, and neither copies of the run nor marks are left there', async () => {
  const again = await lab().run(['undo', made.run, '--yes']);
  assert.is(again.code, 0, again.out + again.err);
  assert.equal(again.of('change'), []);
  for (const host of HOSTS)
    assert.is(
      await lab().byHand(
        host,
        // The undo's own copies, kept while it could still be taken back, go as those of every run do.
        `find /var/lib/tightbeam/undo/${made.run} /var/lib/tightbeam/owed/* 2>/dev/null || :`,
      ),
      '',
    );
}, 300_000);
