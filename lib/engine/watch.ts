/** Live news of a stretch: changes as they happen, what takes long, and results that other hosts wait for. */
import type { Change } from '../model/resource.ts';
import type { ApplyResult, ApplyWatch, Part, PartResult } from '../remote/contract.ts';
import { brokenWord } from './broken-word.ts';
import { awaitedText, confirmUntil } from './confirm.ts';
import { unsettled } from './fixpoint.ts';
import type { HostPlan, PlannedStep } from './host-plan.ts';
import { keepEnds, noteEnd } from './journal.ts';
import type { Life } from './life.ts';
import { outputsOf } from './own.ts';
import { addReadings, emptyPicture } from './picture.ts';
import { predict } from './prediction.ts';
import { type Batch, batchReads, refsOf } from './read-batch.ts';
import { causeOf } from './review/cause.ts';

const PROGRESS_MS = 5_000;

export interface Watcher {
  readonly watch: ApplyWatch;
  /** When each change began, in milliseconds of the monotonic clock. */
  readonly started: ReadonlyMap<number, number>;
  partsAfter(change: Change): readonly Part[];
  /** When the host takes back what is to be confirmed; undefined: its time does not run. */
  until(): number | undefined;
  stop(): void;
}

export function watchApply(life: Life, plans: HostPlan): Watcher {
  const started = new Map<number, number>();
  const awaited = awaitedSteps(life, plans);
  const parts = new Map<number, PartResult[]>();
  let lastLine = '';
  let timer: NodeJS.Timeout | undefined;
  /** The first that can cut starts the clock. */
  let until: number | undefined;
  const progress = (change: Change): void => {
    clearInterval(timer);
    timer = setInterval(() => {
      const seconds = (performance.now() - (started.get(change.id) ?? performance.now())) / 1000;
      const what = change.title ?? `${change.key} ${change.draft.summary}`;
      const text = until === undefined ? what : `${what}; ${awaitedText(until)}`;
      life.context.emit({
        kind: 'progress',
        host: life.host.name,
        step: change.step,
        text,
        seconds,
        lastLine,
      });
    }, PROGRESS_MS);
  };
  const kept = keepEnds(life, plans.changes);
  const watch: ApplyWatch = {
    halt: life.context.halt,
    ...(kept ? { kept } : {}),
    begin(id) {
      const change = plans.changes.find((each) => each.id === id);
      started.set(id, performance.now());
      lastLine = '';
      if (!change) return;
      until ??= confirmUntil(life, plans.changes, change);
      progress(change);
    },
    end(id, result) {
      clearInterval(timer);
      const change = plans.changes.find((each) => each.id === id);
      if (!change) return;
      noteEnd(life, change, result);
      if (result.ended === 'done' && result.rc === 0) emitChange(life, change, started.get(id));
      const waiting = awaited.get(id);
      if (waiting && result.ended === 'done' && result.rc === 0 && !waiting.batch)
        publish(life, waiting.planned);
    },
    part(id, result) {
      const waiting = awaited.get(id);
      if (!waiting?.batch) return;
      const got = [...(parts.get(id) ?? []), result];
      parts.set(id, got);
      if (got.length === waiting.batch.parts.length) publish(life, waiting.planned, waiting.batch, got);
    },
    output(_, chunk) {
      const line = chunk
        .toString('utf8')
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1)
        ?.trim();
      if (line) lastLine = line.slice(0, 200);
    },
  };
  return {
    watch,
    started,
    partsAfter: ({ id }) => awaited.get(id)?.batch?.parts ?? [],
    until: () => until,
    stop: () => clearInterval(timer),
  };
}

/** Steps that other hosts wait for, by their last change: without own changes, by the change before them. */
function awaitedSteps(
  life: Life,
  plans: HostPlan,
): Map<number, { planned: PlannedStep; batch: Batch | undefined }> {
  const awaited = new Map<number, { planned: PlannedStep; batch: Batch | undefined }>();
  for (const planned of plans.planned) {
    const last = planned.changes.at(-1);
    // What may be tried again has ended only when it has ended.
    if (planned.step.retry || planned.step.until) continue;
    if (!last || !life.context.steps.watched(planned.step.id, life.host.name)) continue;
    const reads = planned.step.task.output && !last.draft.captures;
    const refs = planned.view.resources.flatMap(refsOf).map((ref) => ({
      kind: ref.kind,
      key: ref.key,
      ...(ref.hint === undefined ? {} : { hint: ref.hint }),
    }));
    const batch = reads ? prefixed(batchReads(refs), `t${last.id}.`) : undefined;
    if (!last.draft.captures) awaited.set(last.id, { planned, batch });
  }
  return awaited;
}

/** Tags are unique within a job: several steps may be read in one. */
function prefixed(batch: Batch, prefix: string): Batch {
  return {
    ...batch,
    parts: batch.parts.map((part) => ({ ...part, tag: `${prefix}${part.tag}` })),
    readings: (results) =>
      batch.readings(results.map((result) => ({ ...result, tag: result.tag.slice(prefix.length) }))),
  };
}

function publish(life: Life, planned: PlannedStep, batch?: Batch, results: readonly PartResult[] = []): void {
  const picture = emptyPicture();
  for (const [key, state] of life.picture.states) picture.states.set(key, state);
  for (const [name, key] of life.picture.alias) picture.alias.set(name, key);
  if (batch) addReadings(picture, batch.readings(results));
  // What does not hold even now is judged with the rest; nobody is told a word that is known to be broken.
  const wanted = planned.view.resources.map((resource) => ({ step: planned.step, resource }));
  if (batch && unsettled(predict(picture), wanted, life.nextId, 'reading').length > 0) return;
  if (brokenWord(life, planned.step)) return;
  const outputs = outputsOf(planned, predict(picture));
  life.context.board.end(planned.step.id, life.host.name, { status: 'changed', met: true }, outputs);
}

function emitChange(life: Life, change: Change, started: number | undefined): void {
  const { draft } = change;
  if (draft.quiet || life.announced.has(change.id)) return;
  life.announced.add(change.id);
  life.changedSteps.add(change.step);
  life.context.emit({
    kind: 'change',
    host: life.host.name,
    step: change.step,
    id: change.id,
    key: change.name ?? change.key,
    action: draft.action,
    summary: draft.summary,
    diff: draft.diff,
    inverse: draft.inverse,
    place: causeOf(life, change.step, change.key),
    dryRun: false,
    seconds: started === undefined ? 0 : (performance.now() - started) / 1000,
  });
}

/** Changes whose end came only with the result (after a cut connection): told now. */
export function announce(
  life: Life,
  change: Change,
  result: ApplyResult,
  started: ReadonlyMap<number, number>,
): void {
  const how = result.changes.find(({ id }) => id === change.id);
  if (how?.ended === 'done' && how.rc === 0) emitChange(life, change, started.get(change.id));
}
