/** What FRR says of itself in JSON, as evidence. */
import type { BgpNeighbor, EvpnRoute, EvpnVni, Routing } from './network-state.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `read` gives what vtysh printed for each question; undefined where it was not asked, that is, without FRR. */
export function parseRouting(read: (name: string) => string | undefined): Routing | undefined {
  if (read('summary') === undefined) return undefined;
  const document = (name: string): unknown => parse(read(name) ?? '');
  const summary = record(document('summary'));
  const families = Object.values(summary).map(record);
  const neighbors = Object.entries(record(document('neighbors'))).filter(
    ([, each]) => 'bgpState' in record(each),
  );
  const bfd = list(document('bfd'));
  const first = record(neighbors[0]?.[1]);
  return {
    running: families.length > 0 || neighbors.length > 0,
    asn: number(families[0]?.as ?? first.localAs),
    routerId: text(families[0]?.routerId ?? first.localRouterId),
    neighbors: neighbors.map(([address, each]) => neighborOf(address, record(each), bfd)),
    routes: routesOf(document('routes')),
    vnis: vnisOf(record(document('vnis')), record(document('targets'))),
  };
}

function neighborOf(address: string, fields: Fields, bfd: readonly Fields[]): BgpNeighbor {
  const evpn = record(record(fields.addressFamilyInfo).l2VpnEvpn);
  const capable = record(record(record(fields.neighborCapabilities).multiprotocolExtensions).l2VpnEvpn);
  const session = bfd.find((each) => each.peer === address);
  const reason = text(fields.lastNotificationReason) || text(fields.lastResetDueTo);
  return {
    address,
    state: text(fields.bgpState),
    localAs: number(fields.localAs),
    remoteAs: number(fields.remoteAs),
    source: known(text(fields.hostLocal)) || text(fields.updateSource),
    upFor: Math.floor(number(fields.bgpTimerUpMsec) / 1000),
    lastError: reason,
    evpn: capable.advertisedAndReceived === true,
    accepted: number(evpn.acceptedPrefixCounter),
    farBfd: session?.multihop === true,
    bfd: text(session?.status) || text(record(fields.peerBfdInfo).status).toLowerCase(),
  };
}

function known(host: string): string {
  return host === 'Unknown' ? '' : host;
}

/** By route distinguisher, then by prefix; a prefix's paths are lists of lists. */
function routesOf(document: unknown): readonly EvpnRoute[] {
  return Object.values(record(document)).flatMap((distinguisher) =>
    Object.values(record(distinguisher)).flatMap((prefix) => {
      const paths = list(record(prefix).paths as unknown, true);
      const best = paths.find((path) => path.bestpath === true) ?? paths[0];
      return best === undefined ? [] : [routeOf(best)];
    }),
  );
}

function routeOf(path: Fields): EvpnRoute {
  const type = number(path.routeType);
  const ip = text(path.ip);
  const community = text(record(path.extendedCommunity).string);
  const from = text(path.peerId);
  const remote = from !== '' && from !== '(unspec)';
  return {
    type,
    mac: type === 2 ? text(path.mac) : '',
    to: type === 5 && ip !== '' ? `${ip}/${number(path.ipLen)}` : ip,
    nexthop: text(list(path.nexthops)[0]?.ip),
    targets: community.split(' ').flatMap((word) => (word.startsWith('RT:') ? [word.slice(3)] : [])),
    remote,
    from: remote ? from : '',
  };
}

function vnisOf(zebra: Fields, bgp: Fields): readonly EvpnVni[] {
  return Object.values(zebra).flatMap((each): EvpnVni[] => {
    const fields = record(each);
    const vni = number(fields.vni);
    if (vni === 0) return [];
    const imports = record(bgp[String(vni)]).importRTs;
    return [
      {
        vni,
        type: fields.type === 'L3' ? 'L3' : 'L2',
        vxlan: text(fields.vxlanIf ?? fields.vxlanIntf),
        imports: Array.isArray(imports) ? imports.filter((rt): rt is string => typeof rt === 'string') : [],
      },
    ];
  });
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A list of records; `deep`: lists within it are laid side by side. */
function list(value: unknown, deep = false): readonly Fields[] {
  const items: readonly unknown[] = Array.isArray(value) ? (deep ? value.flat() : value) : [];
  return items.map(record);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  const figure = Number(value);
  return Number.isFinite(figure) ? figure : 0;
}
