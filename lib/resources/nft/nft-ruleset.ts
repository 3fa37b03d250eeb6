/** The ruleset of nftables as `nft -j list ruleset` prints it, chain by chain. */

/** One statement or match of a rule, as nft's JSON has it. */
export type NftExpression = Readonly<Record<string, unknown>>;

export interface NftRule {
  readonly handle: number;
  readonly expr: readonly NftExpression[];
  readonly comment: string;
}

export interface NftRulesetChain {
  /** `inet`, `ip`, `ip6`, `arp`, `bridge`, `netdev`. */
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly handle: number;
  /** `filter`, `nat`, `route`; the rest is set for base chains alone. */
  readonly type?: string;
  readonly hook?: string;
  readonly priority?: number;
  readonly policy?: string;
  readonly rules: readonly NftRule[];
  /** Where it was read: a chain of iptables-legacy is not part of nftables. */
  readonly tool: 'nft' | 'iptables' | 'iptables-legacy';
}

export interface NftRuleset {
  readonly chains: readonly NftRulesetChain[];
  /** Elements of named sets and maps by `family table name`; one that is not here was not listed. */
  readonly sets: Readonly<Record<string, readonly unknown[]>>;
}

export const NO_RULESET: NftRuleset = { chains: [], sets: {} };

/** Undefined for text that is no ruleset. `full`: elements of sets were asked for, so that a set without any is empty. */
export function parseRuleset(text: string, full = false): NftRuleset | undefined {
  const items = itemsOf(text);
  if (!items) return undefined;
  const rules = new Map<string, NftRule[]>();
  for (const { rule } of items) {
    if (!isRecord(rule)) continue;
    const key = `${rule.family} ${rule.table} ${rule.chain}`;
    rules.set(key, [...(rules.get(key) ?? []), ruleOf(rule)]);
  }
  const chains = items.flatMap(({ chain }) =>
    isRecord(chain) ? [chainOf(chain, rules.get(`${chain.family} ${chain.table} ${chain.name}`) ?? [])] : [],
  );
  const sets = items.flatMap(({ set, map }) => {
    const named = isRecord(set) ? set : map;
    if (!isRecord(named)) return [];
    const elements = Array.isArray(named.elem) ? (named.elem as readonly unknown[]) : full ? [] : undefined;
    return elements === undefined
      ? []
      : [[`${named.family} ${named.table} ${named.name}`, elements] as const];
  });
  return { chains, sets: Object.fromEntries(sets) };
}

function itemsOf(text: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isRecord(parsed) || !Array.isArray(parsed.nftables)) return undefined;
    return parsed.nftables.filter(isRecord);
  } catch {
    return undefined;
  }
}

function ruleOf(rule: Readonly<Record<string, unknown>>): NftRule {
  return {
    handle: Number(rule.handle ?? 0),
    expr: Array.isArray(rule.expr) ? rule.expr.filter(isRecord) : [],
    comment: typeof rule.comment === 'string' ? rule.comment : '',
  };
}

function chainOf(chain: Readonly<Record<string, unknown>>, rules: readonly NftRule[]): NftRulesetChain {
  const plain = {
    family: String(chain.family),
    table: String(chain.table),
    name: String(chain.name),
    handle: Number(chain.handle ?? 0),
    rules,
    tool: 'nft',
  } as const;
  if (typeof chain.hook !== 'string') return plain;
  return {
    ...plain,
    type: String(chain.type),
    hook: chain.hook,
    priority: Number(chain.prio ?? 0),
    policy: String(chain.policy ?? 'accept'),
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
