/** By which rule, and to which address, packets that leave a host are translated (SNAT). */
import { all, type Match, matches, type NftPacket } from './nft-match.ts';
import { isRecord, type NftExpression, type NftRuleset } from './nft-ruleset.ts';

/** `to`: the address; undefined for that of the interface (masquerade). */
export interface Translation {
  readonly to: string | undefined;
}

/** The first rule of a base chain that may be meant; chains that it jumps to are not looked into. */
export function translationOf(ruleset: NftRuleset, packet: NftPacket): Translation | undefined {
  for (const chain of ruleset.chains) {
    if (chain.type !== 'nat' || chain.hook !== 'postrouting') continue;
    if (chain.family !== 'inet' && chain.family !== packet.family) continue;
    const sets = (name: string) => ruleset.sets[`${chain.family} ${chain.table} ${name}`];
    for (const { expr } of chain.rules) {
      const found = expr.map(translated).find((each) => each !== undefined);
      const conditions = expr.flatMap((each): Match[] =>
        'match' in each ? [matches(each.match, packet, sets)] : [],
      );
      if (found !== undefined && all(conditions) !== 'no') return found;
    }
  }
  return undefined;
}

/** nft's own words, and those of iptables, whose address stands in the rule as it was printed. */
function translated(each: NftExpression, _: number, rule: readonly NftExpression[]): Translation | undefined {
  if ('masquerade' in each) return { to: undefined };
  if (isRecord(each.snat)) return { to: plainAddress(each.snat.addr) };
  const target = isRecord(each.jump) ? each.jump.target : undefined;
  if (target === 'MASQUERADE') return { to: undefined };
  if (target !== 'SNAT') return undefined;
  return { to: /--to-source (\S+)/.exec(String(rule[0]?.plain ?? ''))?.[1] };
}

function plainAddress(address: unknown): string | undefined {
  return typeof address === 'string' ? address : undefined;
}
