/** All runs so far, a JSON line each, and what they come to. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CUTS } from './plan.ts';
import type { ChaosResult } from './trial.ts';

export interface ChaosTally {
  results(): readonly ChaosResult[];
  add(result: ChaosResult): void;
}

export function openChaosTally(file: string, isContinued: boolean): ChaosTally {
  mkdirSync(dirname(file), { recursive: true });
  const text = isContinued && existsSync(file) ? readFileSync(file, 'utf8') : '';
  // A last line that was being written when the process was killed is none.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  writeFileSync(file, whole);
  const results = whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ChaosResult);
  return {
    results: () => results,
    add(result) {
      results.push(result);
      appendFileSync(file, `${JSON.stringify(result)}\n`);
    },
  };
}

export function resultLine(result: ChaosResult): string {
  const { seed, cut, host, bare, fell, at, exits, seconds, asked, problems } = result;
  const how = `${cut.padEnd(10)} ${host} ${fell.padEnd(6)} ${String(at).padStart(2)}${bare ? ' bare' : ''}`;
  const more = asked.length > 0 ? `  asked about ${asked.join(', ')}` : '';
  return [
    `${problems.length > 0 ? 'FAIL' : 'ok  '} seed ${String(seed).padEnd(4)} ${how}  exits ${exits.join(', ')}  ${seconds} s${more}`,
    ...problems.slice(0, 15).map((line) => `       ${line}`),
  ].join('\n');
}

export function tallyText(results: readonly ChaosResult[], minutes: number): string {
  const count = (test: (result: ChaosResult) => boolean): number => results.filter(test).length;
  const kinds = CUTS.map((kind) => {
    const within = count(({ cut, fell }) => cut === kind && fell === 'within');
    return `${kind} ${count(({ cut }) => cut === kind)} (${within} within)`;
  }).join(', ');
  return [
    `${results.length} runs in ${minutes.toFixed(1)} min: ${kinds}; ${count(({ bare }) => bare)} from bare hosts`,
    `cuts: ${count(({ fell }) => fell === 'before')} before the host's first write, ${count(({ fell }) => fell === 'within')} between first and last, ${count(({ fell }) => fell === 'after')} after`,
    `${count(({ problems }) => problems.length === 0)} ended as if nothing had been, ${count(({ problems }) => problems.length > 0)} did not; ${count(({ asked }) => asked.length > 0)} asked about a command that was cut in its middle; ${count(({ kept = 0 }) => kept > 0)} left a result for the next run`,
  ].join('\n');
}
