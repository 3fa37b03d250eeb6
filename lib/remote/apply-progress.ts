/** What is known of an apply job so far: kept here, so that a cut connection loses nothing of it. */
import type { ApplyChange, ApplyJob, ApplyWatch, ChangeResult, Part, PartResult } from './contract.ts';
import type { TurnedAway } from './lock.ts';

/** How a change ended; its output may still have to be fetched. */
export interface Ending {
  readonly ended: 'done' | 'drifted' | 'locked_out' | 'hung' | 'lost';
  readonly rc: number;
}

export interface Progress {
  readonly job: ApplyJob;
  readonly watch: ApplyWatch;
  /** When each change was seen to begin, by this machine's clock. */
  readonly begun: Map<number, number>;
  /** Changes that ended and whose output is not here yet. */
  readonly endings: Map<number, Ending>;
  readonly results: Map<number, ChangeResult>;
  readonly invocations: Map<string, string>;
  /** Tags of `then` parts that were handed on, by change. */
  readonly told: Map<number, Set<string>>;
  readonly verify: Map<string, PartResult>;
  /** It has gone to the host, with the highest number of its lock by then. */
  sent: { readonly top: number | undefined } | undefined;
  /** Why nothing was begun. */
  turnedAway: TurnedAway | undefined;
}

export function createProgress(job: ApplyJob, watch: ApplyWatch): Progress {
  return {
    job,
    watch,
    begun: new Map(),
    endings: new Map(),
    results: new Map(),
    invocations: new Map(),
    told: new Map(),
    verify: new Map(),
    sent: undefined,
    turnedAway: undefined,
  };
}

/** `agoMs`: how long it had run by then. */
export function noteBegin(progress: Progress, id: number, agoMs = 0): void {
  if (progress.begun.has(id)) return;
  progress.begun.set(id, Date.now() - agoMs);
  progress.watch.begin?.(id);
}

/** `captured` comes before the rest of the output, as the two were kept apart. */
export function noteResult(
  progress: Progress,
  id: number,
  ending: Ending,
  printed: { readonly spool: Buffer; readonly captured?: Buffer | undefined },
): void {
  progress.endings.delete(id);
  if (progress.results.has(id)) return;
  const { captured, spool } = printed;
  const result: ChangeResult = captured
    ? { id, ...ending, output: Buffer.concat([captured, spool]), captured }
    : { id, ...ending, output: spool };
  progress.results.set(id, result);
  progress.watch.end?.(id, result);
}

export function noteInvocation(progress: Progress, change: ApplyChange, value: string): void {
  if (change.unit !== undefined && value !== '') progress.invocations.set(change.unit, value);
}

export function notePart(progress: Progress, id: number, result: PartResult): void {
  const told = progress.told.get(id) ?? new Set();
  progress.told.set(id, told);
  if (told.has(result.tag)) return;
  told.add(result.tag);
  progress.watch.part?.(id, result);
}

/** `then` parts of changes that succeeded which nobody has seen yet. */
export function untoldParts(progress: Progress): readonly { readonly id: number; readonly part: Part }[] {
  return progress.job.changes.flatMap(({ id, then = [] }) => {
    const ending = progress.results.get(id) ?? progress.endings.get(id);
    if (ending?.ended !== 'done' || ending.rc !== 0) return [];
    const told = progress.told.get(id);
    return then.filter((part) => !told?.has(part.tag)).map((part) => ({ id, part }));
  });
}

/** The change that has begun and whose end is not known. */
export function runningChange(progress: Progress): ApplyChange | undefined {
  return progress.job.changes.find(
    ({ id }) => progress.begun.has(id) && !progress.results.has(id) && !progress.endings.has(id),
  );
}

/** The change that has the host boot again, as long as its end is not known; its beginning may not have been told. */
export function rebooting({ job, results, endings }: Progress): ApplyChange | undefined {
  return job.changes.find(({ id, reboots }) => reboots && !results.has(id) && !endings.has(id));
}
