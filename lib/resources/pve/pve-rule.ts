/** Rules of the firewall of Proxmox, as they are wanted and as they are read: compared by what they mean. */
import type { PveOptions } from './pve-call.ts';
import type { PveValue } from './pve-state.ts';

export interface PveRule {
  readonly type: 'in' | 'out' | 'forward' | 'group';
  /** ACCEPT, DROP, REJECT, or the name of a group. */
  readonly action: string;
  readonly macro?: string | undefined;
  readonly iface?: string | undefined;
  readonly source?: string | undefined;
  readonly dest?: string | undefined;
  readonly proto?: string | undefined;
  readonly dport?: string | undefined;
  readonly sport?: string | undefined;
  readonly icmp_type?: string | undefined;
  readonly log?: string | undefined;
  readonly comment?: string | undefined;
  /** Default true: Proxmox' own is off. */
  readonly enable?: boolean | undefined;
}

const FIELDS = [
  'type',
  'action',
  'enable',
  'macro',
  'iface',
  'source',
  'dest',
  'proto',
  'dport',
  'sport',
  'icmp-type',
  'log',
  'comment',
] as const;

/** Begins the comment of rules that a list of ours owns: by it they are known again. */
export function markOf(owner: string): string {
  return `[${owner}]`;
}

/** Options of a call that makes it. */
export function ruleOptions(rule: PveRule, owner: string | undefined): PveOptions {
  const { icmp_type, comment, enable, ...rest } = rule;
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    ...(icmp_type === undefined ? {} : { 'icmp-type': icmp_type }),
    enable: enable === false ? 0 : 1,
    ...commentOf(comment, owner),
  } as PveOptions;
}

function commentOf(comment: string | undefined, owner: string | undefined): PveOptions {
  if (owner === undefined) return comment === undefined || comment === '' ? {} : { comment };
  return { comment: comment ? `${markOf(owner)} ${comment}` : markOf(owner) };
}

/** One text for rules that mean the same. */
export function ruleText(rule: Readonly<Record<string, PveValue>> | PveOptions): string {
  const fields = rule as Readonly<Record<string, PveValue | undefined>>;
  return FIELDS.flatMap((name) => {
    const value = fields[name];
    const text =
      name === 'enable' ? String(Number(value ?? 0)) : value === undefined ? '' : String(value).trim();
    if (text === '' || (name === 'log' && text === 'nolog')) return [];
    return [name === 'type' || name === 'action' ? text : `${name}=${text}`];
  }).join(' ');
}

/** Without an owner the whole list is ours. */
export function isOwn(rule: Readonly<Record<string, PveValue>>, owner: string | undefined): boolean {
  if (owner === undefined) return true;
  const { comment } = rule;
  const mark = markOf(owner);
  return typeof comment === 'string' && (comment === mark || comment.startsWith(`${mark} `));
}
