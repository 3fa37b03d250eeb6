/** Steps whose values differ on every host: what is wrong on one of the last is found as on the first. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import type { Problem } from '../../lib/base/problem.ts';
import { loadProject } from '../../lib/load/project.ts';
import { quickTrial } from '../../lib/load/trial/trial-quick.ts';
import { type AnyTask, defineTask } from '../../lib/model/task.ts';
import { assert, suite } from '../suite.ts';
import { builtinTasks, inputFor } from './world.ts';

const test = suite('trial-quick');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-quick-'));
const HOSTS = 60;

test.after(() => rmSync(root, { recursive: true, force: true }));

const choosy = defineTask({
  summary: 'Looks at its values from above',
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      text: { type: 'string' },
      other: { type: 'string' },
      unique: { type: 'array', items: { type: 'integer' }, uniqueItems: true },
      sizes: { type: 'object', additionalProperties: { type: 'integer', maximum: 1000 } },
    },
    anyOf: [{ properties: { text: { const: 'text 7' } } }, { required: ['other'] }, { required: ['sizes'] }],
  },
  desire: () => [],
});
const tasks = new Map<string, () => Promise<AnyTask>>([...builtinTasks, ['choosy', async () => choosy]]);

/** Hosts of which each has values of its own, the 50th other ones. */
async function problems(step: string, odd: string): Promise<readonly Problem[]> {
  mkdirSync(join(root, 'runbooks'), { recursive: true });
  const host = (n: number): string =>
    `  h${n}: { address: 10.0.0.${n}, vars: ${n === 50 ? odd : `{ n: ${n}, text: text ${n}, deep: { n: ${n} }, ok: true }`} }`;
  const lines = Array.from({ length: HOSTS }, (_, n) => host(n));
  writeFileSync(
    join(root, 'hosts.yaml'),
    ['hosts:', ...lines, 'secrets: { wg: { env: WG_PSK } }', ''].join('\n'),
  );
  writeFileSync(join(root, 'runbooks/r.yaml'), `hosts: all\nsteps:\n  - { id: one, ${step} }\n`);
  try {
    await loadProject(inputFor(root, { runbook: 'r', inventory: 'hosts.yaml', builtinTasks: tasks }));
    return [];
  } catch (error) {
    if (error instanceof RunError) return error.problems;
    throw error;
  }
}

const GOOD = '{ n: 50, text: text 50, deep: { n: 50 }, ok: true }';
const CASES: readonly (readonly [title: string, step: string, odd: string, code: string | undefined])[] = [
  [
    'a value that fits',
    'task: note, with: { text: "${{ vars.text }}", count: "${{ vars.n }}" }',
    GOOD,
    undefined,
  ],
  [
    'a value of another type',
    'task: note, with: { text: "${{ vars.text }}", count: "${{ vars.n }}" }',
    '{ n: many, text: t }',
    'wrong-type',
  ],
  [
    'a value out of its bounds',
    'task: note, with: { text: x, count: "${{ vars.n }}" }',
    '{ n: -1 }',
    'bad-value',
  ],
  [
    'a variable that is not there',
    'task: note, with: { text: "${{ vars.text }}" }',
    '{ n: 1 }',
    'unknown-variable',
  ],
  [
    'a variable that is not there and is not looked at',
    'task: note, with: { text: "${{ vars.n > 40 ? \'much\' : vars.text }}" }',
    '{ n: 50 }',
    'unknown-variable',
  ],
  [
    'a list within text',
    'task: note, with: { text: "a ${{ vars.text }}" }',
    '{ text: [1] }',
    'expression-join',
  ],
  [
    'a condition that is neither true nor false',
    'task: note, when: "${{ vars.ok }}", with: { text: "${{ host.name }}" }',
    '{ ok: yes }',
    'when-type',
  ],
  [
    'a fact that does not exist',
    'task: note, with: { text: "${{ host.name }} ${{ facts.oz.id }}" }',
    GOOD,
    'unknown-fact',
  ],
  [
    'a secret where it would be seen',
    'task: note, with: { text: "${{ host.name }} ${{ secrets.wg }}" }',
    GOOD,
    'secret-exposed',
  ],
  ['a choice that looks at the value', 'task: choosy, with: { text: "${{ vars.text }}" }', GOOD, 'bad-value'],
  [
    'a list that looks at its items',
    'task: choosy, with: { other: x, unique: [1, "${{ vars.n }}"] }',
    GOOD,
    'bad-value',
  ],
  [
    'a key of a map',
    'task: choosy, with: { sizes: { a: "${{ vars.deep.n }}" } }',
    '{ deep: { n: 1001 } }',
    'bad-value',
  ],
];

for (const [title, step, odd, code] of CASES) {
  test(title, async () => {
    const found = await problems(step, odd);
    assert.equal([...new Set(found.map((problem) => problem.code))], code === undefined ? [] : [code]);
  });
}

test('where a value may be looked at from above, the step is tried as a whole', () => {
  const built = (path: readonly (string | number)[]): Parameters<typeof quickTrial>[0] =>
    ({
      step: { task: choosy },
      worldly: false,
      conditions: [],
      scope: { attempt: (scope: unknown) => scope },
      with: { uses: [], leaves: [{ path, evaluate: () => 'x' }] },
    }) as never;
  assert.is(quickTrial(built(['text'])), undefined);
  assert.is(quickTrial(built(['unique', 1])), undefined);
  assert.type(quickTrial(built(['sizes', 'a'])), 'function');
  assert.is(quickTrial(built(['sizes', 'a']))?.({}), false);
});
