/** One runbook with every task that a container can carry out, on two bare hosts: what is foretold is what is done. */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forecast } from '../../fixture/forecast.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const here = dirname(fileURLToPath(import.meta.url));
const HOSTS = ['roz', 'wro'];
const world: { dry?: Finished; real?: Finished } = {};

const { test, lab } = labSuite('exactly as foretold', 2, async (project) => {
  for (const name of ['chain.yaml', 'files'])
    cpSync(join(here, name), join(project.root, 'runbooks', name), { recursive: true });
});

const of = (which: keyof typeof world): Finished => {
  const found = world[which];
  if (!found) throw new Error(`no ${which} run`);
  return found;
};

/** A container loads no module into the kernel of its machine, and a boot ends the chain (every-task.test.ts has both); the others need Proxmox. */
const ELSEWHERE = /^(kernel_module|reboot|evpnctl|verify_exit_node|pve_\w+)\.ts$/;

test('every built-in task is in it', () => {
  const text = readFileSync(join(here, 'chain.yaml'), 'utf8');
  const tasks = readdirSync(join(here, '../../../tasks')).filter((file) => !ELSEWHERE.test(file));
  const missing = tasks.filter((file) => !new RegExp(`\\btask: ${file.replace('.ts', '')}\\n`).test(text));
  assert.equal(missing, []);
});

test('a dry run of bare hosts has no error, and says of each check that it cannot be asked yet', async () => {
  const dry = await lab().run(['chain', 'inventory/lab', '--dry-run']);
  world.dry = dry;
  assert.is(dry.code, 0, dry.out + dry.err);
  for (const host of HOSTS) {
    assert.is(dry.recap(host).failed, 0);
    const later = dry.of('later').filter((each) => each.host === host);
    assert.equal(
      later.map(({ step }) => step),
      [
        'ports',
        'sees_kernel',
        'sees_forwarding',
        'sees_underlay',
        'sees_routing',
        'sees_overlay',
        'sees_port',
        'sees_page',
      ],
    );
    for (const { reason } of later) assert.match(reason, /^step (tools|crew), after which it looks$/);
  }
}, 90_000);

test('the run makes these changes, each of them and no other, in that order', async () => {
  const real = await lab().run(['chain', 'inventory/lab']);
  world.real = real;
  assert.is(real.code, 0, real.out + real.err);
  for (const host of HOSTS) {
    const { wrong, made, exact, partly, later, sameIds } = forecast(of('dry'), real, host);
    assert.equal(wrong, [], host);
    console.log(`${host}: ${made} changes, ${exact + partly.length} foretold, ${exact} to the last byte`);
    assert.equal([made, exact, later, sameIds], [55, 51, [], true]);
    // The text of files that a package brings, and a key that another host makes: no other is known after apply.
    assert.equal(partly, [
      'marked file:/etc/crontab update',
      'underlay wireguard-conf:wg0 create',
      'routing file:/etc/frr/daemons update',
      'routing file:/etc/frr/frr.conf update',
    ]);
  }
}, 300_000);

test('then nothing is left to do, and a dry run takes the round trips of a run', async () => {
  const again = await lab().run(['chain', 'inventory/lab']);
  const dry = await lab().run(['chain', 'inventory/lab', '--dry-run', '--detailed-exitcode']);
  assert.is(again.code, 0, again.out + again.err);
  assert.is(dry.code, 0, dry.out + dry.err);
  assert.equal(again.of('change'), []);
  assert.equal(dry.of('change'), []);
  for (const host of HOSTS) assert.is(dry.recap(host).roundTrips, again.recap(host).roundTrips);
}, 120_000);
