/** What the look at a host's network printed, as evidence. Nothing here throws: what cannot be read is left out. */
import { jsonList, type LinkRecord, linkState } from '../link/link-parse.ts';
import type { NftRuleset } from '../nft/nft-ruleset.ts';
import { nftRulesetKind, nftRulesetRef } from '../nft/nft-ruleset-kind.ts';
import { parseRouting } from './network-routing.ts';
import {
  type Evidence,
  type NetworkLink,
  type NetworkPath,
  type NetworkRoute,
  NO_EVIDENCE,
  type WireguardDevice,
} from './network-state.ts';

type Files = ReadonlyMap<string, string>;

export function parseEvidence(files: Files, targets: readonly string[]): Evidence {
  const text = (name: string): string => files.get(name) ?? '';
  const routing = parseRouting((name) => files.get(`bgp.${name}`));
  const ruleset = parseRules(text('rules'));
  return {
    ...NO_EVIDENCE,
    tools: lines(text('tools')),
    sysctls: parseSysctls(text('sysctls')),
    links: parseLinks(text('links')),
    paths: Object.fromEntries(targets.map((name, index) => [name, parsePath(files, index)])),
    wireguard: parseWireguard(files),
    traffic: parseTraffic(text('dev.before'), text('dev.after')),
    underlay: parseUnderlay(text('underlay')),
    listening: parseSockets(text('sockets')),
    ...(ruleset === undefined ? {} : { ruleset }),
    ...(files.has('flows') ? { flows: parseFlows(text('flows')) } : {}),
    ...(routing === undefined ? {} : { routing }),
  };
}

function parseRules(text: string): NftRuleset | undefined {
  const [reading] = nftRulesetKind.parse(Buffer.from(text), [nftRulesetRef()]);
  return reading && 'state' in reading && reading.state.exists ? reading.state.ruleset : undefined;
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** `/proc/sys/net/ipv4/conf/wg0/rp_filter:0` as `wg0.rp_filter`. */
function parseSysctls(text: string): Evidence['sysctls'] {
  const entries = lines(text).flatMap((line) => {
    const [, link, name = '', value = ''] =
      /^\/proc\/sys\/net\/ipv4\/(?:conf\/(.+)\/)?([a-z_]+):(.*)$/.exec(line) ?? [];
    return name === '' ? [] : [[link === undefined ? name : `${link}.${name}`, value]];
  });
  return Object.fromEntries(entries);
}

function parseLinks(text: string): Evidence['links'] {
  const records = jsonList<LinkRecord>(text) ?? [];
  return Object.fromEntries(
    records.map((record): [string, NetworkLink] => {
      const { type, up, mtu, master, addresses, settings } = linkState(record, []);
      return [record.ifname, { type, up, mtu, master, addresses, settings: chosen(settings) }];
    }),
  );
}

/** Of what a link's type has, that which a diagnosis looks at; `local` of either version of IP. */
function chosen({ local6, ...settings }: NetworkLink['settings']): NetworkLink['settings'] {
  const all = local6 === undefined ? settings : { ...settings, local: local6 };
  return Object.fromEntries(
    ['id', 'local', 'port', 'table'].flatMap((name) => {
      const value = all[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

interface RouteEntry {
  readonly type?: string;
  readonly dst?: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
  readonly nexthops?: readonly RouteEntry[];
  readonly protocol?: string;
  readonly table?: string;
  readonly metric?: number;
}

function parsePath(files: Files, index: number): NetworkPath {
  const name = `path.${index}`;
  const path = pathOf(files, `${name}.taken`, `${name}.error`, `${name}.match`);
  if (!files.has(`${name}.onward`)) return path;
  return { ...path, onward: pathOf(files, `${name}.onward`, `${name}.onward.error`, `${name}.onward.match`) };
}

function pathOf(files: Files, taken: string, error: string, match: string): NetworkPath {
  const entries = (name: string) => (jsonList<RouteEntry>(files.get(name) ?? '') ?? []).map(routeOf);
  const candidates = entries(match).filter(({ table }) => table !== 'local');
  const [entry] = entries(taken);
  if (entry !== undefined) return { taken: entry, candidates };
  const why = lines(files.get(error) ?? '')[0]?.replace(/^(RTNETLINK answers|Error): */, '');
  return { ...(why === undefined ? {} : { error: why }), candidates };
}

function routeOf(entry: RouteEntry): NetworkRoute {
  const hop = entry.nexthops?.[0] ?? entry;
  return {
    to: entry.dst ?? '',
    dev: hop.dev ?? '',
    via: hop.gateway ?? hop.via?.host ?? '',
    // What `ip` leaves out is what it takes when nothing is said: the main table, a route typed by hand.
    protocol: entry.protocol ?? 'boot',
    table: entry.table ?? 'main',
    type: entry.type ?? 'unicast',
    metric: entry.metric ?? 0,
  };
}

/** A line of `wg show all`: an interface, the key of a peer, and what is said of it. */
type Row = readonly [string, string, ...string[]];

function parseWireguard(files: Files): readonly WireguardDevice[] {
  const rows = (name: string): readonly Row[] => {
    const found = lines(files.get(name) ?? '').map((line) => line.split('\t') as unknown as Row);
    return name === 'wg.endpoints' ? withDevice(found) : found;
  };
  const of = (name: string, device: string, key: string): readonly string[] =>
    rows(name)
      .find(([dev, each]) => dev === device && each === key)
      ?.slice(2) ?? [];
  const now = Number(files.get('now') ?? 0);
  const grown = (device: string, key: string, column: number): number => {
    const bytes = (when: string) => Number(of(`transfer.${when}`, device, key)[column] ?? 0);
    return bytes('after') - bytes('before');
  };
  return rows('wg.public-key').map(([name, publicKey]) => ({
    name,
    publicKey,
    port: Number(rows('wg.listen-port').find(([dev]) => dev === name)?.[1] ?? 0),
    peers: rows('wg.allowed-ips')
      .filter(([dev]) => dev === name)
      .map(([, key, allowed = '']) => {
        const seen = Number(of('wg.latest-handshakes', name, key)[0] ?? 0);
        return {
          publicKey: key,
          endpoint: of('wg.endpoints', name, key)[0]?.replace('(none)', '') ?? '',
          allowed: allowed.split(' ').filter((each) => each.includes('/')),
          ...(seen === 0 ? {} : { handshake: Math.max(0, now - seen) }),
          received: grown(name, key, 0),
          sent: grown(name, key, 1),
        };
      }),
  }));
}

/** `wg show all endpoints` names an interface once, before its first peer, and ends no line where it has no peers. */
function withDevice(rows: readonly Row[]): readonly Row[] {
  let device = '';
  return rows.map((row) => {
    const [key = '', endpoint = ''] = row.slice(-2);
    device = row.at(-3) ?? device;
    return [device, key, endpoint];
  });
}

/** Packets per interface, from /proc/net/dev. */
function parseTraffic(before: string, after: string): Evidence['traffic'] {
  const read = (text: string) =>
    new Map(
      lines(text).flatMap((line): [string, readonly number[]][] => {
        const [, name, rest] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, (rest ?? '').trim().split(/\s+/).map(Number)]];
      }),
    );
  const first = read(before);
  return Object.fromEntries(
    [...read(after)].map(([name, now]) => {
      const then = first.get(name) ?? [];
      const grown = (column: number): number => (now[column] ?? 0) - (then[column] ?? 0);
      return [name, { received: grown(1), sent: grown(9) }];
    }),
  );
}

/** `198.51.100.2 [{…"dev":"eth0"…}]`, a line each. */
function parseUnderlay(text: string): Evidence['underlay'] {
  return Object.fromEntries(
    lines(text).flatMap((line) => {
      const [, address = '', route = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
      const dev = (jsonList<RouteEntry>(route) ?? []).map(routeOf)[0]?.dev;
      return dev === undefined ? [] : [[address, dev]];
    }),
  );
}

/** `ipv4 2 tcp 6 117 SYN_SENT src=10.1.1.11 dst=192.0.2.1 sport=41234 dport=80 [UNREPLIED] …`, with or without the first two words. */
function parseFlows(text: string): NonNullable<Evidence['flows']> {
  return lines(text).flatMap((line) => {
    const [, state = '', from = '', to = '', port = ''] =
      /\btcp +6 +\d+ (SYN_\w+) src=(\S+) dst=(\S+) sport=\d+ dport=(\d+)/.exec(line) ?? [];
    return state === '' ? [] : [{ state, from, to, port: Number(port) }];
  });
}

/** `udp UNCONN 0 0 0.0.0.0:51820 0.0.0.0:*` as `udp 51820`. */
function parseSockets(text: string): readonly string[] {
  const names = lines(text).flatMap((line) => {
    const [protocol, , , , local = ''] = line.trim().split(/\s+/);
    const port = /:(\d+)$/.exec(local)?.[1];
    return port === undefined ? [] : [`${protocol} ${port}`];
  });
  return [...new Set(names)].sort();
}
