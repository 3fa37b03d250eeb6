/** Two runs that nobody cuts, and a reboot: what the others are held against. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EndState, endStateOf, type Prints } from '../../lib/cli/prove/end-state.ts';
import { labReboot } from '../../lib/lab/reboot.ts';
import { type Finished, startRun } from '../fixture/lab-run.ts';
import { failureLines } from './bounded.ts';
import { withoutActs } from './judge.ts';
import { layProject, projectStamp } from './project.ts';
import type { Arena, Measure } from './trial.ts';

/** As `measureRuns`, from `file` where one was measured of the same runbooks; `isContinued`: it may be. */
export async function keptMeasure(
  file: string,
  isContinued: boolean,
  arena: Arena,
  bare?: Arena,
): Promise<Measure> {
  const stamp = projectStamp(arena.source);
  if (isContinued && existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly stamp: string;
      readonly measure: Measure;
    };
    if (kept.stamp === stamp && (!bare || kept.measure.bare)) return kept.measure;
  }
  const measure = await measureRuns(arena, bare);
  writeFileSync(file, JSON.stringify({ stamp, measure }));
  return measure;
}

/** `bare`: where two more run, from hosts without any package of the runbook. Throws where a run that nobody cuts is not what it should be. */
export async function measureRuns(arena: Arena, bare?: Arena): Promise<Measure> {
  const { slot } = arena;
  const [{ end, seconds }, without] = await Promise.all([
    runTwice(arena, undefined),
    bare && bare !== arena ? runTwice(bare, []) : undefined,
  ]);
  for (const { name } of slot.place().hosts)
    await labReboot({ root: slot.root, host: name, log: () => undefined });
  await sleep(3000);
  const rebooted = withoutActs(await slot.prints());
  const from = without ?? (bare ? await runTwice(bare, []) : undefined);
  return { end, rebooted, prepared: seconds, ...(from ? { bare: from.end } : {}) };
}

async function runTwice(
  arena: Arena,
  packages: readonly string[] | undefined,
): Promise<{ readonly end: EndState; readonly seconds: Measure['prepared'] }> {
  const { slot } = arena;
  const prints: Prints[] = [];
  let seconds: Measure['prepared'] = {};
  for (const turn of [1, 2]) {
    await slot.fresh(packages);
    layProject(arena.project, arena.source);
    const run = await startRun(arena.cli, ['chaos', slot.inventory], { cwd: arena.project }).done;
    if (run.code !== 0)
      throw new Error(`run ${turn} that nobody cut ended with ${run.code}: ${failureLines(run).join('; ')}`);
    await sleep(2000);
    prints.push(withoutActs(await slot.prints()));
    const left = await slot.leavings();
    if (left.length > 0) throw new Error(`a run that nobody cut leaves ${left.join(', ')}`);
    seconds = secondsOf(run);
  }
  const [one = {}, other = {}] = prints;
  return { end: endStateOf(one, other), seconds };
}

function secondsOf(run: Finished): Measure['prepared'] {
  const byHost: Record<string, number[]> = {};
  for (const { host, seconds } of run.of('change')) {
    const list = byHost[host] ?? [];
    byHost[host] = list;
    list.push(seconds);
  }
  return byHost;
}
