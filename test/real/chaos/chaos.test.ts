/** A sample of `npm run chaos`: each way of cutting a run once, on two pairs of hosts, and each run is resumed to its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeArena, openArena } from '../../chaos/arena.ts';
import { measureRuns } from '../../chaos/measure.ts';
import { CUTS, planOf } from '../../chaos/plan.ts';
import { resultLine } from '../../chaos/tally.ts';
import { type Arena, type ChaosResult, chaosTrial, type Measure } from '../../chaos/trial.ts';
import { copyBundle } from '../../fixture/lab-run.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('chaos');
const world: { folder: string; arenas: Arena[]; measure?: Measure } = { folder: '', arenas: [] };

/** The first seed of each way to cut a run, and one more. */
const SEEDS = [...CUTS, 'controller' as const].map((kind, index) => {
  let seed = 1 + (index >= CUTS.length ? 100 : 0);
  while (planOf(seed).cut !== kind || planOf(seed).bare) seed += 1;
  return seed;
});

test.before(async () => {
  world.folder = mkdtempSync(join(tmpdir(), 'tightbeam-chaos-'));
  const cli = await copyBundle(join(world.folder, 'package'));
  for (const name of ['one', 'two']) world.arenas.push(await openArena(join(world.folder, name), cli));
});

test.after(async () => {
  for (const arena of world.arenas) await closeArena(arena);
  rmSync(world.folder, { recursive: true, force: true });
});

test('a seed says how a run is cut, and all ways and places come up', () => {
  const plans = Array.from({ length: 200 }, (_, index) => planOf(index + 1));
  for (const kind of CUTS) assert.ok(plans.filter(({ cut }) => cut === kind).length > 20, kind);
  assert.is(plans.filter(({ bare }) => bare).length, 20);
  assert.ok(plans.filter(({ host }) => host === 0).length > 70);
  assert.equal(planOf(7), planOf(7));
  assert.ok(new Set(plans.map(({ share }) => Math.floor(share * 10))).size === 10);
});

test('two runs that nobody cuts end alike and leave nothing', async () => {
  const [arena] = world.arenas;
  assert.ok(arena);
  if (arena) world.measure = await measureRuns(arena);
  for (const list of Object.values(world.measure?.prepared ?? {})) assert.ok(list.length > 20);
}, 400_000);

test('runs that are cut are resumed and end as if nothing had been', async () => {
  const { measure } = world;
  if (!measure) throw new Error('nothing to compare with');
  const queue = [...SEEDS];
  const results: ChaosResult[] = [];
  const work = async (arena: Arena): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const result = await chaosTrial(arena, measure, seed);
      console.log(resultLine(result));
      results.push(result);
    }
  };
  await Promise.all(world.arenas.map(work));
  assert.is(results.length, SEEDS.length);
  for (const result of results) assert.equal(result.problems, [], resultLine(result));
  assert.ok(results.filter(({ fell }) => fell === 'within').length >= 4, 'cuts between first and last write');
}, 900_000);
