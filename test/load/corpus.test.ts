/** Every file of the corpus holds its own faults, and each is found: code, line and column, and no other. */
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import type { Problem } from '../../lib/base/problem.ts';
import { PROBLEM_CODES } from '../../lib/base/problem-code.ts';
import { loadProject } from '../../lib/load/project.ts';
import type { LoadInput } from '../../lib/load/source/input.ts';
import { corpus } from '../fixture/corpus.ts';
import { assert, suite } from '../suite.ts';
import { fixtures, inputFor } from './world.ts';

const base = join(fixtures, 'base');
const cases = corpus();
const test = suite('corpus');

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

for (const { kind, name, path, faults, input } of cases) {
  test(`${kind}: ${name}`, async () => {
    const given = kind === 'runbook' ? { project: base, runbook: path } : { inventory: path };
    const problems = await problemsOf(inputFor(base, { ...given, ...input }));
    assert.equal(problems.map(shown), faults, problems.map((problem) => problem.message).join('\n'));
    assert.not.match(JSON.stringify(problems), /hunter/, 'what stands under secrets: is shown');
    for (const problem of problems) {
      if (!problem.place) continue;
      assert.type(problem.excerpt ?? (problem.place.file === '--extra-vars' ? '' : undefined), 'string');
    }
  });
}

test('there are enough of them', () => {
  const single = cases.filter(({ faults }) => faults.length === 1);
  const several = cases.filter(({ faults }) => faults.length > 1);
  const codes = new Set(cases.flatMap(({ faults }) => faults.map((fault) => fault.replace(/ .*/, ''))));
  const counts = `${single.length} with one fault, ${several.length} with several, ${codes.size} codes`;
  assert.ok(single.length >= 200 && several.length >= 20 && codes.size >= 75, counts);
  for (const code of codes) assert.ok(Object.hasOwn(PROBLEM_CODES, code), code);
});
