/** Whether what one table of nftables opens is shut by another, or by another firewall. */
import { Unknown } from '../base/unknown.ts';
import { PlanError, type Resource } from '../model/resource.ts';
import { type FactsState, factsRef } from './facts.ts';
import { parseCidr } from './ip-address.ts';
import type { NftRuleset, NftRulesetChain } from './nft-ruleset.ts';
import { type NftRulesetState, nftRulesetKind } from './nft-ruleset-kind.ts';
import { type NftDecision, type NftPacket, verdictOf } from './nft-verdict.ts';
import { type OpenPort, portRange } from './open-port.ts';

/** What changes a host's firewalls before us in a run: then it is looked at again. */
const FIREWALLS = [
  'unit:ufw.service',
  'unit:firewalld.service',
  'unit:nftables.service',
  'unit:netfilter-persistent.service',
  'file:/etc/nftables.conf',
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
      for (const opening of openings) {
        for (const packet of packetsOf(opening, known?.default_interface ?? '')) {
          const found = verdictOf(others, packet);
          if (found !== 'unknown' && found.verdict === 'drop' && found.by) throw shut(packet, found.by);
        }
      }
      return null;
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

function shut(packet: NftPacket, by: NftDecision): PlanError {
  const { protocol, dport, family, iif, saddr } = packet;
  const what = [
    dport === undefined ? protocol : `${protocol} port ${dport}`,
    family === 'ip' ? 'over IPv4' : 'over IPv6',
    ...(saddr === undefined ? [] : [`from ${saddr}`]),
    ...(iif === undefined ? [] : [`by ${iif}`]),
  ].join(' ');
  return new PlanError(
    `${what} is dropped all the same: ${placeOf(by)} says \`${by.text}\`. What one table drops, no other can let in`,
    remedy(packet, by),
  );
}

function placeOf({ tool, family, table, chain, handle, text }: NftDecision): string {
  const policy = /^policy /.test(text);
  if (tool === 'nft') return `table ${family} ${table}, chain ${chain}${policy ? '' : `, handle ${handle}`}`;
  const name = `${family === 'ip' ? 'iptables' : 'ip6tables'}${tool === 'iptables' ? '' : '-legacy'}`;
  return `${name}, table ${table}, chain ${chain}${policy ? '' : `, rule ${handle}`}`;
}

function remedy({ protocol, dport, hook }: NftPacket, by: NftDecision): string {
  const port = dport === undefined ? protocol : `${dport}/${protocol}`;
  const { tool, family, table, chain, handle, text } = by;
  if (/^ufw6?-/.test(chain)) return `open it in ufw: ufw ${hook === 'forward' ? 'route ' : ''}allow ${port}`;
  if (table === 'firewalld')
    return `open it in firewalld: firewall-cmd --permanent --add-port=${port} && firewall-cmd --reload`;
  if (tool !== 'nft') {
    const name = `${family === 'ip' ? 'iptables' : 'ip6tables'}${tool === 'iptables' ? '' : '-legacy'}`;
    return `open it there (${name} -t ${table} -I ${chain} … -j ACCEPT) and where those rules are kept; where ufw made them, with \`ufw allow ${port}\``;
  }
  if (/^policy /.test(text))
    return `let it in there too, or take that table away: nft delete table ${family} ${table}; it may come from /etc/nftables.conf`;
  return `take the rule away (nft delete rule ${family} ${table} ${chain} handle ${handle}), also where it comes from (/etc/nftables.conf?)`;
}
