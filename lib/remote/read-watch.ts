/** Watches a job of parts from here: its clock, its end, and what came of it. */
import { RunError } from '../base/error.ts';
import type { Part, PartResult } from './contract.ts';
import { createGroup } from './frame-group.ts';
import { jobMark } from './kill-text.ts';
import { createCollector } from './read-collect.ts';
import type { Supervisor } from './supervisor.ts';

export interface PartsOutcome {
  readonly results: ReadonlyMap<string, PartResult>;
  /** Parts that never began, because one before them took the job along or had to be ended. */
  readonly rest: readonly Part[];
}

export interface Watched {
  readonly over: Promise<PartsOutcome>;
  /** Forgets the job and its timers. */
  readonly stop: () => void;
}

export interface WatchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onPart?: (result: PartResult) => void;
}

/** Call before the job is sent. `over` rejects with RunError `interrupted` on abort, after the job has ended. */
export function watchParts(
  link: Supervisor,
  job: number,
  parts: readonly Part[],
  options: WatchOptions = {},
): Watched {
  const collector = createCollector(parts);
  const group = createGroup(link, {
    users: usersOf(parts),
    mark: () => `TB_READ=${jobMark({ nonce: link.nonce, job })}`,
  });
  let hung = false;
  let clock: NodeJS.Timeout | undefined;
  const limits = new Map(parts.map((part) => [part.tag, part.limitMs]));
  const begin = (tag: string) => {
    clearTimeout(clock);
    clock = startClock(limits.get(tag) ?? 0, () => {
      if (collector.running() !== tag) return;
      hung = true;
      group.end();
    });
  };
  const abort = () => group.end();
  const over = new Promise<void>((done) => {
    group.over.then(() => done()).catch(() => undefined);
    link.listen(job, {
      data: (tag, stream, chunk) => collector.data(tag, stream, chunk),
      frame: (frame, stream) => {
        group.frame(frame, stream);
        const { begins, ends } = collector.frame(frame, stream);
        if (begins !== undefined) begin(begins);
        if (!ends) return;
        options.onPart?.(ends);
        // The job's own end need not be waited for: all that is left of it is a kill of itself.
        if (collector.complete()) done();
      },
    });
    options.signal?.addEventListener('abort', abort, { once: true });
    if (options.signal?.aborted) abort();
  }).then(() => {
    if (options.signal?.aborted) throw interrupted();
    if (!collector.complete()) group.sweep();
    const results = collector.results(hung ? 'hung' : 'killed');
    return { results, rest: parts.filter((part) => !results.has(part.tag)) };
  });
  const stop = () => {
    clearTimeout(clock);
    group.stop();
    link.forget(job);
    options.signal?.removeEventListener('abort', abort);
  };
  return { over, stop };
}

/**
 * A limit by our clock. When this process itself was busy the answer may lie in the socket already: two turns of
 * the event loop let it be read before the verdict falls.
 */
export function startClock(limitMs: number, expired: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(() => setImmediate(expired)), Math.min(limitMs, 0x7fffffff));
}

/** Accounts that parts or changes run as, beside the session's own. */
export function usersOf(pieces: readonly { readonly user?: string }[]): readonly string[] {
  return [...new Set(pieces.flatMap(({ user }) => user ?? []))];
}

export function interrupted(): RunError {
  return new RunError('interrupted', 'interrupted: what ran on the host was ended', {
    hint: 'run it again: it goes on from what it finds',
  });
}
