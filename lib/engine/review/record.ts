/** What was planned for a host, as data that can be kept, signed, shown and compared. */
import { formatPlace } from '../../base/problem.ts';
import { findUnknown } from '../../base/unknown.ts';
import type { Change } from '../../model/resource.ts';
import type { HostReview, OpenPart, Print, ReviewedChange, ReviewedStep, Seal } from '../../model/review.ts';
import type { Step } from '../../model/runbook.ts';
import type { HostPlan } from '../host-plan.ts';
import type { Life } from '../life.ts';
import { causeOf } from './cause.ts';
import { countedFields, countedStates } from './counted.ts';
import { followers, guesses } from './follower.ts';

/** All that the passes of a dry run have planned for a host. */
export interface Planned {
  readonly changes: Change[];
  readonly open: HostPlan['open'][number][];
}

/** `masked` takes the values of secrets out of anything that is shown. */
export function recordHost(
  life: Life,
  seal: Seal,
  masked: (value: unknown) => unknown,
  unreachable: string | undefined,
): HostReview {
  const { changes, open } = life.foreseen;
  const states = [...countedStates(life)].map(
    ([key, { counts, shown }]) => [key, { print: seal.print(counts), state: masked(shown) }] as const,
  );
  return {
    host: life.host.name,
    steps: life.order.flatMap(({ step, handler }) => reviewedStep(life, step, handler, masked)),
    changes: changes
      .filter(({ draft }) => !draft.quiet)
      .map((change) => reviewed(life, change, seal, masked)),
    open: [...open, ...followers(life, [...open, ...guesses(life, changes)], changes)].map((part) =>
      openPart(life, part, masked),
    ),
    states: Object.fromEntries(states),
    failed: life.failures.map(({ step, message }) => ({ step, message: masked(message) as string })),
    ...(unreachable === undefined ? {} : { unreachable: masked(unreachable) as string }),
  };
}

function reviewedStep(
  life: Life,
  step: Step,
  handler: boolean,
  masked: (value: unknown) => unknown,
): readonly ReviewedStep[] {
  const base = { id: step.id, task: step.taskName, ...(handler ? { handler: true as const } : {}) };
  try {
    const view = life.viewer.view(step);
    if (view.kind === 'skip') return [];
    if (view.kind === 'unknown') return [base];
    const params = view.items
      ? Object.fromEntries(view.items.map((each) => [each.item.label, each.params]))
      : view.params;
    return [{ ...base, params: masked(JSON.parse(JSON.stringify(params ?? null))) }];
  } catch {
    return [base];
  }
}

function reviewed(
  life: Life,
  change: Change,
  seal: Seal,
  masked: (value: unknown) => unknown,
): ReviewedChange {
  const { id, step, key, title, item, draft, mayDiffer, before } = change;
  return {
    id,
    step,
    key,
    ...(title === undefined ? {} : { title: masked(title) as string }),
    ...(item === undefined ? {} : { item: masked(item) as string }),
    action: draft.action,
    summary: masked(draft.summary) as string,
    diff: masked(draft.diff) as Change['draft']['diff'],
    inverse: draft.inverse,
    before: seal.print(countedFields(life, key, before)),
    after: afterPrints(life, change, seal),
    ...(mayDiffer === undefined ? {} : { mayDiffer }),
    place: causeOf(life, step, key),
  };
}

/** Numbers of changes and of the run are no part of what a thing is. */
const COUNTERS = ['since'];

export function afterPrints(
  life: Life,
  { key, draft }: Change,
  seal: Seal,
): Readonly<Record<string, Print | null>> {
  return Object.fromEntries(
    Object.entries(countedFields(life, key, draft.after))
      .filter(([name, field]) => field !== undefined && !COUNTERS.includes(name))
      .map(([name, field]) => [name, findUnknown(field) ? null : seal.print(field)]),
  );
}

function openPart(
  life: Life,
  { step, key, reason }: HostPlan['open'][number],
  masked: (value: unknown) => unknown,
): OpenPart {
  return {
    step: step.id,
    ...(key === undefined ? {} : { key }),
    reason: masked(reason) as string,
    place: key === undefined ? formatPlace(step.place) : causeOf(life, step.id, key),
  };
}
