/** What a step says of its failures: it is tried again after a while, counts as met all the same, or fails. */
import type { FailureInfo } from '../model/event.ts';
import type { Step } from '../model/runbook.ts';
import { forgetWaits } from './await.ts';
import { endFailed } from './ending.ts';
import type { Life } from './life.ts';

/** A step that is tried again later. */
export interface Sleeping {
  /** When, in milliseconds of the monotonic clock. */
  readonly at: number;
  /** What it looks at has to be read again first; else the end of the last try did so. */
  readonly read: boolean;
}

/** A change that failed was read again in the script that carried it out; for whatever else failed, time has to pass first. */
export type FailedBy =
  | 'change'
  | 'reading'
  | 'until'
  /** An act had begun when the connection was lost: nobody knows whether it failed, and it is not carried out again. */
  | 'lost';

/** Whether a failure now would be followed by another try. */
export function mayRetry(life: Life, { id, retry }: Step): boolean {
  return retry !== undefined && (life.tries.get(id) ?? 0) < retry.times && !life.context.stopping();
}

/** Ends the step, or puts it off to its next try. */
export function failOrRetry(life: Life, step: Step, failure: FailureInfo, by: FailedBy): void {
  const { id, retry } = step;
  const ended = life.ended.has(id);
  // Others have gone on from what has ended: all that is tried again then is to pay what has become owed to it since.
  const again = by !== 'lost' && (!ended || by === 'change') && mayRetry(life, step);
  const tries = (life.tries.get(id) ?? 0) + 1;
  life.tries.set(id, tries);
  if (!retry || !again) {
    endFailed(
      life,
      step,
      retry && tries > 1 ? { ...failure, message: afterTries(failure, tries, retry) } : failure,
    );
    return;
  }
  // What was done is done: an act is carried out again only where it is `until` that wants it.
  const redo = by === 'until' && forgetActs(life, id);
  for (const planned of life.done) if (planned.step.id === id && !ended) life.done.delete(planned);
  life.sleeping.set(id, { at: performance.now() + retry.delayMs, read: by !== 'change' && !redo });
  life.context.emit({
    kind: 'retry',
    host: life.host.name,
    step: id,
    try: tries + 1,
    of: retry.times + 1,
    delay: retry.delayMs / 1000,
    failure,
  });
}

function afterTries(
  { message }: FailureInfo,
  tries: number,
  { delayMs }: NonNullable<Step['retry']>,
): string {
  return `${message}\ntried ${tries} times, ${shownDelay(delayMs)} apart`;
}

function shownDelay(ms: number): string {
  return `${ms / 1000} s`;
}

/** What is told of a step that fails now and may not fail later. */
export function triesAhead(life: Life, { id, retry }: Step): string {
  const left = (retry?.times ?? 0) - (life.tries.get(id) ?? 0);
  return `up to ${left} more ${left === 1 ? 'try' : 'tries'}, ${shownDelay(retry?.delayMs ?? 0)} apart`;
}

/** True when the step has carried out acts. */
function forgetActs(life: Life, id: string): boolean {
  const acts = [...life.actsDone].filter((act) => act.startsWith(`${id} `));
  for (const act of acts) life.actsDone.delete(act);
  return acts.length > 0;
}

/** Steps whose next try is due: they sleep no longer. Gives those that want to be read first. */
export function wake(life: Life): readonly string[] {
  const due = [...life.sleeping].filter(([, { at }]) => at <= performance.now());
  for (const [id] of due) {
    life.sleeping.delete(id);
    forgetWaits(life, id);
  }
  return due.flatMap(([id, { read }]) => (read ? [id] : []));
}

/** When the next try is due; undefined when none is. */
export function nextTry(life: Life): number | undefined {
  const times = [...life.sleeping.values()].map(({ at }) => at);
  return times.length === 0 ? undefined : Math.min(...times);
}
