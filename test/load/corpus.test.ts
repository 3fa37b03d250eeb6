/** Every file of the corpus holds its own faults, and each is found: code, line and column, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError } from '../../lib/base/error.ts';
import type { Problem } from '../../lib/base/problem.ts';
import type { LoadInput } from '../../lib/load/input.ts';
import { loadProject } from '../../lib/load/project.ts';
import { assert, suite } from '../suite.ts';
import { fixtures, inputFor } from './world.ts';

const here = join(dirname(fileURLToPath(import.meta.url)), 'corpus');
const base = join(fixtures, 'base');
const test = suite('corpus');

/** Header lines: `# code line:col` (or `-` for no place) for each fault, `# input {…}` for flags. */
function expected(text: string): { readonly faults: readonly string[]; readonly input: Partial<LoadInput> } {
  const header = text.split('\n').filter((line) => line.startsWith('# '));
  const input = header.find((line) => line.startsWith('# input '));
  const faults = header.filter((line) => line !== input).map((line) => line.slice(2));
  return { faults, input: input ? (JSON.parse(input.slice(8)) as Partial<LoadInput>) : {} };
}

async function problemsOf(input: LoadInput): Promise<readonly Problem[]> {
  try {
    await loadProject(input);
    return [];
  } catch (error) {
    if (error instanceof RunError && error.code === 'invalid') return error.problems;
    throw error;
  }
}

function shown({ code, place }: Problem): string {
  return `${code} ${place ? `${place.line}:${place.col}` : '-'}`;
}

for (const kind of ['runbook', 'inventory'] as const) {
  for (const name of readdirSync(join(here, kind)).sort()) {
    test(`${kind}: ${name}`, async () => {
      const path = join(here, kind, name);
      const { faults, input } = expected(readFileSync(path, 'utf8'));
      const given = kind === 'runbook' ? { project: base, runbook: path } : { inventory: path };
      const problems = await problemsOf(inputFor(base, { ...given, ...input }));
      assert.equal(problems.map(shown), faults, problems.map((problem) => problem.message).join('\n'));
      for (const problem of problems) {
        if (!problem.place) continue;
        assert.type(problem.excerpt ?? (problem.place.file === '--extra-vars' ? '' : undefined), 'string');
      }
    });
  }
}
