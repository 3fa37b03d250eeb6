import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toBytes } from '../../lib/base/bytes.ts';
import { join as joined, Sh, sh } from '../../lib/base/sh.ts';
import { EVIDENCE, type NetworkHint, type Probe, probeKey } from '../../lib/resources/network/network-ask.ts';
import { parseEvidence } from '../../lib/resources/network/network-evidence.ts';
import { networkKind } from '../../lib/resources/network/network-kind.ts';
import { parseProbe } from '../../lib/resources/network/network-outcome.ts';
import { probeText } from '../../lib/resources/network/network-probe.ts';
import { parseRouting } from '../../lib/resources/network/network-routing.ts';
import type { Evidence, NetworkState } from '../../lib/resources/network/network-state.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('network');
const scratch = new Scratch();
test.after(() => scratch.remove());

const recorded = (name: string): Buffer =>
  readFileSync(join(fileURLToPath(new URL('.', import.meta.url)), 'recorded/network', name));
const want = (hint: NetworkHint) => ({ key: hint.kind === 'evidence' ? EVIDENCE : probeKey(hint), hint });

const ping = (more: Partial<Extract<Probe, { kind: 'ping' }>>): Probe => ({
  kind: 'ping',
  to: '10.2.1.1',
  from: '10.1.1.1',
  dontFragment: true,
  count: 2,
  wait: 0,
  ...more,
});
const PROBES: readonly Probe[] = [
  ping({ to: '10.2.0.1', from: 'wg0', dontFragment: false }),
  ping({ size: 1370 }),
  ping({ size: 1400 }),
  { kind: 'tcp', to: '10.2.0.1', port: 179, wait: 0 },
  { kind: 'tcp', to: '10.2.0.1', port: 178, wait: 0 },
  { kind: 'http', url: 'http://10.2.0.1:178/', status: 200, wait: 0 },
  { kind: 'session', to: '10.2.0.1', evpn: true, wait: 5 },
];
const TARGETS = [{ to: '10.2.1.1', from: '10.1.1.1' }, { to: '10.2.0.1' }];
const HINTS: readonly NetworkHint[] = [
  ...PROBES,
  { kind: 'evidence', targets: TARGETS, parts: ['rules', 'routing'] },
];

const states = (readings: ReturnType<typeof networkKind.parse>): NetworkState[] =>
  readings.map((each) => {
    if ('unreadable' in each) throw new Error(each.unreadable);
    return each.state;
  });
const seen = states(networkKind.parse(recorded('fabric.txt'), HINTS.map(want)));
const evidence = seen.at(-1) as Evidence;

test('probes as a host with a fabric answered them', () => {
  const answer = { exists: true, kind: 'ping', rc: 0, sent: 2, received: 2, error: '', fits: 0 };
  assert.equal(seen[0], { ...answer, ms: (seen[0] as unknown as { ms: number }).ms });
  assert.equal(seen[2], {
    ...answer,
    rc: 1,
    sent: 1,
    received: 0,
    ms: 0,
    error: 'message too long, mtu=1370',
    fits: 1370,
  });
  assert.equal(
    seen.slice(3, 5).map((state) => (state.kind === 'tcp' ? `${state.tool} ${state.outcome}` : state.kind)),
    ['bash open', 'bash refused'],
  );
  assert.equal(seen[5], { kind: 'http', exists: true, tool: '', status: 0, body: '', error: '' });
  assert.equal(seen[6], { kind: 'session', exists: true, established: true });
});

test('the end of a tunnel over IPv6', () => {
  const link = { ifname: 'vx7', linkinfo: { info_kind: 'vxlan', info_data: { id: 7, local6: 'fd00::1' } } };
  const { links } = parseEvidence(new Map([['links', JSON.stringify([link])]]), []);
  assert.equal(links.vx7?.settings, { id: '7', local: 'fd00::1' });
});

test('the evidence of that host', () => {
  const { links, paths, wireguard, routing, sysctls, underlay, traffic, tools } = evidence;
  assert.equal(links.wg0?.mtu, 1420);
  assert.equal(links.vx99999, {
    type: 'vxlan',
    up: true,
    mtu: 1370,
    master: 'br99999',
    addresses: [],
    settings: { id: '99999', local: '10.1.0.1', port: '4789' },
  });
  const way = paths['10.2.1.1 from 10.1.1.1'];
  assert.equal([way?.taken?.dev, way?.taken?.protocol, way?.taken?.to], ['br99999', 'bgp', '10.2.1.0/24']);
  assert.equal(
    way?.candidates.map(({ to }) => to),
    ['default', '10.2.1.0/24'],
  );
  assert.equal(wireguard.length, 1);
  assert.equal(wireguard[0]?.port, 51820);
  const [peer] = wireguard[0]?.peers ?? [];
  assert.equal([peer?.endpoint, peer?.allowed], ['198.18.51.12:51820', ['10.2.0.0/16']]);
  assert.ok((peer?.received ?? 0) > 0 && (peer?.sent ?? 0) > 0);
  assert.equal(underlay, { '198.18.51.12': 'eth0' });
  assert.ok((traffic.vx99999?.sent ?? 0) > 0 && (traffic.vx99999?.received ?? 0) > 0);
  assert.equal([sysctls.ip_forward, sysctls['wg0.rp_filter'], sysctls['wg0.forwarding']], ['1', '0', '1']);
  assert.equal(tools, ['ip', 'wg', 'nft', 'vtysh', 'ping', 'bash']);
  assert.equal(evidence.ruleset?.chains, []);
  assert.ok(evidence.listening.includes('udp 51820'));
  assert.equal([routing?.asn, routing?.routerId, routing?.running], [65000, '10.1.0.1', true]);
  const [neighbor] = routing?.neighbors ?? [];
  assert.equal(
    [neighbor?.address, neighbor?.state, neighbor?.evpn, neighbor?.accepted, neighbor?.bfd],
    ['10.2.0.1', 'Established', true, 4, 'up'],
  );
  assert.equal(
    routing?.routes.filter(({ remote }) => remote).map(({ type, to }) => `${type} ${to}`),
    ['5 10.2.1.0/24', '5 198.18.51.0/24', '5 10.2.0.1/32', '3 10.2.0.1'],
  );
  assert.equal(
    routing?.vnis.map(({ vni, type, imports }) => `${type} ${vni} ${imports}`),
    ['L3 99999 65000:99999', 'L2 100000 65000:100000'],
  );
});

test('an interface that wg names once, before the first of its peers', () => {
  const endpoints =
    'wg1\twg0\tNEW=\t198.51.100.7:51820\n/tsSkSiqW/Nuhuzj3oSWRWogFElwWVBJMZU75okiGRo=\t[2001:db8::2]:51821\n';
  const text = recorded('fabric.txt')
    .toString('latin1')
    .replace(/@wg\.endpoints 68\n.*\n/, `@wg.endpoints ${endpoints.length}\n${endpoints}`);
  const { wireguard } = states(networkKind.parse(Buffer.from(text, 'latin1'), HINTS.map(want))).at(
    -1,
  ) as Evidence;
  assert.equal(
    wireguard[0]?.peers.map(({ endpoint }) => endpoint),
    ['[2001:db8::2]:51821'],
  );
});

test('a private key is in nothing that is printed', () => {
  const text = networkKind.read(HINTS.map(want)).text;
  assert.not.match(text, /\bdump\b|private-key|preshared/);
});

test('output that was cut short is no state', () => {
  const whole = recorded('fabric.txt');
  for (const end of [0, 100, Math.floor(whole.length / 2), whole.length - 15]) {
    const readings = networkKind.parse(whole.subarray(0, end), HINTS.map(want));
    assert.ok(readings.every((each) => 'unreadable' in each));
  }
});

/** What vtysh prints of a neighbour that was refused; the first with an AS of two bytes, the second of four. */
const refused = (
  open: string,
): string => `BGP neighbor is 10.2.0.1, remote AS 65000, local AS 65000, internal link
  BGP state = Active
  Last reset 00:00:14,  Notification sent (OPEN Message Error/Bad Peer AS)
  Message received that caused BGP to send a NOTIFICATION:
${open}
  Internal BGP neighbor may be up to 255 hops away.
@tool bash
@rc 0
`;
const TWO = `    FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF
    005F0104 FDE90009 0A020001 42020601
    04001900 46020280 00020202 00020246
    00020641 040000FD E9020206 00020645`;
const FOUR = `    FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF
    005F0104 5BA00009 0A020001 42020601
    04001900 46020280 00020202 00020246
    00020641 04FA56EA 01020206 00020645`;

test('the AS in a message that bgpd refused', () => {
  const session: Probe = { kind: 'session', to: '10.2.0.1', evpn: true, wait: 0 };
  const state = { kind: 'session', exists: true, established: false, tcp: 'open' };
  assert.equal(parseProbe(session, refused(TWO), ''), { ...state, peerAs: 65001 });
  assert.equal(parseProbe(session, refused(FOUR), ''), { ...state, peerAs: 4_200_000_001 });
  assert.equal(parseProbe(session, refused('    FF'), ''), state);
});

test('what connections say, by the program that made them', () => {
  const tcp: Probe = { kind: 'tcp', to: '10.2.0.1', port: 179, wait: 0 };
  const outcome = (said: string, rc: number, tool = 'nc'): unknown => {
    const state = parseProbe(tcp, `${said}\n@tool ${tool}\n@rc ${rc}\n`, '');
    return state.kind === 'tcp' ? state.outcome : state;
  };
  assert.is(outcome('Connection to 10.2.0.1 179 port [tcp/*] succeeded!', 0), 'open');
  assert.is(outcome('nc: connect to 10.2.0.1 port 179 (tcp) failed: Connection refused', 1), 'refused');
  assert.is(outcome("nc: can't connect to remote host (10.2.0.1): Connection refused", 1), 'refused');
  assert.is(outcome('(UNKNOWN) [10.2.0.1] 179 (?) : Connection timed out', 1), 'timeout');
  assert.is(
    outcome('nc: connect to 10.2.0.1 port 179 (tcp) timed out: Operation now in progress', 1),
    'timeout',
  );
  assert.is(outcome('', 124, 'bash'), 'timeout');
  assert.is(outcome('nc: connect to 10.2.0.1 port 179 (tcp) failed: No route to host', 1), 'unreachable');
  assert.is(outcome('nc: bind failed: Cannot assign requested address', 1), 'error');
});

test('FRR without bgpd, without any session, and with what is no JSON', () => {
  assert.is(
    parseRouting(() => undefined),
    undefined,
  );
  assert.is(parseRouting(() => '')?.running, false);
  assert.is(parseRouting(() => '{}')?.running, false);
  assert.equal(parseRouting(() => '[1, {"a": null}]')?.neighbors, []);
});

for (const shell of SHELLS) {
  test(`a bare host, in ${shell}`, () => {
    // Only what the snippet itself is made of.
    const tools = 'mktemp date cat wc rm grep sleep head sed tail printf';
    for (const name of tools.split(' ')) scratch.command(name, `exec /usr/bin/${name} "$@"`);
    const probes = HINTS.filter((hint) => hint.kind === 'ping' || hint.kind === 'session');
    const wants = [...probes, ...HINTS.slice(-1)].map(want);
    const found = states(networkKind.parse(scratch.run(shell, networkKind.read(wants), scratch.bin), wants));
    const bare = found.at(-1) as Evidence;
    assert.equal([bare.links, bare.wireguard, bare.routing, bare.ruleset], [{}, [], undefined, undefined]);
    // The applets of busybox are there whatever PATH says.
    if (shell === 'dash')
      assert.equal(
        found.slice(0, 3).map((state) => (state.kind === 'ping' ? state.rc : state)),
        [127, 127, 127],
      );
  });

  test(`a redirection that wget follows is what was answered, in ${shell}`, () => {
    const world = sh`command() { [ "$2" = wget ]; }
timeout() { shift; "$@"; }
wget() { printf '  HTTP/1.1 301 Moved\\n  HTTP/1.1 200 OK\\n' >&2; }
tb_d=$(mktemp -d)`;
    const probe: Probe = { kind: 'http', url: 'http://10.2.0.1/', status: 301, wait: 0 };
    const script = joined([world, probeText(probe, 'p'), sh`wait; cat "$tb_d"/p; rm -r "$tb_d"`]);
    const found = parseProbe(probe, scratch.run(shell, script).toString(), '');
    assert.equal(found.kind === 'http' && [found.tool, found.status], ['wget', 301]);
  });

  test(`a probe goes on until its time is over, and ends as soon as all is well, in ${shell}`, () => {
    const count = `${scratch.root}/count`;
    const program = (good: number): string =>
      `nc() { [ "$1" = --help ] && return; echo x >>${count}; [ "$(wc -l <${count})" -ge ${good} ]; }`;
    const run = (good: number, wait: number): { readonly tries: number; readonly open: boolean } => {
      const probe: Probe = { kind: 'tcp', to: '10.2.0.1', port: 179, wait };
      const script = sh`rm -f ${count}; tb_d=$(mktemp -d); ${probeText(probe, 'p')}
wait; cat "$tb_d"/p; rm -r "$tb_d"; wc -l <${count}`;
      const out = scratch.run(shell, joined([Sh.of(toBytes(program(good))), script]));
      const lines = out.toString().trim().split('\n');
      return { tries: Number(lines.at(-1)), open: lines.includes('@rc 0') };
    };
    assert.equal(run(1, 5), { tries: 1, open: true });
    assert.equal(run(2, 5), { tries: 2, open: true });
    assert.equal(run(99, 0), { tries: 1, open: false });
  });
}
