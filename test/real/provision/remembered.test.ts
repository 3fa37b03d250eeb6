/** Real hosts remember what they were provisioned with: what is changed by hand is named from there, and mended. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('remembered runbooks', 3);
const [ONE, TWO, THREE] = ['roz', 'wro', 'lub'] as const;

const drift = (...flags: readonly string[]): Promise<Finished> =>
  lab().run(['drift', 'inventory/lab', ...flags]);
const named = (run: Finished): readonly string[] =>
  run.of('change').map(({ host, step, key, action }) => `${host} ${step} ${key} ${action}`);

test('nobody remembers anything: said, and no success', async () => {
  const hosts = lab().hosts.map(({ name }) => name);
  assert.equal(hosts, [ONE, TWO, THREE]);
  const none = await drift();
  assert.is(none.code, 1, none.out);
  assert.match(none.err, 'no record of this project');
  assert.equal(await lab().byHand(ONE, 'ls -A /var/lib/tightbeam 2>/dev/null || true'), '');
}, 60_000);

test('provisioned, nothing has drifted; a third host has no record', async () => {
  const run = await lab().run(['server', 'inventory/lab', '--limit', `${ONE},${TWO}`]);
  assert.is(run.code, 0, run.out + run.err);
  const clean = await drift();
  assert.is(clean.code, 0, clean.out + clean.err);
  assert.equal(named(clean), []);
  assert.match(clean.err, `${THREE}: no record`);
  assert.match(clean.out, '3 hosts: 2 as declared, 1 without a record');
  const quiet = await drift('--quiet');
  assert.is(quiet.out + quiet.err, '');
}, 300_000);

test('three things changed by hand are these three, with what mends them; mended, there is none', async () => {
  await lab().byHand(
    TWO,
    'echo Hello >/etc/motd; sysctl -qw net.ipv4.conf.all.rp_filter=1; systemctl stop frr',
  );
  const files = "find /etc /var/lib/tightbeam -printf '%p %T@ %m %u\\n' | sort | sha256sum";
  const before = await lab().byHand(TWO, files);
  const found = await drift();
  assert.is(found.code, 2, found.out + found.err);
  assert.equal(named(found), [
    `${TWO} greeting file:/etc/motd update`,
    `${TWO} kernel sysctl:net.ipv4.conf.all.rp_filter update`,
    `${TWO} routing unit:frr.service start`,
  ]);
  const [first = ''] = found.out.split('\n');
  assert.match(
    first,
    new RegExp(
      `^${TWO} .*file:/etc/motd.*runbooks/server\\.yaml:\\d+:\\d+ +→ run server inventory/lab --limit ${TWO}$`,
    ),
  );
  assert.match(found.out, '3 hosts: 1 drifted, 1 as declared, 1 without a record');
  assert.is(await lab().byHand(TWO, files), before);
  const [, mend = ''] = /→ run (.*)/.exec(first) ?? [];
  const mended = await lab().run(mend.split(' '));
  assert.is(mended.code, 0, mended.out + mended.err);
  const clean = await drift('-q');
  assert.is(clean.code, 0, clean.out + clean.err);
  const other = await drift('--runbook', 'server', '--limit', THREE);
  assert.is(other.code, 2, 'the third one is bare');
}, 300_000);
