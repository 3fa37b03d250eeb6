/** What has been tried so far, in a file that grows line by line: whoever is stopped goes on from there. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reference, TrialResult } from './trial.ts';

export interface Tally {
  reference(): Reference | undefined;
  results(): readonly TrialResult[];
  keepReference(reference: Reference): void;
  keepResult(result: TrialResult): void;
}

type Line =
  | { readonly kind: 'begin'; readonly sum: string }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'trial'; readonly result: TrialResult };

/** `sum`: of all that is tried. A file of something else is begun anew, and so is one that is not to be continued. */
export function openTally(file: string, sum: string, isContinued: boolean): Tally {
  const before = isContinued && existsSync(file) ? readLines(file) : [];
  const begin = before[0];
  const lines = begin?.kind === 'begin' && begin.sum === sum ? [...before] : [];
  const add = (line: Line): void => {
    lines.push(line);
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
  if (lines.length === 0) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    add({ kind: 'begin', sum });
  }
  return {
    reference: () => lines.flatMap((line) => (line.kind === 'reference' ? [line.reference] : []))[0],
    results: () => lines.flatMap((line) => (line.kind === 'trial' ? [line.result] : [])),
    keepReference: (reference) => add({ kind: 'reference', reference }),
    keepResult: (result) => add({ kind: 'trial', result }),
  };
}

/** A last line that was being written when the process was killed is none. */
function readLines(file: string): readonly Line[] {
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}
