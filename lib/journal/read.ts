/** Reads the journal of a run: its events as they were told, what was about to happen on each host, and how it ended. */
import { readFileSync } from 'node:fs';
import { RunError } from '../base/error.ts';
import type { RunEvent } from '../model/event.ts';
import type { ChangeEnd, Found, Intended } from '../model/journal.ts';
import { type Head, type Line, type LineOf, type Resumed, rangeNumbers } from './line.ts';
import { journalPath } from './shelf.ts';

export interface Stretch {
  readonly stretch: number;
  readonly at: number;
  readonly changes: readonly Intended[];
  sent?: { readonly top?: number };
}

/** What is written of one host. */
export interface HostPage {
  readonly stretches: Stretch[];
  /** By the number of the change. */
  readonly ends: Map<number, ChangeEnd>;
  /** What was read after the stretch of a change, of changes that were their key's last one in it. */
  readonly found: Map<number, Found>;
  /** Whether its part is over: undefined while it was not. */
  unfinished: boolean | undefined;
}

export interface RunRecord {
  readonly head: Head;
  /** Each time it was taken up again. */
  readonly resumed: readonly Resumed[];
  /** In order, with when they were told, in milliseconds since 1970. */
  readonly events: readonly { readonly at: number; readonly event: RunEvent }[];
  /** Of each host that it may change. */
  readonly hosts: ReadonlyMap<string, HostPage>;
  /** Undefined while it is at work, and for ever when it was killed. */
  readonly recap: Extract<RunEvent, { kind: 'recap' }> | undefined;
  /** When the last line was written. */
  readonly until: number;
}

/** Throws RunError `failed` where there is no head: of such a run nothing is known. */
export function readRun(root: string, id: string): RunRecord {
  const path = journalPath(root, id);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new RunError('failed', `the journal ${path} cannot be read: ${why}`, {
      hint: 'run history names the runs that were written down',
    });
  }
  const lines = text.split('\n').flatMap(lineOf);
  const head = lines.find((line): line is Head => line.kind === 'run');
  if (!head)
    throw new RunError('failed', `${path} is no journal of a run: its first line is not there`, {
      hint: 'it was cut off before anything was written to any host',
    });
  return recordOf(head, lines);
}

/** None for half a line: whoever wrote it was killed, and what it says has not been relied on by anybody. */
function lineOf(text: string): readonly Line[] {
  if (text === '') return [];
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && 'kind' in line ? [line as Line] : [];
  } catch {
    return [];
  }
}

function recordOf(head: Head, lines: readonly Line[]): RunRecord {
  const hosts = new Map<string, HostPage>();
  const page = (host: string): HostPage => {
    const known = hosts.get(host) ?? {
      stretches: [],
      ends: new Map(),
      found: new Map(),
      unfinished: undefined,
    };
    hosts.set(host, known);
    return known;
  };
  const resumed: Resumed[] = [];
  const events: { at: number; event: RunEvent }[] = [];
  let { steps } = head;
  let recap: RunRecord['recap'];
  let until = head.at;
  for (const host of head.hosts) page(host);
  for (const line of lines) {
    until = Math.max(until, line.at);
    switch (line.kind) {
      case 'run':
        break;
      case 'resumed':
        resumed.push(line);
        recap = undefined;
        steps = line.steps;
        for (const host of line.hosts) page(host).unfinished = undefined;
        break;
      case 'intent':
        page(line.host).stretches.push({ stretch: line.stretch, at: line.at, changes: line.changes });
        break;
      case 'sent': {
        const stretch = page(line.host).stretches.findLast((each) => each.stretch === line.stretch);
        if (stretch) stretch.sent = line.top === undefined ? {} : { top: line.top };
        break;
      }
      case 'end':
        page(line.host).ends.set(line.end.id, line.end);
        break;
      case 'found':
        for (const state of line.states) page(line.host).found.set(state.id, state);
        break;
      case 'ok':
        events.push(...fineEvents(line, steps));
        break;
      case 'done':
        page(line.host).unfinished = line.unfinished;
        break;
      case 'event': {
        const { at, event } = line;
        events.push({ at, event });
        if (event.kind === 'recap') recap = event;
        // A word on which others rest may be taken back after the host was done.
        if (event.kind === 'step' && (event.status === 'failed' || event.status === 'rolled_back'))
          retract(page(event.host));
      }
    }
  }
  return { head, resumed, events, hosts, recap, until };
}

function retract(page: HostPage): void {
  if (page.unfinished === false) page.unfinished = true;
}

function fineEvents(
  { at, host, steps: ranges }: LineOf<'ok'>,
  steps: readonly string[],
): RunRecord['events'] {
  return rangeNumbers(ranges).flatMap((number) => {
    const step = steps[number];
    if (step === undefined) return [];
    return [{ at, event: { kind: 'step' as const, host, step, status: 'ok' as const, handler: false } }];
  });
}
