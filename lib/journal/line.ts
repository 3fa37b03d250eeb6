/** The lines of a journal, each one object of JSON: `.run/<id>/journal.jsonl`, only ever added to. */
import type { RunEvent } from '../model/event.ts';
import type { Become } from '../model/inventory.ts';
import type { ChangeEnd, Found, Intended } from '../model/journal.ts';

/** The process that writes, so that another one can tell whether it is still at work. */
export interface Writer {
  /** Name of the machine. */
  readonly machine: string;
  readonly pid: number;
  /** When it started, as /proc has it: a number may be given out again. */
  readonly started: string;
}

/** What the run was made from. */
export interface Head {
  readonly kind: 'run';
  readonly v: 1;
  readonly id: string;
  /** Milliseconds since 1970, as all `at`. */
  readonly at: number;
  readonly version: string;
  /** Undefined for a runbook; else the verb: `exec`, `apply`, `drift`, `undo`. */
  readonly verb?: string;
  /** Of an undo: the run that it takes back. */
  readonly undoes?: string;
  /** Paths below the root, as those of plans; of a verb without a runbook its name. */
  readonly runbook: string;
  readonly inventory: string;
  /** `roz@control`. */
  readonly who: string;
  readonly writer: Writer;
  /** The command, word for word after `run`, with what the environment had said; secrets as masks. */
  readonly command: readonly string[];
  /** A secret was in the command, and was taken out. */
  readonly commandHidden?: true;
  /** Where it was called, as a path from the root. */
  readonly folder: string;
  /** Hosts that may be changed. */
  readonly hosts: readonly string[];
  /** Accounts to act as, of hosts for which that is said; what the command line says of it is in the command. */
  readonly become?: Readonly<Record<string, Become | false>>;
  /** Steps and handlers in order: events of the file name them by number. */
  readonly steps: readonly string[];
  /** Of all that the project was loaded from: checksums by path. */
  readonly sources: Readonly<Record<string, string>>;
}

/** The run is taken up again. */
export interface Resumed {
  readonly kind: 'resumed';
  readonly at: number;
  readonly who: string;
  readonly writer: Writer;
  /** Hosts that it goes on with. */
  readonly hosts: readonly string[];
  readonly steps: readonly string[];
  readonly sources: Readonly<Record<string, string>>;
}

export type Line =
  | Head
  | Resumed
  /** What is about to be sent to a host, on the disk before it is. */
  | {
      readonly kind: 'intent';
      readonly at: number;
      readonly host: string;
      readonly stretch: number;
      readonly changes: readonly Intended[];
    }
  /** A stretch goes to its host: from here on it may be at work there. */
  | {
      readonly kind: 'sent';
      readonly at: number;
      readonly host: string;
      readonly stretch: number;
      readonly top?: number;
    }
  | { readonly kind: 'end'; readonly at: number; readonly host: string; readonly end: ChangeEnd }
  /** States after a stretch. */
  | { readonly kind: 'found'; readonly at: number; readonly host: string; readonly states: readonly Found[] }
  /** Steps that were found right, by their numbers: `0-17,19`. */
  | { readonly kind: 'ok'; readonly at: number; readonly host: string; readonly steps: string }
  | { readonly kind: 'event'; readonly at: number; readonly event: RunEvent }
  | { readonly kind: 'done'; readonly at: number; readonly host: string; readonly unfinished: boolean };

export type LineOf<K extends Line['kind']> = Extract<Line, { kind: K }>;

/** Whole numbers as ranges: `0-17,19`. */
export function rangeText(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at] ?? 0;
    let end = at;
    while (numbers[end + 1] === (numbers[end] ?? 0) + 1) end += 1;
    parts.push(end === at ? `${first}` : `${first}-${numbers[end]}`);
    at = end + 1;
  }
  return parts.join(',');
}

export function rangeNumbers(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) return [];
    const from = Number(first);
    return Array.from({ length: Math.max(0, Number(last ?? first) - from) + 1 }, (_, index) => from + index);
  });
}
