/** Hosts in a bad state, and runs that meet each other: what is half done is finished, and nobody's work is lost. */
import { readFileSync } from 'node:fs';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('recovery', 1, async (project) => {
  await project.byHand('roz', 'apt-get update -qq');
});

const provision = (name: string, steps: string, ...flags: string[]): Promise<Finished> => {
  lab().write(`runbooks/${name}.yaml`, `name: ${name}\nhosts: all\nbecome: true\n${steps}`);
  return lab().run([name, 'inventory/lab', ...flags]);
};

const named = (run: Finished): readonly string[] =>
  run.of('change').map(({ step, action }) => `${step} ${action}`);

test('a package that was left half configured is finished, and its edited conffile kept', async () => {
  const steps =
    'steps:\n  - { id: cron, task: package, with: { name: cron } }\n  - { id: mine, task: line, with: { path: /etc/default/cron, line: "# mine" } }\n';
  assert.is((await provision('half', steps)).code, 0);
  await lab().byHand(
    'roz',
    'sed -i "/^Package: cron$/,/^Status/s/^Status: .*/Status: install ok half-configured/" /var/lib/dpkg/status',
  );
  const run = await provision('half', steps);
  assert.is(run.code, 0, run.out + run.err);
  assert.equal(named(run), ['cron update']);
  assert.is(
    await lab().byHand('roz', "dpkg-query -W -f '${db:Status-Abbrev}' cron; tail -n 1 /etc/default/cron"),
    'ii # mine\n',
  );
  assert.equal(named(await provision('half', steps)), []);
}, 90_000);

test('a handler that failed is owed, and paid by the next run, once', async () => {
  const steps = `steps:
  - { id: config, task: file, notify: [told], with: { path: /srv/config, content: "one\\n" } }
handlers:
  - { id: told, task: command, with: { shell: "test -e /srv/way && echo told >>/srv/told" } }
`;
  const first = await provision('owed', steps);
  assert.is(first.code, 2, first.out + first.err);
  await lab().byHand('roz', 'touch /srv/way');
  const second = await provision('owed', steps);
  assert.is(second.code, 0, second.out + second.err);
  assert.equal(named(second), ['told run']);
  const third = await provision('owed', steps);
  assert.equal(named(third), []);
  assert.is(await lab().byHand('roz', 'cat /srv/told'), 'told\n');
}, 60_000);

test('no room for the journal: nothing is begun, and the error says where', async () => {
  const steps = 'steps:\n  - { id: note, task: file, with: { path: /srv/note, content: "note\\n" } }\n';
  await lab().byHand(
    'roz',
    'mount -t tmpfs -o size=64k tmpfs /var/lib/tightbeam; head -c 100000 /dev/zero >/var/lib/tightbeam/fill 2>/dev/null || :',
  );
  const full = await provision('room', steps);
  const written = await lab().ssh('roz', 'test -e /srv/note');
  await lab().byHand('roz', 'umount /var/lib/tightbeam');
  assert.is(full.code, 2, full.out + full.err);
  assert.match(full.failure('roz'), /cannot write \/var\/lib\/tightbeam[\s\S]*make room/);
  assert.equal(named(full), []);
  assert.is(written.rc, 1);
  assert.is((await provision('room', steps)).code, 0);
}, 60_000);

test('two runs at once on one host: both files’ lines and both packages are there', async () => {
  const steps = `vars: { line: none, package: none, pause: "1" }
steps:
  - { id: slow, task: command, with: { argv: [sleep, "\${{ vars.pause }}"], effects: none } }
  - { id: line, task: line, with: { path: /srv/lines, line: "\${{ vars.line }}", create: true } }
  - { id: tool, task: package, with: { names: ["\${{ vars.package }}"] } }
`;
  const wait = ['--lock-timeout', '60s'];
  const runs = await Promise.all([
    provision('twice', steps, ...wait, '-e', 'line=one', '-e', 'package=tree'),
    provision('twice', steps, ...wait, '-e', 'line=two', '-e', 'package=hello', '-e', 'pause=1.3'),
  ]);
  for (const run of runs) assert.is(run.code, 0, run.out + run.err);
  const text = await lab().byHand(
    'roz',
    "sort /srv/lines; dpkg-query -W -f '${db:Status-Abbrev}' tree hello",
  );
  assert.is(text, 'one\ntwo\nii ii ');
}, 120_000);

test('a host key that has changed is refused, with what to do, and nothing is sent', async () => {
  const key = lab().address('roz');
  const known = readFileSync(`${lab().root}/inventory/lab/known_hosts`, 'utf8');
  lab().inventory('stranger', `hosts:\n  roz: { address: ${key}, user: root, identity: id_ed25519 }\n`);
  lab().write(
    'inventory/stranger/known_hosts',
    known.replace(/AAAAI.{20}/, (text) => `${text.slice(0, -6)}AAAAAA`),
  );
  const run = await lab().run(['room', 'inventory/stranger']);
  assert.is(run.code, 4, run.out + run.err);
  assert.match(run.failure('roz'), /host key/i);
  assert.is(run.recap('roz').roundTrips, 0);
}, 60_000);
