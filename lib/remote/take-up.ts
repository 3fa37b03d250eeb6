/** Reads what an earlier process of the same run had begun on a host, and sees to it that no more of it begins. */
import { RunError } from '../base/error.ts';
import { type Sh, sh } from '../base/sh.ts';
import type { ChangeEnd } from '../model/journal.ts';
import { journalText } from './apply-recover.ts';
import { OUTPUT_KEPT, runFolder } from './apply-text.ts';
import { ATTEMPTS } from './apply-through.ts';
import type { Part, PartResult, Session } from './contract.ts';
import { parseDecision, undecidedText } from './revert.ts';

export interface Begun {
  readonly run: string;
  readonly stretches: readonly {
    readonly stretch: number;
    /** Numbers of changes whose output is wanted. */
    readonly acts: readonly number[];
    /** It is known to have been sent, and when, by the number of the host's lock. */
    readonly sent?: Sent;
  }[];
  /** What has not begun never will: its journal is taken. False: nothing is written. */
  readonly takes: boolean;
}

/** The highest number of the host's lock by then, as far as it was known. */
interface Sent {
  readonly top?: number;
}

export interface TakenUp {
  /** A script of it lives. */
  readonly running: boolean;
  /** How changes that were begun have ended; those that were not are not in it. */
  readonly ends: ReadonlyMap<number, ChangeEnd>;
  readonly captured: ReadonlyMap<number, Buffer>;
  /** Stretches that the host has taken back; `pending`: it will, unless somebody confirms them. */
  readonly reverted: ReadonlyMap<number, Reverted>;
  /** Stretches of which the host knows nothing any more, though they may have been carried out. */
  readonly unknown: ReadonlySet<number>;
}

export interface Reverted {
  readonly pending: boolean;
  /** Changes of which nobody knows that they have come back. */
  readonly lost: readonly number[];
}

/** How long one look waits for the end, in milliseconds. */
const WAIT_MS = 5000;
/** Taking back what nobody has confirmed is a part of it. */
const LOOK_MS = 600_000;

/** One frame. `waits`: for the end of what runs. Rejects with RunError `failed` when a journal cannot be read. */
export async function lookAtRun(
  session: Session,
  { run, stretches, takes }: Begun,
  waits: boolean,
  signal: AbortSignal,
): Promise<TakenUp> {
  const tries = stretches.flatMap(({ stretch, acts, sent }) =>
    Array.from({ length: ATTEMPTS }, (_, attempt) => ({ stretch, attempt, acts, sent })),
  );
  const parts = tries.flatMap(({ stretch, attempt, acts, sent }): Part[] => {
    const folder = runFolder({ run, stretch }, attempt);
    const tag = `tb.${stretch}.${attempt}`;
    return [
      { tag, script: tryText({ run, stretch, sent }, attempt, waits, takes), limitMs: LOOK_MS },
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
  const reverted = new Map<number, Reverted>();
  const unknown = new Set(stretches.map(({ stretch }) => stretch));
  let running = false;
  for (const { stretch, attempt, acts } of tries) {
    const tag = `tb.${stretch}.${attempt}`;
    const [head = '', ...lines] = linesOf(results.get(tag));
    const [state = ''] = head.split(' ');
    if (state !== 'unknown') unknown.delete(stretch);
    if (state === 'running' || state === 'rebooting') running = true;
    for (const [id, end] of endsIn(lines)) ends.set(id, end);
    const back = revertIn(lines);
    if (back) reverted.set(stretch, back);
    for (const id of acts) {
      const out = results.get(`${tag}.${id}`)?.out;
      if (out && out.length > 0) captured.set(id, out);
    }
  }
  return { running, ends, captured, reverted, unknown };
}

/** The journal, and after it, as lines that begin with `V`, what became of what was to be confirmed. */
function tryText(
  { run, stretch, sent }: { readonly run: string; readonly stretch: number; readonly sent: Sent | undefined },
  attempt: number,
  waits: boolean,
  takes: boolean,
): Sh {
  const of = { run, stretch };
  const journal = journalText(runFolder(of, attempt), waits ? WAIT_MS : 0, {
    takes,
    ...(sent ? { sent: { run, top: sent.top } } : {}),
    after: undecidedText(of, attempt, takes),
  });
  return sh`${journal}
[ -z "$tbd" ] || printf '%s\\n' "$tbd" | sed 's/^/V /'`;
}

/** `R`: told by somebody else already. */
function revertIn(lines: readonly string[]): Reverted | undefined {
  const told = lines.flatMap((line) => (line.startsWith('V ') ? [line.slice(2)] : []));
  if (told[0] === 'pending') return { pending: true, lost: [] };
  const decision = parseDecision(told.join('\n'));
  if (decision.kind === 'reverted') {
    const lost = [...decision.parts].flatMap(([id, { rc }]) => (rc === 0 ? [] : [id]));
    return { pending: false, lost };
  }
  return lines.includes('R') ? { pending: false, lost: [] } : undefined;
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
    if (letter === 'T') ends.set(id, { id, ended: 'locked_out', rc: Number(value) });
    if (letter === 'D') ends.set(id, { id, ended: 'drifted', rc: Number(value) });
  }
  return ends;
}
