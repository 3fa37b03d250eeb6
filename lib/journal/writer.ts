/** Adds to the journal of a run: lines as they come, on the disk before a host is written. */
import { closeSync, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { RunError } from '../base/error.ts';
import type { Emit, RunEvent } from '../model/event.ts';
import type { Journal } from '../model/journal.ts';
import { type Head, type Line, type Resumed, rangeText } from './line.ts';
import { journalPath, makeFolder } from './shelf.ts';

export interface JournalWriter extends Journal {
  /** Events as people are told them. */
  readonly event: Emit;
  close(): void;
}

/** Kept back until there is more, or somebody waits for it: many small writes would cost an unchanged run time. */
const HELD_BYTES = 65_536;

/**
 * Begins the journal of a run, or goes on with it. Where it cannot be written the run goes on as long as it writes
 * nothing: `fault` is told once, and every intent is refused.
 */
export function openJournal(root: string, first: Head | Resumed, id: string, fault: Told): JournalWriter {
  const path = journalPath(root, id);
  const file = createFile(path, fault, () => {
    if (first.kind === 'run') makeFolder(root, id);
  });
  const number = new Map(first.steps.map((step, index) => [step, index]));
  const fine = new Map<string, number[]>();
  const add = (line: Line): void => file.add(`${JSON.stringify(line)}\n`);
  const tellFine = (host: string): void => {
    const steps = fine.get(host);
    if (!steps) return;
    fine.delete(host);
    add({ kind: 'ok', at: Date.now(), host, steps: rangeText(steps) });
  };
  add(first);
  file.flush();
  return {
    async intend(host, stretch, changes) {
      tellFine(host);
      add({ kind: 'intent', at: Date.now(), host, stretch, changes });
      await file.sync();
    },
    sent(host, stretch, top) {
      add({ kind: 'sent', at: Date.now(), host, stretch, ...(top === undefined ? {} : { top }) });
      file.flush();
    },
    ended(host, end) {
      add({ kind: 'end', at: Date.now(), host, end });
      file.flush();
    },
    found(host, states) {
      add({ kind: 'found', at: Date.now(), host, states });
    },
    kept: () => file.sync().catch(() => undefined),
    done(host, unfinished) {
      tellFine(host);
      add({ kind: 'done', at: Date.now(), host, unfinished });
      file.flush();
    },
    event(event) {
      if (event.kind === 'stage' || event.kind === 'progress') return;
      const step = fineStep(event, number);
      if (step !== undefined && event.kind === 'step') {
        const steps = fine.get(event.host) ?? [];
        steps.push(step);
        fine.set(event.host, steps);
        return;
      }
      if ('host' in event && event.host !== undefined) tellFine(event.host);
      if (event.kind === 'recap') for (const host of fine.keys()) tellFine(host);
      add({ kind: 'event', at: Date.now(), event });
      if (event.kind === 'recap' || event.kind === 'change') file.flush();
    },
    close: () => file.close(),
  };
}

/** Of a step that was found right there is nothing to say but that. */
function fineStep(event: RunEvent, number: ReadonlyMap<string, number>): number | undefined {
  if (event.kind !== 'step' || event.status !== 'ok' || event.handler) return undefined;
  return event.reason === undefined && !event.failure && event.runbook === undefined
    ? number.get(event.step)
    : undefined;
}

type Told = (message: string) => void;

interface LogFile {
  add(text: string): void;
  /** To the kernel: it outlives this process. */
  flush(): void;
  /** To the disk. One flush serves all who wait. Rejects with RunError `failed`. */
  sync(): Promise<void>;
  close(): void;
}

function createFile(path: string, fault: Told, prepare: () => void): LogFile {
  let held: string[] = [];
  let size = 0;
  let broken: RunError | undefined;
  let fd: number | undefined;
  let syncing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const fail = (error: unknown): void => {
    if (broken) return;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOSPC' ? 'the disk of this machine is full' : (code ?? message);
    broken = new RunError('failed', `the journal ${path} cannot be written: ${why}`, {
      hint: 'nothing is written to hosts without it; make room or mend the rights of .run/, then go on with: run resume',
    });
    held = [];
    fault(`${broken.message}: nothing will be written to hosts`);
  };
  const flush = (): void => {
    if (held.length === 0 || broken) return;
    const text = Buffer.from(held.join(''));
    held = [];
    size = 0;
    try {
      if (fd === undefined) {
        prepare();
        fd = openSync(path, 'a+', 0o600);
        if (!endsInLine(fd)) writeSync(fd, '\n');
      }
      for (let at = 0; at < text.length; ) at += writeSync(fd, text, at);
    } catch (error) {
      fail(error);
    }
  };
  const syncNow = async (): Promise<void> => {
    flush();
    if (fd !== undefined && !broken) await flushed(fd).catch(fail);
    if (broken) throw broken;
  };
  return {
    add(text) {
      if (broken) return;
      held.push(text);
      size += text.length;
      if (size >= HELD_BYTES) flush();
    },
    flush,
    sync() {
      if (!syncing) {
        syncing = syncNow().finally(() => {
          syncing = undefined;
        });
        return syncing;
      }
      // What came since may not be a part of the one under way.
      next ??= syncing
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return this.sync();
        });
      return next;
    },
    close() {
      flush();
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

function flushed(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())));
}

/** A writer that was killed may have left half a line. */
function endsInLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === 10;
}
