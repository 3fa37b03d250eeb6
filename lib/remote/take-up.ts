/** Reads what an earlier process of the same run had begun on a host, and sees to it that no more of it begins. */
import { RunError } from '../base/error.ts';
import { sh } from '../base/sh.ts';
import type { ChangeEnd } from '../model/journal.ts';
import { journalText } from './apply-recover.ts';
import { OUTPUT_KEPT, runFolder } from './apply-text.ts';
import { ATTEMPTS } from './apply-through.ts';
import type { Part, PartResult, Session } from './contract.ts';

export interface Begun {
  readonly run: string;
  readonly stretches: readonly {
    readonly stretch: number;
    /** Numbers of changes whose output is wanted. */
    readonly acts: readonly number[];
  }[];
  /** What has not begun never will: its journal is taken. False: nothing is written. */
  readonly takes: boolean;
}

export interface TakenUp {
  /** A script of it lives. */
  readonly running: boolean;
  /** How changes that were begun have ended; those that were not are not in it. */
  readonly ends: ReadonlyMap<number, ChangeEnd>;
  readonly captured: ReadonlyMap<number, Buffer>;
}

/** How long one look waits for the end, in milliseconds. */
const WAIT_MS = 5000;

/** One frame. `waits`: for the end of what runs. Rejects with RunError `failed` when a journal cannot be read. */
export async function lookAtRun(
  session: Session,
  { run, stretches, takes }: Begun,
  waits: boolean,
  signal: AbortSignal,
): Promise<TakenUp> {
  const tries = stretches.flatMap(({ stretch, acts }) =>
    Array.from({ length: ATTEMPTS }, (_, attempt) => ({ stretch, attempt, acts })),
  );
  const parts = tries.flatMap(({ stretch, attempt, acts }): Part[] => {
    const folder = runFolder({ run, stretch }, attempt);
    const tag = `tb.${stretch}.${attempt}`;
    return [
      { tag, script: journalText(folder, waits ? WAIT_MS : 0, takes), limitMs: 60_000 },
      ...acts.map((id) => ({
        tag: `${tag}.${id}`,
        script: sh`tail -c ${OUTPUT_KEPT} ${folder}/capture.${id} 2>/dev/null`,
        limitMs: 60_000,
      })),
    ];
  });
  const results = new Map((await session.read(parts, signal)).map((result) => [result.tag, result]));
  const ends = new Map<number, ChangeEnd>();
  const captured = new Map<number, Buffer>();
  let running = false;
  for (const { stretch, attempt, acts } of tries) {
    const tag = `tb.${stretch}.${attempt}`;
    const [head = '', ...lines] = linesOf(results.get(tag));
    const [state = ''] = head.split(' ');
    if (state === 'running' || state === 'rebooting') running = true;
    for (const [id, end] of endsIn(lines)) ends.set(id, end);
    for (const id of acts) {
      const out = results.get(`${tag}.${id}`)?.out;
      if (out && out.length > 0) captured.set(id, out);
    }
  }
  return { running, ends, captured };
}

function linesOf(result: PartResult | undefined): readonly string[] {
  const text = result?.out.toString('latin1') ?? '';
  if (result?.ended === 'done' && result.rc === 0 && text !== '') return text.split('\n');
  throw new RunError('failed', 'what this run had begun on the host cannot be read', {
    hint: 'make room there, or mend the rights of the state folder, then resume it again',
    output: result?.err.toString('utf8') ?? '',
  });
}

/** Begun and not ended: nobody can tell how far it came, once nothing of it lives. */
function endsIn(lines: readonly string[]): ReadonlyMap<number, ChangeEnd> {
  const ends = new Map<number, ChangeEnd>();
  for (const line of lines) {
    const [letter, number, value] = line.split(' ');
    const id = Number(number);
    if (letter === 'B') ends.set(id, { id, ended: 'lost', rc: -1 });
    if (letter === 'E') ends.set(id, { id, ended: 'done', rc: Number(value) });
    if (letter === 'H') ends.set(id, { id, ended: 'hung', rc: -1 });
    if (letter === 'D') ends.set(id, { id, ended: 'drifted', rc: Number(value) });
  }
  return ends;
}
