/** Watches an apply job from here: begins and ends of changes, their clock, and a look now and then at what they print. */

import { lookText } from './apply-look.ts';
import {
  noteBegin,
  noteInvocation,
  notePart,
  noteResult,
  type Progress,
  runningChange,
} from './apply-progress.ts';
import type { ApplyChange } from './contract.ts';
import type { Frame } from './frame.ts';
import { createGroup } from './frame-group.ts';
import { changeMark, jobMark } from './kill-text.ts';
import { startClock, usersOf, type Watched, watchParts } from './read-watch.ts';
import type { Supervisor } from './supervisor.ts';

export interface ApplyEnd {
  /** Status of the script; 0 when it came to its own end, whatever its changes did. */
  readonly rc: number | undefined;
  /** Why the script did not begin. */
  readonly refused?: string;
  /** It has not begun all that it might have. */
  readonly stopped: boolean;
}

export interface WatchedApply {
  readonly over: Promise<ApplyEnd>;
  readonly stop: () => void;
}

export interface ApplyOptions {
  readonly job: number;
  readonly attempt: number;
  /** Job numbers of the `then` parts, by change. */
  readonly thenJobs: ReadonlyMap<number, number>;
  readonly signal?: AbortSignal | undefined;
  /** Told of the number that the script has drawn. */
  readonly onLock?: ((number: number) => void) | undefined;
}

/** Call before the job is sent. `over` never rejects; on abort the job is ended and comes to `over` by that. */
export function watchApply(link: Supervisor, progress: Progress, options: ApplyOptions): WatchedApply {
  const group = createGroup(link, {
    users: usersOf(progress.job.changes),
    mark: () => runningMark(progress, jobMark({ nonce: link.nonce, job: options.job })),
  });
  const changes = new Map(progress.job.changes.map((change) => [String(change.id), change]));
  const look = createLook(link, progress, options);
  // Asked to end before its parts are: a part that is ended first would let the script go on to its next change.
  const abort = () => group.end();
  options.signal?.addEventListener('abort', abort, { once: true });
  const thens = watchThens(link, progress, options);
  const printed = { spool: [] as Buffer[], captured: [] as Buffer[], toCapture: false };
  let clock: NodeJS.Timeout | undefined;
  let refused: string | undefined;
  let stopped = false;
  const begin = (change: ApplyChange) => {
    noteBegin(progress, change.id);
    Object.assign(printed, { spool: [], captured: [], toCapture: false });
    look.start(change.id);
    clock = startClock(change.limitMs, () => {
      if (runningChange(progress)?.id !== change.id) return;
      group.end();
      progress.endings.set(change.id, { ended: 'hung', rc: -1 });
    });
  };
  const end = (change: ApplyChange, value: string) => {
    clearTimeout(clock);
    look.stop();
    const rc = Number(value.split(' ')[0]);
    const ended = endingOf(value);
    noteResult(
      progress,
      change.id,
      { ended, rc },
      {
        spool: Buffer.concat(printed.spool),
        captured: change.captures ? Buffer.concat(printed.captured) : undefined,
      },
    );
  };
  const onChange = (change: ApplyChange, { letter, value }: Frame) => {
    if (letter === 'C') begin(change);
    else if (letter === 'L') look.seen(change.id, value);
    else if (letter === 'I') noteInvocation(progress, change, value);
    else if (letter === 'O') printed.toCapture = true;
    else if (letter === 'E') end(change, value);
  };
  link.listen(options.job, {
    data: (_tag, _stream, chunk) => (printed.toCapture ? printed.captured : printed.spool).push(chunk),
    frame: (frame, stream) => {
      group.frame(frame, stream);
      if (frame.letter === 'X') refused = frame.value;
      if (frame.letter === 'S') stopped = true;
      if (frame.letter === 'V') progress.watch.found?.(frame.value);
      if (frame.letter === 'K') options.onLock?.(Number(frame.value));
      const change = changes.get(frame.tag);
      if (change) onChange(change, frame);
    },
  });
  if (options.signal?.aborted) abort();
  return {
    over: group.over.then((rc) => (refused === undefined ? { rc, stopped } : { rc, refused, stopped })),
    stop: () => {
      clearTimeout(clock);
      look.stop();
      group.stop();
      for (const one of thens) one.stop();
      link.forget(options.job);
      options.signal?.removeEventListener('abort', abort);
    },
  };
}

function endingOf(value: string): 'done' | 'drifted' | 'locked_out' {
  if (value.endsWith(' drifted')) return 'drifted';
  return value.endsWith(' locked_out') ? 'locked_out' : 'done';
}

/** Only what the change that runs has started: daemons of those before it are there to stay. */
export function runningMark(progress: Progress, job: string): string | undefined {
  const running = runningChange(progress);
  return running && `TB_CHANGE=${changeMark(job, running.id)}`;
}

function watchThens(link: Supervisor, progress: Progress, options: ApplyOptions): readonly Watched[] {
  return progress.job.changes.flatMap(({ id, then = [] }) => {
    const job = options.thenJobs.get(id);
    if (job === undefined) return [];
    const watched = watchParts(link, job, then, {
      signal: options.signal,
      onPart: (result) => notePart(progress, id, result),
    });
    // Parts that hung are told too; those behind them are read again after the script.
    watched.over
      .then(({ results }) => {
        for (const result of results.values()) notePart(progress, id, result);
      })
      .catch(() => undefined);
    return [watched];
  });
}

/** How long a change must have run before its output is looked at, and the pause between two looks, in milliseconds. */
const LOOK_EVERY_MS = 400;

interface Look {
  start(id: number): void;
  seen(id: number, value: string): void;
  stop(): void;
}

/** Asks for the end of a change's spool while it runs. Nothing on the host waits for anybody to look. */
function createLook(link: Supervisor, progress: Progress, { job, attempt }: ApplyOptions): Look {
  let timer: NodeJS.Timeout | undefined;
  let had = 0;
  const later = (id: number) => {
    if (!progress.watch.output) return;
    timer = setTimeout(() => {
      link.tell(lookText({ nonce: link.nonce, job }, progress.job, attempt, { id, had }));
    }, LOOK_EVERY_MS);
  };
  return {
    start(id) {
      had = 0;
      clearTimeout(timer);
      later(id);
    },
    seen(id, value) {
      const [size = '', text = ''] = value.split(' ');
      had = Number(size);
      if (runningChange(progress)?.id !== id) return;
      if (text !== '') progress.watch.output?.(id, Buffer.from(text, 'base64'));
      later(id);
    },
    stop: () => clearTimeout(timer),
  };
}
