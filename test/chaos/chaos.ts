/**
 * `npm run chaos -- [--runs 200] [--pairs 2] [--seed 1] [--continue] [--replay SEED,…] [--folder DIR]`: runs of the
 * provision runbook, each cut at a random moment in one of five ways, then resumed. A run's seed says all of it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { copyBundle } from '../fixture/lab-run.ts';
import { openArena } from './arena.ts';
import { keptMeasure } from './measure.ts';
import { planOf } from './plan.ts';
import { openChaosTally, resultLine, tallyText } from './tally.ts';
import { type Arena, type ChaosResult, chaosTrial } from './trial.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    pairs: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', default: '.run/chaos' },
    replay: { type: 'string' },
    continue: { type: 'boolean', default: false },
  },
});

const folder = join(process.cwd(), values.folder);
const began = performance.now();
const halt = { now: false };
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (halt.now = true));

rmSync(join(folder, 'package'), { recursive: true, force: true });
const cli = await copyBundle(join(folder, 'package'));
const first = Number(values.seed);
const all =
  values.replay === undefined
    ? Array.from({ length: Number(values.runs) }, (_, index) => first + index)
    : values.replay.split(',').map(Number);
const tally = openChaosTally(
  join(folder, values.replay === undefined ? 'tally.jsonl' : 'replay.jsonl'),
  values.continue,
);
const done = new Set(tally.results().map(({ seed }) => seed));
const queue = all.filter((seed) => !done.has(seed));
const arenas: Arena[] = [];

async function open(number: number): Promise<Arena> {
  const arena = await openArena(join(folder, `pair-${number}`), cli);
  arenas.push(arena);
  return arena;
}

function failed(seed: number, error: unknown): ChaosResult {
  const problems = [`the trial itself failed: ${error instanceof Error ? error.message : String(error)}`];
  return {
    seed,
    cut: 'link',
    host: '',
    bare: false,
    fell: 'before',
    at: 0,
    exits: [],
    seconds: 0,
    asked: [],
    problems,
  };
}

try {
  const count = Math.max(1, Math.min(Number(values.pairs), queue.length));
  const [arena, ...others] = await Promise.all(Array.from({ length: count }, (_, index) => open(index + 1)));
  if (!arena) throw new Error('no pair of hosts');
  console.error('runs that nobody cuts');
  const isBare = queue.some((seed) => planOf(seed).bare);
  const bare = isBare ? (others[0] ?? arena) : undefined;
  const measure = await keptMeasure(join(folder, 'measure.json'), values.continue, arena, bare);
  const counts = Object.entries(measure.prepared).map(
    ([host, list]) => `${list.length} changes on ${host} in ${list.reduce((a, b) => a + b, 0).toFixed(1)} s`,
  );
  console.log(`uncut: ${counts.join(', ')}; ${arena.resumes ? 'run resume' : 'the same command'} goes on`);
  const work = async (mine: Arena): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined && !halt.now; seed = queue.shift()) {
      const now = seed;
      const result = await chaosTrial(mine, measure, now).catch((error: unknown) => failed(now, error));
      tally.add(result);
      console.log(resultLine(result));
    }
  };
  await Promise.all([arena, ...others].map(work));
  const asked = new Set(all);
  const results = tally.results().filter(({ seed }) => asked.has(seed));
  console.log(`\n${tallyText(results, (performance.now() - began) / 60_000)}`);
  if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
} finally {
  await Promise.all(arenas.map(({ slot }) => slot.down()));
}
