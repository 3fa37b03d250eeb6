/** Whether what one table of nftables opens is shut by another, or by another firewall. */

import { parseCidr } from '../../base/ip-address.ts';
import { Unknown } from '../../base/unknown.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { type FactsState, factsRef } from '../facts.ts';
import type { NftRuleset, NftRulesetChain } from './nft-ruleset.ts';
import { type NftRulesetState, nftRulesetKind } from './nft-ruleset-kind.ts';
import { type NftDecision, type NftPacket, verdictOf } from './nft-verdict.ts';
import { type OpenPort, portRange } from './open-port.ts';

/** What changes a host's firewalls, or the port of its SSH, before us in a run: then the host is looked at again. */
const FIREWALLS = [
  'unit:ufw.service',
  'unit:firewalld.service',
  'unit:nftables.service',
  'unit:netfilter-persistent.service',
  'file:/etc/nftables.conf',
  'file:/etc/ssh/',
] as const;

/** A check: throws PlanError with table, chain and rule where a rule that is not in `own` drops what is opened. */
export function openPortCheck(
  own: { readonly family: string; readonly name: string },
  openings: readonly OpenPort[],
): Resource<NftRulesetState> {
  return {
    kind: nftRulesetKind,
    key: 'nft-ruleset:host',
    title: `other firewalls than ${own.name}`,
    reads: [factsRef()],
    late: { after: FIREWALLS },
    plan(state, at) {
      const facts = at<FactsState>('facts:host');
      const known = facts instanceof Unknown ? undefined : facts;
      refuseProxmox(state.ruleset, known?.proxmox ?? '');
      const others = without(state.ruleset, own);
      const dropped = openings
        .flatMap((opening) => packetsOf(opening, known?.default_interface ?? ''))
        .flatMap((packet) => {
          const found = verdictOf(others, packet);
          return found !== 'unknown' && found.verdict === 'drop' && found.by
            ? [{ packet, by: found.by }]
            : [];
        });
      const [first] = dropped;
      if (!first) return null;
      const names = [...new Set(dropped.map(({ packet }) => label(packet)))].slice(1);
      const ufw = others.chains.some(({ name }) => /^ufw6?-/.test(name));
      throw new PlanError(
        `${shut(first.packet, first.by)}${names.length > 0 ? `, and so are ${names.join(', ')}` : ''}`,
        remedy(first.packet, first.by, ufw),
      );
    },
  };
}

function without(ruleset: NftRuleset, own: { readonly family: string; readonly name: string }): NftRuleset {
  const ours = (chain: NftRulesetChain) => chain.family === own.family && chain.table === own.name;
  return { ...ruleset, chains: ruleset.chains.filter((chain) => !ours(chain)) };
}

function refuseProxmox(ruleset: NftRuleset, version: string): void {
  const chain = ruleset.chains.find(
    ({ table, name }) => table.startsWith('proxmox-firewall') || name.startsWith('PVEFW-'),
  );
  if (version === '' && !chain) return;
  const why = chain ? `its chain ${chain.name} in table ${chain.table}` : `Proxmox VE ${version}`;
  throw new PlanError(
    `this host's firewall belongs to Proxmox (${why}); a table beside it would open nothing that Proxmox shuts`,
    'open the port in the rules of Proxmox: Datacenter or Node → Firewall, or /etc/pve/nodes/NODE/host.fw',
  );
}

/** The first and the last port of each range, by each interface and from each network; IPv4 and IPv6. */
function packetsOf(opening: OpenPort, usual: string): readonly NftPacket[] {
  const ends = opening.ports.flatMap((port) => portRange(port) ?? []);
  const ports = ends.length > 0 ? [...new Set(ends)] : [undefined];
  const inputs = opening.inputs.length > 0 ? opening.inputs : [usual];
  const outputs = opening.outputs.length > 0 ? opening.outputs : [''];
  const forwarded = opening.forwarded;
  const protocol = opening.protocol === 'any' ? 'tcp' : opening.protocol;
  return ports.flatMap((dport) =>
    inputs.flatMap((iif) =>
      outputs.flatMap((oif) =>
        waysOf(opening).map(
          (way): NftPacket => ({
            hook: forwarded ? 'forward' : 'input',
            protocol,
            state: 'new',
            ...way,
            ...(dport === undefined ? {} : { dport }),
            ...(iif === '' ? {} : { iif }),
            ...(forwarded && oif !== '' ? { oif } : {}),
          }),
        ),
      ),
    ),
  );
}

function waysOf({ from, to, protocol }: OpenPort): readonly Pick<NftPacket, 'family' | 'saddr' | 'daddr'>[] {
  const families =
    protocol === 'icmp' ? (['ip'] as const) : protocol === 'icmpv6' ? (['ip6'] as const) : FAMILIES;
  return families.flatMap((family) => {
    const version = family === 'ip' ? 4 : 6;
    const of = (list: readonly string[]) =>
      list.length === 0 ? [undefined] : list.filter((each) => parseCidr(each)?.version === version);
    return of(from).flatMap((saddr) =>
      of(to).map((daddr) => ({
        family,
        ...(saddr === undefined ? {} : { saddr }),
        ...(daddr === undefined ? {} : { daddr }),
      })),
    );
  });
}

const FAMILIES = ['ip', 'ip6'] as const;

/** `179/tcp`, `esp`. */
function portName({ protocol, dport }: NftPacket): string {
  return dport === undefined ? protocol : `${dport}/${protocol}`;
}

function label(packet: NftPacket): string {
  return packet.hook === 'forward' ? `forwarded ${portName(packet)}` : portName(packet);
}

function shut(packet: NftPacket, by: NftDecision): string {
  const { family, iif, oif, saddr } = packet;
  const how = [
    family === 'ip' ? 'IPv4' : 'IPv6',
    ...(saddr === undefined ? [] : [`from ${saddr}`]),
    ...(iif === undefined ? [] : [`by ${iif}`]),
    ...(oif === undefined ? [] : [`to ${oif}`]),
  ].join(' ');
  return `${label(packet)} (${how}) is dropped by another firewall: ${placeOf(by)} says \`${by.text}\``;
}

function placeOf(by: NftDecision): string {
  const { tool, family, table, chain, handle, text } = by;
  const policy = /^policy /.test(text);
  if (tool === 'nft') return `table ${family} ${table}, chain ${chain}${policy ? '' : `, handle ${handle}`}`;
  return `${iptables(by)}, table ${table}, chain ${chain}${policy ? '' : `, rule ${handle}`}`;
}

/** What one table drops, no other can let in: so it is said where to go. */
function remedy(packet: NftPacket, by: NftDecision, ufw: boolean): string {
  const port = portName(packet);
  const { tool, family, table, chain, handle, text } = by;
  if (ufw && tool !== 'nft') {
    return `open it in ufw, or switch that off: ufw ${packet.hook === 'forward' ? 'route ' : ''}allow ${port}`;
  }
  if (table === 'firewalld')
    return `open it in firewalld: firewall-cmd --permanent --add-port=${port} && firewall-cmd --reload`;
  if (tool !== 'nft') {
    return `open it there too (${iptables(by)} -t ${table} -I ${chain} … -j ACCEPT), and where those rules are kept`;
  }
  if (/^policy /.test(text))
    return `let it in there too, or take that table away (nft delete table ${family} ${table}), also where it comes from (/etc/nftables.conf?)`;
  return `take the rule away (nft delete rule ${family} ${table} ${chain} handle ${handle}), also where it comes from (/etc/nftables.conf?)`;
}

function iptables({ family, tool }: NftDecision): string {
  return `${family === 'ip' ? 'iptables' : 'ip6tables'}${tool === 'iptables' ? '' : '-legacy'}`;
}
