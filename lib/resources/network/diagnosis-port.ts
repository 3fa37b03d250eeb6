/** Whether this host's own packet filter closes a port, and by which rule. */

import { type NftDecision, verdictOf } from '../nft/nft-verdict.ts';
import type { Fault } from './diagnosis.ts';
import type { Evidence } from './network-state.ts';

export interface Port {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Interface by which its packets come; undefined: any. */
  readonly iif?: string | undefined;
  /** Address that they come from; undefined: any. */
  readonly saddr?: string | undefined;
}

/**
 * A rule that drops a new packet to the port whatever else it looks like. A connection that stands already may go on
 * all the same, so this is a fault even where traffic still flows. Nothing is said where it depends.
 */
export function closedPort(evidence: Evidence, { protocol, port, iif, saddr }: Port): Fault | undefined {
  if (evidence.ruleset === undefined) return undefined;
  const found = verdictOf(evidence.ruleset, {
    hook: 'input',
    family: saddr?.includes(':') ? 'ip6' : 'ip',
    protocol,
    dport: port,
    state: 'new',
    ...(iif === undefined ? {} : { iif }),
    ...(saddr === undefined ? {} : { saddr }),
  });
  if (found === 'unknown' || found.verdict !== 'drop') return undefined;
  const { by } = found;
  const name = `${protocol.toUpperCase()} ${port}`;
  const where = by === undefined ? '' : `: ${placeOf(by)}: ${by.text}`;
  const rule = by === undefined || by.text.startsWith('policy ') ? '' : ' (or take that rule away)';
  const task =
    by?.table === 'proxmox-firewall'
      ? `accept it by a rule of Proxmox’ firewall, before the one that drops: pve_firewall_rules or pve_firewall_group, { type: in, action: ACCEPT, proto: ${protocol}, dport: "${port}" }`
      : `open it with the task open_ports: { port: ${port}, protocol: ${protocol} }`;
  return { cause: `${name} is closed on this host${where}`, hint: `${task}${rule}` };
}

/** `table inet filter, chain input`; with the program that shows it, where that is not nft. */
export function placeOf({ tool, family, table, chain }: NftDecision): string {
  if (tool === 'nft') return `table ${family} ${table}, chain ${chain}`;
  const program = `${family === 'ip' ? 'iptables' : 'ip6tables'}${tool === 'iptables' ? '' : '-legacy'}`;
  return `${program}, table ${table}, chain ${chain}`;
}
