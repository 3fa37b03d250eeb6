/** What cluster.fw says of who gets in beside the cluster's own rules: security groups, and those whom Proxmox lets in of itself. */
import { Unknown } from '../../base/unknown.ts';
import type { At, Effect, Ref } from '../../model/resource.ts';
import { fieldsOf, type PveHint, type PveState, type PveValue, pveKey } from './pve-state.ts';

export const FIREWALL_FILE = '/etc/pve/firewall/cluster.fw';
const HINT: PveHint = { from: 'firewall' };
const KEY = pveKey(FIREWALL_FILE);

/** What an element of a list of rules is, as pvesh gives it. */
export type FoundRule = Readonly<Record<string, PveValue>>;

export interface FirewallFile {
  /** Rules by name of their group, in order. */
  readonly groups: Readonly<Record<string, readonly FoundRule[]>>;
  /** Members of the set `management`, who may use SSH and the web interface. */
  readonly management: readonly string[];
  /** The alias of that name: the network that stands in that set of itself; empty for none. */
  readonly localNetwork: string;
}

const NOTHING: FirewallFile = { groups: {}, management: [], localNetwork: '' };

/** `kind` is that of all things of Proxmox. */
export function firewallRef(kind: Ref<PveState, PveHint>['kind']): Ref<PveState, PveHint> {
  return { kind, key: KEY, hint: HINT };
}

const SECTION = /^\[(?:(options|aliases|rules)|(ipset|group)\s+(\S+?))\]/i;

export function firewallOf(text: string, digest: string): PveState {
  const groups: Record<string, FoundRule[]> = {};
  const management: string[] = [];
  let localNetwork = '';
  let part = '';
  let name = '';
  for (const line of text.split('\n')) {
    const [, plain, named, id = ''] = SECTION.exec(line) ?? [];
    if (plain !== undefined || named !== undefined) {
      part = (plain ?? named ?? '').toLowerCase();
      name = id;
      if (part === 'group') groups[name] = [];
      continue;
    }
    const words = line.replace(/#.*$/, '').trim();
    if (words === '') continue;
    if (part === 'group') groups[name]?.push(ruleOf(words));
    if (part === 'ipset' && name === 'management') management.push(words);
    if (part === 'aliases' && /^local_network\s/i.test(words)) localNetwork = words.split(/\s+/)[1] ?? '';
  }
  return { exists: true, value: { groups, management, localNetwork }, digest };
}

const FLAGS: Readonly<Record<string, string>> = { '-i': 'iface', '-p': 'proto' };

/** `IN SSH(ACCEPT) -source 10.0.0.0/8`, with `|` before it where it is off. */
function ruleOf(line: string): FoundRule {
  const [type = '', told = '', ...rest] = line.replace(/^\|/, '').split(/\s+/);
  const [, macro, action] = /^(.+)\((\w+)\)$/.exec(told) ?? [];
  const flags = rest.flatMap((word, index) =>
    index % 2 === 0 ? [[FLAGS[word] ?? word.replace(/^-/, ''), rest[index + 1] ?? '']] : [],
  );
  return {
    ...Object.fromEntries(flags),
    type: type.toLowerCase(),
    action: action ?? told,
    ...(macro === undefined ? {} : { macro }),
    enable: line.startsWith('|') ? 0 : 1,
  };
}

/** Undefined where it cannot be told yet. */
export function firewallAt(at: At): FirewallFile | undefined {
  const state = at<PveState>(KEY);
  if (!state || state instanceof Unknown) return undefined;
  return { ...NOTHING, ...(fieldsOf(state) as Partial<FirewallFile>) };
}

/** That a change makes something else of it. */
export function firewallEffect(at: At, change: (file: FirewallFile) => FirewallFile): readonly Effect[] {
  const file = firewallAt(at);
  if (!file) return [{ key: KEY }];
  return [{ key: KEY, to: { exists: true, value: change(file), digest: '' } as unknown as PveState }];
}
