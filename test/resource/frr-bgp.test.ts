import { createOnce } from '../../lib/base/once.ts';
import type { TaskContext } from '../../lib/model/task.ts';
import { factsKind } from '../../lib/resources/facts.ts';
import { bgpConfig } from '../../lib/resources/frr/frr-bgp.ts';
import { bgpFaults } from '../../lib/resources/frr/frr-bgp-fault.ts';
import type { BgpParams, BgpSteps } from '../../lib/resources/frr/frr-bgp-params.ts';
import { assert, suite } from '../suite.ts';

const test = suite('frr bgp');
const STEPS: BgpSteps = { underlay: 'underlay', overlay: 'overlay', daemons: ['bgpd', 'bfdd'] };
const BGP: BgpParams = { asn: 65000, peers: 'fabric' };
const SITES: Readonly<Record<string, number>> = { roz: 1, wro: 2, krk: 10 };

/** As the schema leaves it. */
const PLAIN = { ipv4: false, ipv6: false, evpn: true, bfd: false } as const;

type Params = Readonly<Record<string, unknown>>;

interface World {
  readonly hosts?: readonly string[];
  readonly overlay?: (site: number) => Params | undefined;
  readonly tunnel?: (site: number) => unknown;
  readonly bgp?: (site: number) => BgpParams | undefined;
}

/** The context on roz. */
function context({ hosts = ['roz', 'wro'], overlay, tunnel, bgp = () => BGP }: World = {}): TaskContext {
  const view = (name: string) => ({
    name,
    address: name,
    groups: [],
    vars: {},
    facts: factsKind.absent,
    steps: {},
  });
  return {
    host: view('roz'),
    hosts: () => hosts.map(view),
    params(step, host = 'roz') {
      const site = SITES[host] ?? 0;
      if (step === 'underlay') {
        const address = tunnel ? tunnel(site) : `10.${site}.0.1/32`;
        return address === undefined ? undefined : { interface: 'wg0', address, peers: 'fabric' };
      }
      if (step === 'overlay') return overlay?.(site);
      const own = bgp(site);
      return own && { bgp: own };
    },
    once: createOnce(),
    stepId: 'routing',
    scope: {},
    local: () => [],
    stepName: 'test.routing',
    user: undefined,
    env: {},
    owed: undefined,
  };
}

const network = (site: number, more: Params = {}): Params => ({
  name: 'vnet1',
  vni: 100_000,
  gateway: `10.${site}.1.1/24`,
  ...more,
});

test('without VRF: the subnets of the gateways by name, a session to each peer in the order of their addresses', () => {
  const text = bgpConfig(
    BGP,
    context({
      hosts: ['roz', 'krk', 'wro'],
      overlay: (site) => ({
        underlay: 'underlay',
        vrf: { name: '', vni: 99_999 },
        networks: [network(site, { snat: true })],
      }),
    }),
    STEPS,
  );
  assert.fixture(
    text,
    `vni 99999
!
ip route 10.2.1.0/24 reject 250
ip route 10.10.1.0/24 reject 250
!
router bgp 65000
 bgp router-id 10.1.0.1
 no bgp default ipv4-unicast
 neighbor fabric peer-group
 neighbor fabric remote-as 65000
 neighbor fabric bfd
 neighbor fabric update-source 10.1.0.1
 neighbor fabric timers 10 30
 neighbor fabric timers connect 5
 neighbor 10.2.0.1 peer-group fabric
 neighbor 10.10.0.1 peer-group fabric
 !
 address-family ipv4 unicast
  network 10.1.1.0/24
 exit-address-family
 !
 address-family l2vpn evpn
  neighbor fabric activate
  advertise-all-vni
  advertise ipv4 unicast
 exit-address-family
exit
!
`,
  );
});

test('in a VRF an exit tells of the way out, takes none from others, and knows the way back; what only peers have never leaves in the clear', () => {
  const text = bgpConfig(
    { ...BGP, bfd: false },
    context({
      overlay: (site) => ({
        vrf: { name: 'vrf_site', vni: 99_999 },
        networks: [network(site, { snat: true })],
        underlay: 'underlay',
      }),
    }),
    STEPS,
  );
  assert.fixture(
    text,
    `vrf vrf_site
 vni 99999
 ip route 10.2.1.0/24 reject 250
exit-vrf
!
router bgp 65000
 bgp router-id 10.1.0.1
 no bgp default ipv4-unicast
 neighbor fabric peer-group
 neighbor fabric remote-as 65000
 neighbor fabric update-source 10.1.0.1
 neighbor fabric timers 10 30
 neighbor fabric timers connect 5
 neighbor 10.2.0.1 peer-group fabric
 !
 address-family ipv4 unicast
  import vrf vrf_site
 exit-address-family
 !
 address-family l2vpn evpn
  neighbor fabric activate
  neighbor fabric route-map fabric_in in
  advertise-all-vni
 exit-address-family
exit
!
router bgp 65000 vrf vrf_site
 bgp router-id 10.1.0.1
 !
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
 !
 address-family l2vpn evpn
  advertise ipv4 unicast
  default-originate ipv4
 exit-address-family
exit
!
route-map fabric_in deny 10
 match evpn default-route
 match evpn route-type prefix
exit
!
route-map fabric_in permit 20
exit
!
`,
  );
});

test('who is no exit sends nothing out by the main table, and takes the default of those who are', () => {
  const gateway = (site: number) => [`10.${site}.1.1/24`, `fd00:${site}::1/64`];
  const text = bgpConfig(
    BGP,
    context({
      overlay: (site) => ({
        underlay: 'underlay',
        vrf: { name: 'vrf_site', vni: 99_999 },
        networks: [network(site, { gateway: gateway(site) })],
      }),
    }),
    STEPS,
  );
  assert.match(
    text,
    /^vrf vrf_site\n vni 99999\n ip route 0.0.0.0\/0 reject 250\n ipv6 route ::\/0 reject 250\nexit-vrf\n/,
  );
  assert.not.match(text, /route-map|import vrf|default-originate/);
  assert.match(text, /address-family ipv6 unicast\n {2}redistribute connected\n/);
  assert.match(text, / {2}advertise ipv4 unicast\n {2}advertise ipv6 unicast\n/);
});

test('a third host is one more line, and nothing else', () => {
  const before = bgpConfig(BGP, context(), STEPS).split('\n');
  const after = bgpConfig(BGP, context({ hosts: ['roz', 'wro', 'krk'] }), STEPS).split('\n');
  const added = after.filter((line) => !before.includes(line));
  assert.equal(added, [' neighbor 10.10.0.1 peer-group fabric']);
  assert.is(after.length, before.length + 1);
});

test('bridged alone, and neighbours outside the fabric', () => {
  const text = bgpConfig(
    {
      asn: 65_000,
      router_id: '192.0.2.7',
      neighbors: [
        { ...PLAIN, address: '192.0.2.1', asn: 64_512, multihop: 2, ipv4: true, evpn: false, source: 'lo' },
      ],
    },
    context({ overlay: (site) => ({ local: `192.0.2.${site}`, networks: [{ name: 'lan', vni: 7 }] }) }),
    { overlay: 'overlay' },
  );
  assert.fixture(
    text,
    `router bgp 65000
 bgp router-id 192.0.2.7
 no bgp default ipv4-unicast
 neighbor 192.0.2.1 remote-as 64512
 neighbor 192.0.2.1 ebgp-multihop 2
 neighbor 192.0.2.1 update-source lo
 !
 address-family ipv4 unicast
  neighbor 192.0.2.1 activate
 exit-address-family
 !
 address-family l2vpn evpn
  advertise-all-vni
 exit-address-family
exit
!
`,
  );
});

const told = (bgp: BgpParams, ctx: TaskContext, steps = STEPS): readonly string[] =>
  bgpFaults(bgp, ctx, steps).map(({ path, message }) => `${path.join('.')}: ${message}`);

test('what is right has no fault', () => {
  assert.equal(told(BGP, context({ hosts: ['roz', 'wro', 'krk'] })), []);
});

test('numbers that are reserved, and hosts that contradict each other', () => {
  assert.equal(told({ ...BGP, asn: 23_456 }, context({ bgp: () => ({ ...BGP, asn: 23_456 }) })), [
    'bgp.asn: AS 23456 stands for numbers of four bytes where only two fit',
  ]);
  assert.equal(told(BGP, context({ bgp: (site) => ({ ...BGP, asn: 64_999 + site }) })), [
    'bgp.asn: AS 65000 here and 65001 on wro: hosts of one fabric have one number',
  ]);
  const same = context({ bgp: () => ({ ...BGP, router_id: '192.0.2.1' }) });
  assert.equal(told({ ...BGP, router_id: '192.0.2.1' }, same), [
    'bgp.router_id: 192.0.2.1 is the router id of wro too',
  ]);
  assert.equal(told(BGP, context({ tunnel: (site) => (site === 1 ? '10.1.0.1/32' : undefined) })), [
    'bgp.peers: wro has no tunnel address, so no session to it can be made',
  ]);
});

test('no address, a tunnel of IPv6 alone, timers, daemons, neighbours', () => {
  assert.match(told(BGP, context({ hosts: [], tunnel: () => undefined }))[0] ?? '', 'over which address');
  assert.match(
    told(BGP, context({ hosts: [], tunnel: (site) => `fd00::${site}/128` }))[0] ?? '',
    'cannot be a router id',
  );
  assert.match(
    told({ ...BGP, timers: { keepalive: 20, hold: 30, connect: 5 } }, context())[0] ?? '',
    'one that is lost',
  );
  assert.equal(told({ ...BGP, bfd: true }, context(), { ...STEPS, daemons: [] }), [
    'daemons: `bgp` needs bgpd, which is not among the daemons',
    'daemons: `bgp` needs bfdd, which is not among the daemons',
  ]);
  const neighbors = [
    { ...PLAIN, address: '10.2.0.1', asn: 65_535 },
    { ...PLAIN, address: 'router', asn: 1 },
    { ...PLAIN, address: 'router', asn: 1 },
  ];
  assert.equal(told({ ...BGP, neighbors }, context()), [
    'bgp.neighbors.0.asn: AS 65535 is reserved as the last of two bytes',
    'bgp.neighbors.1.address: "router" is no IP address',
    'bgp.neighbors.2.address: "router" is no IP address',
    'bgp.neighbors.2.address: router is there twice',
    'bgp.neighbors: wro is among the peers already',
  ]);
});
