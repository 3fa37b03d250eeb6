/** Random damage to good files: the loader answers with problems, never with a crash or a hang. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { RunError } from '../../lib/base/error.ts';
import { loadProject } from '../../lib/load/project.ts';
import { assert, suite } from '../suite.ts';
import { fixtures, inputFor } from './world.ts';

const test = suite('mutation');
const runbook = readFileSync(join(fixtures, 'good/runbooks/provision.yaml'), 'utf8').replace(
  /.*- task: greet[\s\S]*?handlers:/,
  'handlers:',
);
const inventory = readFileSync(join(fixtures, 'good/inventory/prod/hosts.yaml'), 'utf8');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-mutate-'));
mkdirSync(join(root, 'runbooks'));
mkdirSync(join(root, 'group_vars'));
writeFileSync(join(root, 'group_vars/all.yaml'), 'region: north\nsite_mtu: 1400\n');

test.after(() => rmSync(root, { recursive: true, force: true }));

const PIECES = [
  '${{',
  '}}',
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '\n',
  '\t',
  '"',
  "'",
  '&a',
  '*a',
  '!x',
  '<<',
  '__proto__',
  '0644',
  '~',
  'constructor',
  ' #',
  '|',
  '\0',
  '\u2028',
  'host',
  'vars.',
  'null',
  '?',
  '%',
  '@all',
];

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.integer({ min: 0, max: 12 }),
  put: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })),
});

function damage(text: string, edits: readonly { at: number; cut: number; put: string }[]): string {
  return edits.reduce((now, { at, cut, put }) => {
    const place = Math.floor(at * now.length);
    return now.slice(0, place) + put + now.slice(place + cut);
  }, text);
}

/** Loads; an `invalid` error with at least one problem is fine, anything else thrown is not. */
async function attempt(): Promise<'loaded' | 'refused'> {
  try {
    await loadProject(inputFor(root, { inventory: 'hosts.yaml' }));
    return 'loaded';
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 'invalid') throw error;
    for (const { place, message } of error.problems) {
      assert.ok(message.length > 0 && message.length < 2000);
      assert.ok(place === undefined || (place.line >= 1 && place.col >= 1));
    }
    assert.ok(error.problems.length > 0);
    return 'refused';
  }
}

test('undamaged, they load', async () => {
  writeFileSync(join(root, 'runbooks/provision.yaml'), runbook);
  writeFileSync(join(root, 'hosts.yaml'), inventory);
  await loadProject(inputFor(root, { inventory: 'hosts.yaml' }));
});

for (const [what, name] of [
  ['runbook', 'runbooks/provision.yaml'],
  ['inventory', 'hosts.yaml'],
] as const) {
  test(`damaged ${what}`, async () => {
    const seen = { loaded: 0, refused: 0 };
    const property = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      writeFileSync(join(root, 'runbooks/provision.yaml'), runbook);
      writeFileSync(join(root, 'hosts.yaml'), inventory);
      const whole = name === 'hosts.yaml' ? inventory : runbook;
      writeFileSync(join(root, name), damage(whole, edits));
      seen[await attempt()] += 1;
    });
    await fc.assert(property, { numRuns: 50 });
    assert.ok(seen.refused > 10, JSON.stringify(seen));
  }, 60_000);
}

test('files that are hostile as a whole', async () => {
  writeFileSync(join(root, 'hosts.yaml'), inventory);
  const bomb = `a: &a [${'x,'.repeat(20)}]\n${'bcdefghi'.replace(/./g, (letter, at: number) => `${letter}: &${letter} [${`*${'abcdefgh'[at]},`.repeat(20)}]\n`)}`;
  const hostile = [
    bomb,
    '['.repeat(20_000),
    `hosts: all\nsteps:\n  - task: note\n    with: { text: ${'{a: '.repeat(2000)}1${'}'.repeat(2000)} }\n`,
    `hosts: all\nsteps:\n  - task: note\n    with: { text: "${'${{ a }}'.repeat(3000)}" }\n`,
    '\uFEFF',
    '\0\0\0',
    'hosts: all\nsteps: &s [*s]\n',
    'constructor: { __proto__: 1 }\nhosts: all\nsteps: []\n',
    'hosts: all\nvars: { a: "${{ vars.constructor }}" }\nsteps: [{ task: note, with: { text: "${{ vars.__proto__ }}" } }]\n',
    'hosts: all\nsteps: [{ task: constructor }, { task: __proto__ }, { task: note, with: { toString: 1, text: a } }]\n',
  ];
  for (const text of hostile) {
    writeFileSync(join(root, 'runbooks/provision.yaml'), text);
    const started = performance.now();
    assert.is(await attempt(), 'refused', `loaded: ${text.slice(0, 60)}`);
    // Far above what it takes, far below what a text that grows or backtracks without end would.
    assert.ok(performance.now() - started < 8000, `slow: ${text.slice(0, 60)}`);
  }
}, 60_000);
