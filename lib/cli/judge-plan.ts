/** What sees a whole plan before anything is written, and may refuse it: limits and the project's policies. */
import type { LoadedPolicy } from '../load/policies.ts';
import type { RunEvent } from '../model/event.ts';
import type { PlanHost, PlanView, PolicyContext } from '../model/policy.ts';
import { type HostReview, weightOf } from '../model/review.ts';
import type { Project } from '../model/runbook.ts';

export type Refusal = Extract<RunEvent, { kind: 'refusal' }>;

export interface Guards {
  readonly maxChanges: number | undefined;
  readonly maxHosts: number | undefined;
  readonly policies: readonly LoadedPolicy[];
}

/** The plan of a run as policies see it. */
export function planView(
  { runbook, inventory }: Pick<Project, 'runbook' | 'inventory'>,
  inventoryName: string,
  reviews: readonly HostReview[],
): PlanView {
  const groupsOf = (name: string): readonly string[] => inventory.hosts.get(name)?.groups ?? ['all'];
  const order = [...inventory.hosts.keys()];
  const sorted = [...reviews].sort((a, b) => order.indexOf(a.host) - order.indexOf(b.host));
  return {
    runbook: runbook.name,
    inventory: inventoryName,
    hosts: sorted.map((review) => planHost(review, groupsOf(review.host))),
  };
}

/** `groups`: those of the host in the inventory. */
export function planHost(review: HostReview, groups: readonly string[]): PlanHost {
  const { host, steps, changes, open, failed, unreachable } = review;
  return {
    name: host,
    groups,
    steps,
    changes: changes.map(({ before: _, after: __, ...rest }) => ({ ...rest, weight: weightOf(rest) })),
    open,
    failed,
    ...(unreachable === undefined ? {} : { unreachable }),
  };
}

/** Every reason not to carry the plan out; those with `ask` are for a person to decide. */
export function judgePlan(guards: Guards, plan: PlanView, ctx: PolicyContext): readonly Refusal[] {
  const limits = [...overChanges(plan, guards.maxChanges), ...overHosts(plan, guards.maxHosts)];
  if (guards.policies.length === 0) return limits;
  const frozen = deepFreeze(plan);
  return [...limits, ...guards.policies.flatMap((policy) => objections(policy, frozen, ctx))];
}

function objections(policy: LoadedPolicy, plan: PlanView, ctx: PolicyContext): readonly Refusal[] {
  return policy.review(plan, Object.freeze({ ...ctx })).map(({ reason, at, host, step, key, hint, ask }) => {
    const place = placeOf(plan, { host, step, key });
    return {
      kind: 'refusal',
      guard: 'policy',
      message: reason,
      policy: at ?? policy.file,
      ...(host === undefined ? {} : { host }),
      ...(step === undefined ? {} : { step }),
      ...(key === undefined ? {} : { key }),
      ...(place === undefined ? {} : { place }),
      ...(hint === undefined ? {} : { hint }),
      ...(ask === undefined ? {} : { ask }),
    };
  });
}

interface About {
  readonly host: string | undefined;
  readonly step: string | undefined;
  readonly key: string | undefined;
}

/** Where the runbook causes what is objected to, as far as it can be told. */
function placeOf(plan: PlanView, { host, step, key }: About): string | undefined {
  if (step === undefined && key === undefined) return undefined;
  const fits = (part: { readonly step: string; readonly key?: string }): boolean =>
    (step === undefined || part.step === step) && (key === undefined || part.key === key);
  for (const { name, changes, open } of plan.hosts) {
    if (host !== undefined && name !== host) continue;
    const found = changes.find(fits) ?? open.find(fits);
    if (found) return found.place;
  }
  return undefined;
}

const MOST = 3;

function overChanges({ hosts }: PlanView, limit: number | undefined): readonly Refusal[] {
  const changes = hosts.flatMap((host) => host.changes);
  if (limit === undefined || changes.length <= limit) return [];
  const on = count(hosts.filter((host) => host.changes.length > 0).length, 'host');
  const steps = `the most by ${most(tally(changes.map(({ step }) => step)), 'step ')}`;
  const names = tally(hosts.flatMap(({ name, changes: its }) => its.map(() => name)));
  return [
    {
      kind: 'refusal',
      guard: 'max-changes',
      message: `${count(changes.length, 'change')} on ${on}, and --max-changes allows ${limit}: ${steps}; on ${most(names, '')}`,
      hint: `if that is meant: --max-changes ${changes.length}`,
    },
  ];
}

function overHosts({ hosts }: PlanView, limit: number | undefined): readonly Refusal[] {
  const changed = hosts.filter(({ changes }) => changes.length > 0);
  if (limit === undefined || changed.length <= limit) return [];
  const steps = tally(changed.flatMap(({ changes }) => [...new Set(changes.map(({ step }) => step))]));
  return [
    {
      kind: 'refusal',
      guard: 'max-hosts',
      message: `${count(changed.length, 'host')} would change, and --max-hosts allows ${limit}: most of them by ${most(steps, 'step ')}`,
      hint: `choose hosts with --limit; if all are meant: --max-hosts ${changed.length}`,
    },
  ];
}

function tally(names: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

function most(counts: readonly (readonly [string, number])[], word: string): string {
  const more = counts.length > MOST ? ` and ${counts.length - MOST} more` : '';
  return `${counts
    .slice(0, MOST)
    .map(([name, number]) => `${word}${name} (${number})`)
    .join(', ')}${more}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
