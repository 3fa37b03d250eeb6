/** What becomes of a packet in a ruleset of nftables, and which rule says so. */
import { all, holds, type Match, matches, type NftPacket } from './nft-match.ts';
import { ruleText } from './nft-rule-text.ts';
import {
  isRecord,
  type NftExpression,
  type NftRule,
  type NftRuleset,
  type NftRulesetChain,
} from './nft-ruleset.ts';

/** The rule, or the policy of a chain, that decides. */
export interface NftDecision {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** Handle of the rule; of the chain, for its policy. */
  readonly handle: number;
  /** The rule as nft writes it, `policy drop` for a policy. */
  readonly text: string;
  readonly tool: NftRulesetChain['tool'];
}

export interface NftVerdict {
  readonly verdict: 'accept' | 'drop';
  /** Undefined where no chain looks at the packet. */
  readonly by: NftDecision | undefined;
}

type Outcome =
  | { readonly kind: 'accept' | 'drop' | 'unknown'; readonly by: NftDecision }
  /** The end of the chain, or `return`. */
  | { readonly kind: 'fall' };

/** Hooks on a packet's way, as far as they filter. */
const WAY: Readonly<Record<NftPacket['hook'], readonly string[]>> = {
  input: ['prerouting', 'input'],
  forward: ['prerouting', 'forward', 'postrouting'],
  output: ['output', 'postrouting'],
};

const MOST_JUMPS = 16;

/** `unknown` where it depends on what is not known of the packet, or on what nobody but the kernel can tell. */
export function verdictOf(ruleset: NftRuleset, packet: NftPacket): NftVerdict | 'unknown' {
  let uncertain = false;
  let by: NftDecision | undefined;
  for (const base of baseChains(ruleset, packet)) {
    const outcomes = settled(base, walk(base, { ruleset, packet, depth: 0 }));
    const drops = outcomes.filter(({ kind }) => kind === 'drop');
    if (drops.length === outcomes.length) return { verdict: 'drop', by: drops[0]?.by };
    if (outcomes.some(({ kind }) => kind !== 'accept')) uncertain = true;
    by = outcomes.at(-1)?.by ?? by;
  }
  return uncertain ? 'unknown' : { verdict: 'accept', by };
}

function baseChains(ruleset: NftRuleset, packet: NftPacket): readonly NftRulesetChain[] {
  const way = WAY[packet.hook];
  return ruleset.chains
    .filter(({ hook, type }) => hook !== undefined && way.includes(hook) && type !== 'nat')
    .filter(({ family }) => family === 'inet' || family === packet.family)
    .sort(
      (a, b) =>
        way.indexOf(a.hook ?? '') - way.indexOf(b.hook ?? '') || (a.priority ?? 0) - (b.priority ?? 0),
    );
}

function settled(base: NftRulesetChain, outcomes: readonly Outcome[]) {
  return outcomes.map((outcome) =>
    outcome.kind === 'fall'
      ? {
          kind: base.policy === 'drop' ? ('drop' as const) : ('accept' as const),
          by: decision(base, { handle: base.handle, text: `policy ${base.policy ?? 'accept'}` }),
        }
      : outcome,
  );
}

interface Walk {
  readonly ruleset: NftRuleset;
  readonly packet: NftPacket;
  readonly depth: number;
}

/** All ways that a packet like this may leave the chain. */
function walk(chain: NftRulesetChain, at: Walk): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (const rule of chain.rules) {
    const found = outcomesOf(chain, rule, at);
    if (found.match === 'no') continue;
    outcomes.push(...found.outcomes.filter(({ kind }) => kind !== 'fall' || found.ends));
    const passes =
      found.match === 'maybe' || (!found.ends && found.outcomes.some(({ kind }) => kind === 'fall'));
    if (!passes) return outcomes;
  }
  return [...outcomes, { kind: 'fall' }];
}

interface RuleOutcome {
  readonly match: Match;
  readonly outcomes: readonly Outcome[];
  /** A `fall` among the outcomes leaves this chain as well (`goto`, `return`). */
  readonly ends: boolean;
}

const PASS: RuleOutcome = { match: 'no', outcomes: [], ends: false };

function outcomesOf(chain: NftRulesetChain, rule: NftRule, at: Walk): RuleOutcome {
  let match: Match = 'yes';
  for (const expression of rule.expr) {
    const found = step(chain, rule, expression, at);
    if (found === undefined) continue;
    match = all([match, found.match]);
    if (match === 'no') return PASS;
    if (found.outcomes.length > 0) return { ...found, match };
  }
  return PASS;
}

/** Undefined for what neither matches nor decides: counters, marks, logs. */
function step(
  chain: NftRulesetChain,
  rule: NftRule,
  expression: NftExpression,
  at: Walk,
): RuleOutcome | undefined {
  const sets = (name: string) => at.ruleset.sets[`${chain.family} ${chain.table} ${name}`];
  if ('match' in expression) {
    return { match: matches(expression.match, at.packet, sets), outcomes: [], ends: false };
  }
  if (isRecord(expression.vmap)) return mapped(chain, rule, expression.vmap, at);
  if (MAYBE.some((name) => name in expression)) return { match: 'maybe', outcomes: [], ends: false };
  return verdictStep(chain, rule, expression, at);
}

/** What lets only some packets go on to the next expression. */
const MAYBE = ['limit', 'quota', 'ct count', 'xt', 'set', 'map', 'meter'];

function verdictStep(
  chain: NftRulesetChain,
  rule: NftRule,
  expression: NftExpression,
  at: Walk,
): RuleOutcome | undefined {
  const by = decision(chain, { handle: rule.handle, text: ruleText(rule) });
  const ends = (kind: 'accept' | 'drop' | 'unknown'): RuleOutcome => ({
    match: 'yes',
    outcomes: [{ kind, by }],
    ends: true,
  });
  if ('accept' in expression) return ends('accept');
  if ('drop' in expression || 'reject' in expression) return ends('drop');
  if (['queue', 'synproxy', 'tproxy'].some((name) => name in expression)) return ends('unknown');
  if ('return' in expression) return { match: 'yes', outcomes: [{ kind: 'fall' }], ends: true };
  const to = expression.jump ?? expression.goto;
  if (!isRecord(to)) return undefined;
  const target = at.ruleset.chains.find(
    (each) =>
      each.name === to.target &&
      each.table === chain.table &&
      each.family === chain.family &&
      each.tool === chain.tool,
  );
  if (!target || at.depth >= MOST_JUMPS) return ends('unknown');
  return { match: 'yes', outcomes: walk(target, { ...at, depth: at.depth + 1 }), ends: 'goto' in expression };
}

/** A verdict map: the first key that is the packet's; those that may be it count too. */
function mapped(chain: NftRulesetChain, rule: NftRule, vmap: NftExpression, at: Walk): RuleOutcome {
  const sets = (name: string) => at.ruleset.sets[`${chain.family} ${chain.table} ${name}`];
  const { data } = vmap;
  const pairs =
    typeof data === 'string' ? sets(data.replace(/^@/, '')) : isRecord(data) ? data.set : undefined;
  const by = decision(chain, { handle: rule.handle, text: ruleText(rule) });
  if (!Array.isArray(pairs)) return { match: 'maybe', outcomes: [{ kind: 'unknown', by }], ends: true };
  const outcomes: Outcome[] = [];
  let ends = true;
  for (const pair of pairs) {
    const [key, verdict] = Array.isArray(pair) ? pair : [];
    const match = holds(vmap.key, key, at.packet, sets);
    if (match === 'no') continue;
    const found = isRecord(verdict) ? verdictStep(chain, rule, verdict, at) : undefined;
    // `continue` as a verdict: on to the next rule.
    if (found === undefined) outcomes.push({ kind: 'fall' });
    else outcomes.push(...found.outcomes);
    ends = found?.ends ?? false;
    if (match === 'yes') return { match: 'yes', outcomes, ends };
  }
  return outcomes.length === 0 ? PASS : { match: 'maybe', outcomes, ends };
}

function decision(
  chain: NftRulesetChain,
  what: { readonly handle: number; readonly text: string },
): NftDecision {
  return { family: chain.family, table: chain.table, chain: chain.name, tool: chain.tool, ...what };
}

export type { NftPacket } from './nft-match.ts';
