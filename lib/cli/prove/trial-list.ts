/** Which trials there are for a runbook, and which of them are asked for. */
import { RunError } from '../../base/error.ts';
import { isPoint, POINTS, type Point } from './cut-session.ts';
import { random } from './order.ts';
import type { Trial } from './trial.ts';

/** Every change in every point, then the other orders. `count`: changes of the host that has the most. */
export function allTrials(count: number, orders: number): readonly Trial[] {
  const kills = Array.from({ length: count }, (_, index) =>
    POINTS.map((point): Trial => ({ kind: 'kill', change: index + 1, point })),
  );
  const others = Array.from({ length: orders }, (_, index): Trial => ({ kind: 'order', seed: index + 1 }));
  return [...kills.flat(), ...others];
}

/** `--at 7`, `7.middle`, `3-9`, `order.2`: those alone. Throws RunError `invalid` for what is none of these. */
export function trialsAt(trials: readonly Trial[], words: readonly string[]): readonly Trial[] {
  if (words.length === 0) return trials;
  const tests = words.flatMap((word) => word.split(',')).map(testOf);
  return trials.filter((trial) => tests.some((test) => test(trial)));
}

function testOf(word: string): (trial: Trial) => boolean {
  const order = /^order(?:\.(\d+))?$/.exec(word);
  if (order) return (trial) => trial.kind === 'order' && (!order[1] || trial.seed === Number(order[1]));
  const [, from, to = from, point] = /^(\d+)(?:-(\d+))?(?:\.(\w+))?$/.exec(word) ?? [];
  if (from === undefined || (point !== undefined && !isPoint(point))) {
    throw new RunError('invalid', `--at takes a change, not "${word}"`, {
      hint: `as 7, 3-9, 7.middle (${POINTS.join(', ')}), order or order.2`,
    });
  }
  return (trial) =>
    trial.kind === 'kill' &&
    trial.change >= Number(from) &&
    trial.change <= Number(to) &&
    (point === undefined || trial.point === (point as Point));
}

/** So many of them, the same ones for the same seed, in their order. */
export function sampleOf(trials: readonly Trial[], size: number, seed: number): readonly Trial[] {
  if (size >= trials.length) return trials;
  const next = random(seed);
  const ranked = trials.map((trial) => ({ trial, rank: next() })).sort((a, b) => a.rank - b.rank);
  const chosen = new Set(ranked.slice(0, size).map(({ trial }) => trial));
  return trials.filter((trial) => chosen.has(trial));
}
