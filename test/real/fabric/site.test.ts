/** The fabric of runbooks/provision.yaml on two bare hosts, a third one, and drift that no file shows. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printChanges } from '../../../lib/lab/host-print.ts';
import { labUp } from '../../../lib/lab/up.ts';
import type { Plan } from '../../../lib/plan/plan.ts';
import { forecast } from '../../fixture/forecast.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { snapshot } from '../../fixture/lab-snapshot.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('fabric', 2);
const HOSTS = ['roz', 'wro'];
const world: { dry?: Finished } = {};

const provision = (...flags: string[]): Promise<Finished> =>
  lab().run(['provision', 'inventory/lab', ...flags]);
const verify = (): Promise<Finished> => lab().run(['verify', 'inventory/lab']);
const said = (run: Finished): string => run.out + run.err;

/** A packet of exactly the overlay's MTU that must not be fragmented, from one site's gateway to the other's. */
const crossing = (from: string, to: string): Promise<string> =>
  lab().byHand(
    from === '10.1.1.1' ? 'roz' : 'wro',
    `ping -c 3 -i 0.2 -W 2 -M do -s ${1370 - 28} -I ${from} ${to} | grep -o '[0-9]* received'`,
  );

test('a dry run on bare hosts ends well and touches nothing', async () => {
  const before = await Promise.all(HOSTS.map((host) => snapshot(lab(), host)));
  const dry = await provision('--dry-run');
  world.dry = dry;
  const after = await Promise.all(HOSTS.map((host) => snapshot(lab(), host)));
  assert.is(dry.code, 0, said(dry));
  HOSTS.forEach((host, index) => {
    assert.equal(printChanges(before[index] ?? [], after[index] ?? []), [], host);
    assert.ok(dry.recap(host).changed > 0);
  });
}, 90_000);

test('one run from bare hosts to the fabric, change by change as the dry run had foretold', async () => {
  const run = await provision();
  assert.is(run.code, 0, said(run));
  if (!world.dry) throw new Error('no dry run');
  for (const host of HOSTS) {
    const { wrong, made, exact, partly, later, sameIds } = forecast(world.dry, run, host);
    assert.equal(wrong, [], host);
    assert.equal([made, exact, later, sameIds], [29, 26, [], true]);
    // A key that the other host makes, and the text of two files that a package brings.
    assert.equal(partly, [
      'underlay wireguard-conf:wg0 create',
      'routing file:/etc/frr/daemons update',
      'routing file:/etc/frr/frr.conf update',
    ]);
  }
}, 300_000);

test('every check is green, and says what it saw', async () => {
  const run = await verify();
  assert.is(run.code, 0, said(run));
  for (const host of HOSTS) {
    assert.is(run.recap(host).changed, 0);
    assert.ok(run.of('check').filter((event) => event.host === host).length >= 5, run.out);
  }
}, 90_000);

test('packets of the whole MTU cross both ways, and the line below carries WireGuard alone', async () => {
  const trace = capture();
  await trace.started;
  assert.is(await crossing('10.1.1.1', '10.2.1.1'), '3 received\n');
  assert.is(await crossing('10.2.1.1', '10.1.1.1'), '3 received\n');
  const packets = await trace.stop();
  const between = packets.filter((line) => HOSTS.every((host) => line.includes(lab().address(host))));
  const wireguard = between.filter((line) => / \S+\.51820 > \S+\.51820: UDP/.test(line));
  assert.ok(wireguard.length >= 12, packets.join('\n'));
  assert.equal(
    between.filter((line) => !wireguard.includes(line)),
    [],
  );
}, 60_000);

/** Prints of all states that a saved plan rests on, by host and key; what may be shown of them beside. */
async function statesNow(name: string): Promise<ReadonlyMap<string, { print: string; state: unknown }>> {
  const run = await provision('--dry-run', '--out', name);
  assert.is(run.code, 0, said(run));
  const { hosts } = JSON.parse(readFileSync(join(lab().root, name), 'utf8')) as Plan;
  return new Map(
    hosts.flatMap(({ host, states }) =>
      Object.entries(states).map(([key, state]) => [`${host} ${key}`, state] as const),
    ),
  );
}

test('nothing that a plan rests on moves by itself: handshakes, counters and sessions do not count', async () => {
  const first = await statesNow('one.json');
  assert.is(await crossing('10.1.1.1', '10.2.1.1'), '3 received\n');
  await new Promise((wake) => setTimeout(wake, 5000));
  const second = await statesNow('two.json');
  assert.ok(first.size > 60, `${first.size} states`);
  assert.equal([...second.keys()].sort(), [...first.keys()].sort());
  for (const [key, { print, state }] of first) {
    const now = second.get(key);
    assert.equal(now?.state, state, key);
    assert.is(now?.print, print, key);
  }
}, 90_000);

/** What crosses the bridge of the lab, as tcpdump words it; ARP aside. */
function capture(): { readonly started: Promise<void>; stop(): Promise<readonly string[]> } {
  const id = lab().hosts[0]?.machine.split('-')[0] ?? '';
  const words = ['netns', 'exec', id, 'tcpdump', '-nnl', '-i', 'br0', 'ip'];
  const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const started = new Promise<void>((resolve, reject) => {
    let noise = '';
    child.on('error', reject);
    child.on('close', () => reject(new Error(`tcpdump ended: ${noise}`)));
    child.stderr.on('data', (chunk) => {
      noise += chunk;
      if (noise.includes('listening on')) resolve();
    });
  });
  return {
    started,
    async stop() {
      await new Promise((wake) => setTimeout(wake, 300));
      child.kill('SIGINT');
      await ended;
      return text.trim().split('\n');
    },
  };
}

test('the second run changes nothing, in at most two round trips a host', async () => {
  const run = await provision();
  assert.is(run.code, 0, said(run));
  assert.equal(run.of('change'), []);
  for (const host of HOSTS) assert.ok(run.recap(host).roundTrips <= 2, `${run.recap(host).roundTrips}`);
}, 60_000);

/** Twelve things that run otherwise than their files say: what is done by hand, and the resource that must notice. */
const DRIFT: readonly (readonly [name: string, script: string, key: RegExp])[] = [
  ['forwarding', 'sysctl -qw net.ipv4.ip_forward=0', /^sysctl:net\.ipv4\.ip_forward$/],
  ['rp_filter', 'sysctl -qw net.ipv4.conf.all.rp_filter=1', /^sysctl:net\.ipv4\.conf\.all\.rp_filter$/],
  ['a peer', 'wg set wg0 peer "$(wg show wg0 peers)" remove', /^wireguard:wg0$/],
  ['allowed IPs', 'wg set wg0 peer "$(wg show wg0 peers)" allowed-ips 192.0.2.0/24', /^wireguard:wg0$/],
  ['tunnel address', 'ip addr flush dev wg0', /wg0/],
  ['tunnel route', 'ip route flush dev wg0', /wg0/],
  ['tunnel MTU', 'ip link set wg0 mtu 1280', /wg0/],
  ['overlay MTU', 'ip link set vnet1 mtu 1200', /^link:vnet1$/],
  ['gateway address', 'ip addr flush dev vnet1 scope global', /^link:vnet1$/],
  ['a VXLAN link', 'ip link del "$(ls /sys/class/net | grep vx | head -n 1)"', /^link:.*vx/],
  ['BGP', "vtysh -c 'configure' -c 'router bgp 65000' -c 'no neighbor 10.1.0.1 peer-group fabric'", /^frr/],
  ['the firewall', 'nft delete table inet tightbeam', /^nft-table:inet tightbeam$/],
];

for (const [name, script, key] of DRIFT) {
  test(`drift: ${name} is found though every file is right, and mended`, async () => {
    await lab().byHand('wro', script);
    const dry = await provision('--dry-run', '--detailed-exitcode');
    assert.is(dry.code, 2, said(dry));
    const found = dry.of('change').map((change) => `${change.host} ${change.key}`);
    assert.ok(
      dry.of('change').some((change) => change.host === 'wro' && key.test(change.key)),
      found.join('\n'),
    );
    assert.is(dry.recap('roz').changed, 0, found.join('\n'));
    assert.equal(
      found.filter((line) => / (file|wireguard-conf):/.test(line)),
      [],
    );
    const run = await provision();
    assert.is(run.code, 0, said(run));
    const third = await provision('--dry-run', '--detailed-exitcode');
    assert.is(third.code, 0, said(third));
  }, 90_000);
}

test('after all that the fabric still carries packets', async () => {
  const run = await verify();
  assert.is(run.code, 0, said(run));
}, 90_000);

interface Sessions {
  readonly handshake: number;
  readonly received: number;
  readonly established: number;
  readonly connections: number;
}

/** What a reset session would lose: the time of the last handshake, counters, the time BGP has been up. */
async function sessions(host: string, peer: string): Promise<Sessions> {
  const key = (await lab().byHand(peer, 'wg show wg0 public-key')).trim();
  const text = await lab().byHand(
    host,
    `wg show wg0 latest-handshakes | grep -F '${key}' | cut -f 2; wg show wg0 transfer | grep -F '${key}' | cut -f 2
vtysh -c 'show bgp neighbors json'`,
  );
  const [handshake = '', received = '', ...json] = text.split('\n');
  const neighbours = JSON.parse(json.join('\n')) as Record<
    string,
    { readonly bgpTimerUpEstablishedEpoch: number; readonly connectionsEstablished: number }
  >;
  const other = neighbours[peer === 'roz' ? '10.1.0.1' : '10.2.0.1'];
  return {
    handshake: Number(handshake),
    received: Number(received),
    established: other?.bgpTimerUpEstablishedEpoch ?? 0,
    connections: other?.connectionsEstablished ?? 0,
  };
}

test('a third host: the others get its entries alone, and no session is reset', async () => {
  const before = await Promise.all([sessions('roz', 'wro'), sessions('wro', 'roz')]);
  await labUp({ root: lab().root, hosts: 3, log: () => undefined });
  const run = await provision();
  assert.is(run.code, 0, said(run));
  const third = (await lab().byHand('roz', 'wg show wg0 peers')).trim().split('\n');
  assert.is(third.length, 2);
  for (const change of run.of('change').filter(({ host }) => host !== 'lub')) {
    assert.match(change.step, /^(underlay|overlay|routing)$/, JSON.stringify(change));
    assert.not.match(change.action, /restart|stop|start|delete/);
  }
  const after = await Promise.all([sessions('roz', 'wro'), sessions('wro', 'roz')]);
  for (const [index, old] of before.entries()) {
    const now = after[index];
    assert.ok(old.handshake > 0 && old.established > 0);
    // FRR counts back from now, and may round otherwise the second time.
    assert.ok(Math.abs((now?.established ?? 0) - old.established) <= 1, 'BGP stayed up');
    assert.is(now?.connections, old.connections);
    assert.ok((now?.handshake ?? 0) >= old.handshake, 'the handshake was not forgotten');
    assert.ok((now?.received ?? 0) > old.received, 'counters were not reset');
  }
  const again = await provision();
  assert.equal(again.of('change'), []);
  const green = await verify();
  assert.is(green.code, 0, said(green));
}, 240_000);

test('after a true reboot of the first two the fabric is up, and a dry run finds nothing', async () => {
  await Promise.all(HOSTS.map((host) => lab().reboot(host)));
  // sshd answers before the last units have started.
  await Promise.all(HOSTS.map((host) => lab().ssh(host, 'systemctl is-system-running --wait')));
  const run = await verify();
  assert.is(run.code, 0, said(run));
  assert.is(await crossing('10.1.1.1', '10.2.1.1'), '3 received\n');
  const dry = await provision('--dry-run', '--detailed-exitcode');
  assert.is(dry.code, 0, said(dry));
}, 120_000);
