/** One trial: fresh hosts, a run that is cut or differently ordered, the same run again, and where it has ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildRun, failures, type Limits, pending, type RunWords, startChild } from './child.ts';
import type { Cut, Point } from './cut-session.ts';
import { type EndState, endStateOf, type Prints, stateChanges } from './end-state.ts';
import { random } from './order.ts';
import { settled } from './settled.ts';
import type { Slot } from './slot.ts';

export type Trial =
  | { readonly kind: 'kill'; readonly change: number; readonly point: Point }
  | { readonly kind: 'order'; readonly seed: number };

export interface TrialResult {
  /** `7.middle`, `order.3`. */
  readonly name: string;
  /** missed: all was over before it could be cut. */
  readonly verdict: 'same' | 'missed' | 'failed' | 'pending' | 'differs' | 'left';
  readonly seconds: number;
  /** Hosts whose script was killed within a change, by what its journal says. */
  readonly within: readonly string[];
  /** What is wrong, a line each. */
  readonly why: readonly string[];
}

/** What the first run on fresh hosts was like. */
export interface Reference {
  readonly end: EndState;
  /** By host, in order: what each change is, and how long it took in milliseconds. */
  readonly changes: Readonly<Record<string, readonly Made[]>>;
  readonly seconds: number;
}

export interface Made {
  readonly step: string;
  readonly key: string;
  readonly ms: number;
}

export interface Subject {
  /** Words of `run` for a slot. */
  words(slot: Slot): readonly string[];
  readonly limits: Limits;
}

export function trialName(trial: Trial): string {
  return trial.kind === 'kill' ? `${trial.change}.${trial.point}` : `order.${trial.seed}`;
}

export async function carryOut(
  slot: Slot,
  subject: Subject,
  reference: Reference,
  trial: Trial,
): Promise<TrialResult> {
  const began = performance.now();
  const words = subject.words(slot);
  const start = (what: Omit<RunWords, 'words'>, more: readonly string[] = []): Promise<ChildRun> =>
    startChild(slot, { words: [...words, ...more], ...what }, subject.limits);
  const within: string[] = [];
  const ended = (verdict: TrialResult['verdict'], why: readonly string[]): TrialResult => ({
    ...{ name: trialName(trial), verdict, within, why },
    seconds: (performance.now() - began) / 1000,
  });
  await slot.fresh();
  const first = await start(
    trial.kind === 'order' ? { order: trial.seed } : { cut: cutOf(trial, reference) },
  );
  if (trial.kind === 'kill') {
    within.push(...slot.interrupted().keys());
    if (first.exit === 0) return ended('missed', []);
    if (first.exit !== undefined)
      return ended('failed', ['the run failed before it was cut:', ...failures(first)]);
  } else if (first.exit !== 0) return ended('failed', failures(first));
  // What a killed run leaves in its own folders stays for a day, or until somebody resumes it.
  const kept = new Set(trial.kind === 'kill' ? await slot.leavings() : []);
  if (trial.kind === 'kill') {
    const again = await start({});
    if (again.exit !== 0) return ended('failed', ['run again:', ...failures(again)]);
  }
  const dry = await start({}, ['--dry-run', '--detailed-exitcode']);
  if (dry.exit !== 0)
    return ended('pending', ['then a dry run would change:', ...pending(dry), ...failures(dry)]);
  const differs = await settled(async () => stateChanges(reference.end, await slot.prints()));
  if (differs.length > 0)
    return ended('differs', ['end state (+ here, - in the run that was not cut):', ...differs]);
  const left = await settled(async () =>
    (await slot.leavings()).filter((line) => !(line.includes('/runs/') && kept.has(line))),
  );
  if (left.length > 0) return ended('left', ['left behind:', ...left]);
  return ended('same', []);
}

/** The middle is anywhere between a fifth and four fifths of the time that the change took. */
function cutOf({ change, point }: Trial & { kind: 'kill' }, { changes }: Reference): Cut {
  const part = 0.2 + 0.6 * random(change)();
  const afterMs = Object.fromEntries(
    Object.entries(changes).map(([host, made]) => [host, Math.round((made[change - 1]?.ms ?? 0) * part)]),
  );
  return { change, point, afterMs };
}

/** Two runs on fresh hosts; undefined `end` where they show that nothing can be proved, and why. */
export async function makeReference(
  slot: Slot,
  subject: Subject,
): Promise<{ readonly reference: Reference } | { readonly why: readonly string[] }> {
  const began = performance.now();
  const words = subject.words(slot);
  const prints: Prints[] = [];
  let changes: Reference['changes'] = {};
  for (const turn of ['first', 'second'] as const) {
    await slot.fresh();
    const run = await startChild(slot, { words }, subject.limits);
    changes = changesOf(run);
    if (run.exit !== 0) return { why: ['the run does not come to a good end:', ...failures(run)] };
    if (turn === 'first') {
      const dry = await startChild(
        slot,
        { words: [...words, '--dry-run', '--detailed-exitcode'] },
        subject.limits,
      );
      if (dry.exit !== 0)
        return {
          why: ['not idempotent: a dry run after it would change', ...pending(dry), ...failures(dry)],
        };
    }
    await sleep(1500);
    prints.push(await slot.prints());
  }
  const [one = {}, other = {}] = prints;
  const seconds = (performance.now() - began) / 2000;
  return { reference: { end: endStateOf(one, other), changes, seconds } };
}

function changesOf({ events, took }: ChildRun): Reference['changes'] {
  const byHost = new Map<string, Made[]>();
  for (const { host, change, id, ms } of took) {
    const told = events.find((event) => event.kind === 'change' && event.host === host && event.id === id);
    const made = byHost.get(host) ?? [];
    byHost.set(host, made);
    made[change - 1] =
      told?.kind === 'change' ? { step: told.step, key: told.key, ms } : { step: '', key: '', ms };
  }
  return Object.fromEntries(byHost);
}
