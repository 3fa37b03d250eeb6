/** FRR's daemons: their names, the lines of /etc/frr/daemons that start them, and which of them a configuration needs. */
import { type Bytes, toBytes } from '../../base/bytes.ts';
import type { AnyResource } from '../../model/resource.ts';
import { editFile, linesOf, linesToContent } from '../file/content-edit.ts';

/** What /etc/frr/daemons can switch. zebra, staticd and (from FRR 9 on) mgmtd always run. */
export const FRR_DAEMONS = [
  'bgpd', 'ospfd', 'ospf6d', 'ripd', 'ripngd', 'isisd', 'pimd', 'pim6d', 'ldpd', 'nhrpd', 'eigrpd', 'babeld',
  'sharpd', 'pbrd', 'bfdd', 'fabricd', 'vrrpd', 'pathd',
] as const; // biome-ignore format: a list of words

export type FrrDaemon = (typeof FRR_DAEMONS)[number];

export const FRR_DAEMONS_FILE = '/etc/frr/daemons';

/** /etc/frr/daemons with exactly these daemons on; its other lines stay. */
export function frrDaemons(daemons: readonly string[]): AnyResource {
  const wanted = [...new Set(daemons)];
  return editFile(FRR_DAEMONS_FILE, {
    edit: (content) => withDaemons(content, wanted),
    summary: wanted.length === 0 ? 'no daemons beside zebra and staticd' : `daemons ${wanted.join(', ')}`,
    missing: 'refuse',
  });
}

const SWITCH = new RegExp(`^(\\s*)(${FRR_DAEMONS.join('|')})=(["']?)(\\w*)\\3`);

/** Anything else switches a daemon on: the file is shell text that frrinit.sh reads. */
const OFF = new Set(['no', '0', '']);

/** The content with exactly these daemons on. A switch that says so in other words stays as it is. */
export function withDaemons(content: Bytes, daemons: readonly string[]): Bytes {
  const missing = new Set(daemons);
  const lines = linesOf(content).map((line) => {
    const [text, indent = '', name = '', , value = ''] = SWITCH.exec(line) ?? [];
    if (text === undefined) return line;
    missing.delete(name);
    const wanted = daemons.includes(name);
    if (wanted !== OFF.has(value)) return line;
    return `${indent}${name}=${wanted ? 'yes' : 'no'}${line.slice(text.length)}` as Bytes;
  });
  return linesToContent([...lines, ...[...missing].map((name) => toBytes(`${name}=yes`))], content);
}

/** Lines of a configuration that a daemon has to be there for: without it vtysh takes them and nobody holds them. */
const OWNERS: readonly (readonly [RegExp, FrrDaemon])[] = [
  [/^router bgp\b/, 'bgpd'],
  [/^router ospf( |$)/, 'ospfd'],
  [/^router ospf6\b/, 'ospf6d'],
  [/^router rip( |$)/, 'ripd'],
  [/^router ripng\b/, 'ripngd'],
  [/^router isis\b/, 'isisd'],
  [/^router eigrp\b/, 'eigrpd'],
  [/^router babel\b/, 'babeld'],
  [/^router openfabric\b/, 'fabricd'],
  [/^bfd\s*$/, 'bfdd'],
  [/^mpls ldp\b/, 'ldpd'],
  [/^pbr-map\b/, 'pbrd'],
];

/** A line of the configuration whose daemon is not among these. */
export interface Homeless {
  /** 1 for the first line. */
  readonly line: number;
  readonly text: string;
  readonly daemon: FrrDaemon;
}

/** What all of them begin with: a configuration of a large fabric has thousands of other lines. */
const OWNED = /^(?:router|bfd|mpls|pbr-map)\b.*$/gm;

export function homelessLine(config: string, daemons: readonly string[]): Homeless | undefined {
  for (const { 0: raw, index } of config.matchAll(OWNED)) {
    const text = raw.trimEnd();
    const daemon = OWNERS.find(([pattern]) => pattern.test(text))?.[1];
    if (daemon === undefined || daemons.includes(daemon)) continue;
    return { line: config.slice(0, index).split('\n').length, text, daemon };
  }
  return undefined;
}
