/** A run's whole plan in memory: what a dry run of all hosts tells and records. */
import { RunError } from '../base/error.ts';
import type { Verdict } from '../engine/exit.ts';
import { passingSeal } from '../engine/review/seal.ts';
import type { RunOptions } from '../engine/run-options.ts';
import type { RunEvent } from '../model/event.ts';
import type { HostReview } from '../model/review.ts';

export type Recap = Extract<RunEvent, { kind: 'recap' }>;

export interface FirstPass {
  readonly end: Verdict;
  readonly reviews: readonly HostReview[];
  /** Events in order, without the recap and what was told at once. */
  readonly events: readonly RunEvent[];
  readonly recap: Recap;
}

export type Start = (options: RunOptions) => Promise<Verdict>;

/** `emit` hears of everything but the recap as it comes. */
export async function firstPass(
  options: RunOptions,
  start: Start,
  emit: RunOptions['emit'],
): Promise<FirstPass> {
  const reviews: HostReview[] = [];
  const events: RunEvent[] = [];
  let recap: Recap | undefined;
  const end = await start({
    ...options,
    seal: options.seal ?? passingSeal(),
    record: (review) => {
      reviews.push(review);
      options.record?.(review);
    },
    emit: (event) => {
      if (event.kind === 'recap') {
        recap = event;
        return;
      }
      emit(event);
      if (event.kind !== 'warning' && event.kind !== 'stage') events.push(event);
    },
  });
  if (!recap) throw new RunError('internal', 'a run ended without a recap');
  return { end, reviews, events, recap };
}

export function isInterrupted({ exit }: Verdict): boolean {
  return exit === 130 || exit === 143;
}

/** Nothing to change and nothing left open anywhere. */
export function isDone({ reviews, recap }: FirstPass): boolean {
  const still = Object.values(recap.hosts).every(
    ({ changed, failed, ignored, later, unreachable }) =>
      changed + failed + ignored + later === 0 && !unreachable,
  );
  return (
    still && reviews.every(({ changes, open, states }) => changes.length + open.length === 0 && !owes(states))
  );
}

/** What a handler owes that changes nothing (a query) is no change, and is done by the run alone. */
function owes(states: HostReview['states']): boolean {
  return Object.entries(states).some(
    ([key, { state }]) => key.startsWith('owed:') && (state as { readonly exists?: boolean }).exists === true,
  );
}
