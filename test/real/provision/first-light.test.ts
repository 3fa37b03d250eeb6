/** The runbook that the package ships, on two bare hosts: foretold, done, proved, and one round trip from then on. */
import { printChanges } from '../../../lib/lab/host-print.ts';
import { forecast } from '../../fixture/forecast.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { snapshot } from '../../fixture/lab-snapshot.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { countTurns, turnsOf } from '../../fixture/lab-turns.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('provision on bare hosts', 2);
const HOSTS = ['roz', 'wro'];
const world: { dry?: Finished } = {};

test('a dry run ends without an error and leaves every host as it was', async () => {
  const before = await Promise.all(HOSTS.map((host) => snapshot(lab(), host)));
  const dry = await lab().run(['server', 'inventory/lab', '--dry-run']);
  world.dry = dry;
  const after = await Promise.all(HOSTS.map((host) => snapshot(lab(), host)));
  assert.is(dry.code, 0, dry.out + dry.err);
  HOSTS.forEach((host, index) => {
    assert.equal(printChanges(before[index] ?? [], after[index] ?? []), [], host);
    assert.ok(dry.recap(host).changed > 0);
    assert.is(dry.recap(host).failed, 0);
  });
}, 90_000);

test('the snapshot sees what a run does', async () => {
  const before = await snapshot(lab(), 'wro');
  await lab().byHand('wro', 'touch -d 2020-01-01 /etc/motd');
  const changes = printChanges(before, await snapshot(lab(), 'wro'));
  // The folder may be touched by the system itself meanwhile.
  const motd = changes.filter((line) => line.includes(' /etc/motd '));
  assert.is(motd.length, 2, changes.join('\n'));
  assert.match(motd[0] ?? '', /^\+ tree \/etc\/motd f 644 0:0 1577/);
}, 60_000);

test('the run does what was foretold, in that order, and ends well', async () => {
  const { dry } = world;
  if (!dry) throw new Error('no dry run');
  const real = await lab().run(['server', 'inventory/lab']);
  assert.is(real.code, 0, real.out + real.err);
  for (const host of HOSTS) {
    const { wrong, made, exact, partly, later, sameIds } = forecast(dry, real, host);
    assert.equal(wrong, [], host);
    console.log(`${host}: ${made} changes foretold, ${exact} to the last byte`);
    assert.equal([made, exact, later, sameIds], [10, 8, [], true]);
    // What a package brings is edited and replaced: nobody can know its text before it is there.
    assert.equal(partly, [
      'routing_daemons file:/etc/frr/daemons update',
      'routing_config file:/etc/frr/frr.conf update',
    ]);
    assert.is(
      real.recap(host).changed,
      new Set(
        real
          .of('change')
          .filter((c) => c.host === host)
          .map((c) => c.step),
      ).size,
    );
  }
}, 180_000);

test('what the runbook declares is there, by other means than ours', async () => {
  for (const host of HOSTS) {
    const text = await lab().byHand(
      host,
      `cat /etc/ssh/ssh_known_hosts | wc -l; systemctl is-active frr; systemctl is-enabled frr
sysctl -n net.ipv4.ip_forward; id -nG nora; pidof bgpd >/dev/null && echo bgpd; dpkg -s jq | grep ^Status`,
    );
    assert.is(text, '2\nactive\nenabled\n1\nnora frrvty netops\nbgpd\nStatus: install ok installed\n');
  }
}, 30_000);

test('the second run changes nothing, in the fewest round trips, as sshd’s side counts them too', async () => {
  await Promise.all(HOSTS.map((host) => countTurns(lab(), host)));
  const second = await lab().run(['server', 'inventory/lab']);
  assert.is(second.code, 0, second.out + second.err);
  assert.equal(second.of('change'), []);
  for (const host of HOSTS) {
    const { changed, failed, roundTrips } = second.recap(host);
    assert.equal({ changed, failed }, { changed: 0, failed: 0 });
    assert.ok(roundTrips <= 2, `${roundTrips} round trips`);
    assert.equal(await turnsOf(lab(), host), [roundTrips]);
  }
}, 60_000);

test('a runbook that waits for nobody: one round trip', async () => {
  lab().write(
    'runbooks/alone.yaml',
    'name: Alone\nhosts: all\nbecome: true\nsteps:\n  - { id: motd, task: line, with: { path: /etc/motd, line: alone } }\n  - { id: ssh, task: service, with: { name: ssh, running: true } }\n',
  );
  assert.is((await lab().run(['alone', 'inventory/lab'])).code, 0);
  const before = await Promise.all(HOSTS.map((host) => turnsOf(lab(), host)));
  const second = await lab().run(['alone', 'inventory/lab']);
  for (const [index, host] of HOSTS.entries()) {
    assert.is(second.recap(host).roundTrips, 1);
    assert.is(second.recap(host).changed, 0);
    assert.is((await turnsOf(lab(), host)).at(-1), 1);
    assert.ok((before[index]?.length ?? 0) > 0);
  }
}, 60_000);

test('one host of two: the other is read for its sake, and not written', async () => {
  await lab().byHand('roz', 'echo scribble >>/etc/motd');
  await lab().byHand('wro', 'echo scribble >/etc/motd');
  const one = await lab().run(['server', 'inventory/lab', '--limit', 'wro']);
  assert.is(one.code, 0, one.out + one.err);
  assert.is(one.recap('roz').readOnly, true);
  assert.is(one.recap('wro').changed, 1);
  assert.match(await lab().byHand('roz', 'cat /etc/motd'), 'scribble');
  assert.not.match(await lab().byHand('wro', 'cat /etc/motd'), 'scribble');
}, 60_000);
