/** Random runbooks that are right load; damaged line by line or node by node they load or are refused, at places that are there. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { stringify as toYaml } from 'yaml';
import type { Problem } from '../../lib/base/problem.ts';
import { validate } from '../../lib/load/validate.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('loader properties');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-property-'));
const INVENTORY = `hosts:
  roz: { address: 10.0.0.1, groups: [web, db], vars: { port: 80, word: a } }
  wro: { groups: [web], vars: { port: 81, word: b } }
  kre: { groups: [db], vars: { port: 82, word: c } }
groups:
  db: { vars: { size: 5 } }
  web: { vars: { size: 6 } }
  any: { children: [web, db], vars: { flag: true } }
`.replace('groups: [web, db]', 'groups: [web]');
for (const folder of ['runbooks', 'inventory']) mkdirSync(join(root, folder));
test.after(() => rmSync(root, { recursive: true, force: true }));

/** What is found, at most this late: far above what it takes, far below a loop without end. */
const LIMIT_MS = 5000;

async function problemsOf(runbook: string, inventory = INVENTORY): Promise<readonly Problem[]> {
  const files = { 'runbooks/r.yaml': runbook, 'inventory/i.yaml': inventory };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const started = performance.now();
  const { problems } = await validate({ ...inputFor(root), runbook: 'r', inventory: 'i', verbs: [] });
  assert.ok(performance.now() - started < LIMIT_MS, 'too slow');
  for (const problem of problems) checkPlace(problem, files);
  return problems;
}

/** A place is in one of the files, in a line that it has, at most one column behind its end. */
function checkPlace({ place, message }: Problem, files: Readonly<Record<string, string>>): void {
  assert.ok(message.length > 0 && message.length < 3000);
  if (!place) return;
  const text = files[place.file];
  assert.type(text, 'string', place.file);
  // What cannot be written as UTF-8 is replaced on its way to the file.
  const lines = Buffer.from(text ?? '')
    .toString()
    .split('\n');
  const line = lines[place.line - 1];
  assert.type(line, 'string', `${message}: line ${place.line} of ${lines.length}`);
  assert.ok(
    place.col >= 1 && place.col <= (line ?? '').length + 1,
    `${message}: column ${place.col} of "${line}"`,
  );
}

const stringify = (tree: unknown): string => toYaml(tree, { aliasDuplicateObjects: false });

const word = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
  .filter((name) => !['__proto__', 'all'].includes(name));
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }).filter((value) => !value.includes('{{')),
  fc.constantFrom(
    '${{ vars.word }}',
    '${{ host.name }}-${{ vars.port }}',
    '${{ vars.flag ? "a" : "b" }}',
    '${{ string(vars.size + 1) }}',
    '${{ groups.web.join(", ") }}',
    '${{ hosts.roz.vars.word }}',
    'yes',
    'null',
    '0644',
    ': #',
  ),
);
const condition = fc.constantFrom(
  'vars.flag',
  'host.name == "roz"',
  '"web" in host.groups',
  'vars.port > 80',
  true,
);
const step = fc.record(
  {
    name: fc.string({ minLength: 1, maxLength: 10 }).filter((value) => !value.includes('${{')),
    when: condition,
    hosts: fc.constantFrom('all', 'web', ['roz', 'wro'], 'any', '!kre'),
    tags: fc.array(word, { maxLength: 2 }),
    timeout: fc.constantFrom('30s', '5m', '1h'),
    become: fc.boolean(),
    vars: fc.dictionary(word, text, { maxKeys: 2, noNullPrototype: true }),
    with: fc.record(
      {
        text,
        count: fc.oneof(fc.nat(1000), fc.constant('${{ vars.port }}')),
        loud: fc.boolean(),
        level: fc.constantFrom('low', 'high'),
        mode: fc.constantFrom('0644', '600', '1777'),
        lines: fc.array(text, { maxLength: 3 }),
      },
      { requiredKeys: ['text'], noNullPrototype: true },
    ),
  },
  { requiredKeys: ['with'], noNullPrototype: true },
);

/** Steps wait for steps before them alone; every handler is notified. */
const runbook = fc
  .record({
    steps: fc.array(fc.tuple(step, fc.nat(), fc.nat(3)), { minLength: 1, maxLength: 6 }),
    handlers: fc.array(step, { maxLength: 2 }),
    vars: fc.dictionary(word, text, { maxKeys: 3, noNullPrototype: true }),
    become: fc.boolean(),
  })
  .map(({ steps, handlers, vars, become }) => ({
    hosts: 'all',
    become,
    // A variable of the runbook that is made from one of its own name would be a ring.
    vars: Object.fromEntries(Object.entries(vars).map(([name, value]) => [`own_${name}`, value])),
    steps: steps.map(([body, before, kind], at) => ({
      ...body,
      id: `step_${at}`,
      task: 'note',
      ...(at > 0 && kind > 0 && body.hosts === undefined
        ? { needs: kind === 1 ? [] : [`step_${before % at}@all`] }
        : {}),
      ...(at === 0 && handlers.length > 0 ? { notify: handlers.map((_, index) => `handler_${index}`) } : {}),
    })),
    handlers: handlers.map(({ tags: _, ...body }, at) => ({ ...body, id: `handler_${at}`, task: 'note' })),
  }));

const written = fc
  .tuple(runbook, fc.boolean())
  .map(([made, flow]) => (flow ? `${JSON.stringify(made, undefined, 1)}\n` : stringify(made)));

test('what is well formed loads', async () => {
  const property = fc.asyncProperty(written, async (file) => {
    const errors = (await problemsOf(file)).filter(({ severity }) => severity !== 'warning');
    assert.equal(
      errors.map(({ code, message }) => `${code} ${message}`),
      [],
    );
  });
  await fc.assert(property, { numRuns: 60 });
}, 120_000);

type Line = { readonly kind: number; readonly at: number; readonly to: number };

/** Lines are lost, doubled, moved, indented otherwise, or cut off. */
function damageLines(file: string, edits: readonly Line[]): string {
  const lines = file.split('\n');
  for (const { kind, at, to } of edits) {
    const from = at % lines.length;
    const line = lines[from] ?? '';
    const cut = line.slice(0, to % (line.length + 1));
    const moves: readonly (() => unknown)[] = [
      () => lines.splice(from, 1),
      () => lines.splice(from, 0, line),
      () => lines.splice(to % lines.length, 0, ...lines.splice(from, 1)),
      () => lines.splice(from, 1, ` ${line}`),
      () => lines.splice(from, 1, line.replace(/^ /, '')),
      () => lines.splice(from, 1, cut),
      () => lines.splice(from, 1, `${line}\r`),
      () => lines.splice(from, 1, `\t${line}`),
    ];
    moves[kind % moves.length]?.();
  }
  return lines.join('\n');
}

const lineEdits = fc.array(fc.record({ kind: fc.nat(7), at: fc.nat(), to: fc.nat() }), {
  minLength: 1,
  maxLength: 4,
});

for (const what of ['runbook', 'inventory'] as const) {
  test(`lines of the ${what} damaged: it loads, or is refused at a place`, async () => {
    const property = fc.asyncProperty(written, lineEdits, async (file, edits) => {
      if (what === 'runbook') await problemsOf(damageLines(file, edits));
      else await problemsOf(file, damageLines(INVENTORY, edits));
    });
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);
}

test('bytes of the runbook damaged', async () => {
  const edit = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const property = fc.asyncProperty(
    written,
    fc.array(edit, { minLength: 1, maxLength: 3 }),
    async (file, edits) => {
      const bytes = Buffer.from(file);
      for (const { at, byte } of edits) bytes[at % bytes.length] = byte;
      writeFileSync(join(root, 'inventory/i.yaml'), INVENTORY);
      writeFileSync(join(root, 'runbooks/r.yaml'), bytes);
      const { problems } = await validate({ ...inputFor(root), runbook: 'r', inventory: 'i', verbs: [] });
      for (const problem of problems)
        checkPlace(problem, { 'runbooks/r.yaml': bytes.toString(), 'inventory/i.yaml': INVENTORY });
    },
  );
  await fc.assert(property, { numRuns: 60 });
}, 120_000);

/** One node of the tree is something else: a value of any type, or a key of another name. */
function damageNode(tree: unknown, at: number, put: unknown, key: string | undefined): unknown {
  let left = at;
  const walk = (node: unknown): unknown => {
    left -= 1;
    if (left === -1) return put;
    if (Array.isArray(node)) return node.map(walk);
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) => {
        const here = left === 0 && key !== undefined;
        return [here ? key : name, walk(value)];
      }),
    );
  };
  return walk(tree);
}

test('nodes of the tree replaced', async () => {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      '${{ }}',
      '${{ vars.nope }}',
      '${{ vars }}',
      '${{ secrets }}',
      'yes',
      '<<',
      '*a',
      '!x',
      '',
      '__proto__',
    ),
  );
  const seen = { right: 0, wrong: 0 };
  const property = fc.asyncProperty(
    runbook,
    fc.nat(60),
    anything,
    fc.option(word, { nil: undefined }),
    async (made, at, put, key) => {
      const problems = await problemsOf(stringify(damageNode(made, at, put, key)));
      seen[problems.length > 0 ? 'wrong' : 'right'] += 1;
    },
  );
  await fc.assert(property, { numRuns: 100 });
  assert.ok(seen.wrong > 20, JSON.stringify(seen));
}, 120_000);
