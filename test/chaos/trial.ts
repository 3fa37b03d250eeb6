/** One run that is cut at the moment that its seed says, is resumed, and must end as if nothing had been. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndState, Prints } from '../../lib/cli/prove/end-state.ts';
import { random } from '../../lib/cli/prove/order.ts';
import type { Slot } from '../../lib/cli/prove/slot.ts';
import { readState } from '../../lib/lab/state.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import { type Running, startRun } from '../fixture/lab-run.ts';
import { bounded, failureLines, RUN_LIMIT_MS } from './bounded.ts';
import { cutRun } from './cut.ts';
import { keepEvidence } from './evidence.ts';
import { judge } from './judge.ts';
import { type ChaosPlan, planOf } from './plan.ts';
import { layProject } from './project.ts';

/** So often a run that was cut is resumed before it is given up. */
const RESUMES = 3;

export interface Arena {
  readonly slot: Slot;
  /** Where what is known of runs that failed, or asked, is kept, a folder for each seed. */
  readonly evidence: string;
  /** Folder of the project that is run. */
  readonly project: string;
  /** Where runbooks/ lies. */
  readonly source: string;
  readonly cli: string;
  /** True where there is `run resume`; else the command is typed again, and acts are not counted. */
  readonly resumes: boolean;
}

/** What a run is like that nobody cuts. */
export interface Measure {
  readonly end: EndState;
  /** The same from hosts without any package of the runbook; undefined while nobody has measured it. */
  readonly bare?: EndState;
  /** The same hosts after a reboot: some lines differ by right. */
  readonly rebooted: Prints;
  /** Seconds of each change, by host, in order. */
  readonly prepared: Readonly<Record<string, readonly number[]>>;
}

export interface ChaosResult {
  readonly seed: number;
  readonly cut: ChaosPlan['cut'];
  readonly host: string;
  readonly bare: boolean;
  /** before the first write of the host, within, or after its last. */
  readonly fell: 'before' | 'within' | 'after';
  /** Changes of the host that had ended. */
  readonly at: number;
  /** Exit codes of the run (-1: killed) and of what went on with it. */
  readonly exits: readonly number[];
  readonly seconds: number;
  /** Steps whose end nobody could know, which were asked for. */
  readonly asked: readonly string[];
  /** Results that were left on hosts for the next run, as a last farewell was lost. Not in old lines. */
  readonly kept?: number;
  readonly problems: readonly string[];
}

export async function chaosTrial(arena: Arena, measure: Measure, seed: number): Promise<ChaosResult> {
  const plan = planOf(seed);
  const began = performance.now();
  const { slot } = arena;
  await slot.fresh(plan.bare ? [] : undefined);
  layProject(arena.project, arena.source);
  const state = readState(slot.root);
  const host = state?.hosts[plan.host];
  if (!state || !host) throw new Error('the lab is gone');
  const tree = slot.place().hosts[plan.host]?.tree ?? '';
  const running = startRun(arena.cli, ['chaos', slot.inventory], { cwd: arena.project });
  const times = measure.prepared[host.name] ?? [];
  const wanted = Math.floor(plan.share * times.length);
  await reach(running, host.name, tree, wanted, plan.bare);
  await sleep(plan.part * 1000 * (times[wanted] ?? 0) + random(seed)() * 30);
  let struck: Pick<ChaosResult, 'at' | 'fell'> = { at: 0, fell: 'before' };
  const look = (): void => {
    const at = changesOf(running.events(), host.name);
    const fell = at === 0 && !hasJournal(tree) ? 'before' : at >= times.length ? 'after' : 'within';
    struck = { at, fell };
  };
  await cutRun(plan.cut, { lab: state.lab, host, child: running.child, struck: look });
  const first = await bounded(running);
  const exits = [first?.code ?? -2];
  const problems: string[] = [];
  if (!first) problems.push(`the run hangs: still there ${RUN_LIMIT_MS / 1000} s after it was cut`);
  const asked: string[] = [];
  const runs = [first];
  let last = first;
  for (let turn = 0; turn < RESUMES && last && last.code !== 0; turn += 1) {
    const again = asked.flatMap((step) => ['--again', step]);
    const words = arena.resumes ? ['resume', ...again] : ['chaos', slot.inventory];
    last = await bounded(startRun(arena.cli, words, { cwd: arena.project }));
    exits.push(last?.code ?? -2);
    runs.push(last);
    for (const [, step] of `${last?.out}${last?.err}`.matchAll(/--again (\S+)/g))
      if (step !== undefined && !asked.includes(step)) asked.push(step);
  }
  if (last?.code !== 0)
    problems.push(`resumed, it ends with ${last?.code ?? 'a hang'}`, ...failureLines(last));
  else if (exits.length > 2 && asked.length === 0)
    problems.push(`resumed ${exits.length - 1} times: ${exits.join(', ')}`);
  // Whatever way a run is cut, its script goes on to its end: what is lost is lost with the host.
  if (asked.length > 0 && plan.cut !== 'reboot')
    problems.push(`asks about ${asked.join(', ')} of a host that lived`);
  const reached = new Set(runs.slice(1).flatMap((run) => run?.of('connected').map(({ host }) => host) ?? []));
  const verdict = await judge(arena, measure, plan, asked, reached);
  problems.push(...verdict.problems);
  if (problems.length > 0 || asked.length > 0)
    await keepEvidence(join(arena.evidence, String(seed)), arena, problems, runs);
  return {
    ...{
      seed,
      cut: plan.cut,
      host: host.name,
      bare: plan.bare,
      ...struck,
      exits,
      asked,
      kept: verdict.kept.length,
      problems,
    },
    seconds: Math.round((performance.now() - began) / 100) / 10,
  };
}

/** Waits until so many changes of the host have ended and its script is at work, or the run is over. */
async function reach(
  running: Running,
  host: string,
  tree: string,
  wanted: number,
  bare: boolean,
): Promise<void> {
  const over = { now: false };
  const done = running.done.then(() => {
    over.now = true;
  });
  // On bare hosts packages come first, which is one change more and most of the time.
  const count = bare ? wanted + 1 : wanted;
  while (!over.now && (changesOf(running.events(), host) < count || !(count > 0 || hasJournal(tree))))
    await Promise.race([sleep(15), done]);
}

export function changesOf(events: readonly RunEvent[], host: string): number {
  return events.filter((event) => event.kind === 'change' && event.host === host && !event.dryRun).length;
}

function hasJournal(tree: string): boolean {
  const runs = join(tree, 'var/lib/tightbeam/runs');
  if (!existsSync(runs)) return false;
  try {
    return readdirSync(runs, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('/journal'));
  } catch {
    // A folder went away while it was read: there was one.
    return true;
  }
}
