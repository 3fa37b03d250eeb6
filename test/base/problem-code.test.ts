/** The list of codes: each is one that the program gives, and docs/problems.md has them all. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEM_CODES } from '../../lib/base/problem-code.ts';
import { ROOT, readPage } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('problem codes');
const codes = Object.entries(PROBLEM_CODES);

test('docs/problems.md has the same lines', () => {
  const rows = readPage('docs/problems.md').match(/^\| `.*$/gm) ?? [];
  assert.equal(
    rows,
    codes.map(([code, text]) => `| \`${code}\` | ${text} |`),
  );
});

test('they stand in the order of the alphabet, and say something', () => {
  const names = codes.map(([code]) => code);
  assert.equal(names, [...names].sort());
  for (const [code, text] of codes) assert.match(text, /^\S.{10,140}[^.]$/, code);
});

/** That a code which is used stands in the list, the compiler sees to. */
test('each is given somewhere', () => {
  const text = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('problem-code.ts'))
    .map((name) => readFileSync(join(ROOT, 'lib', name), 'utf8'))
    .join('\n');
  for (const [code] of codes) assert.ok(text.includes(`'${code}'`), `nothing gives ${code}`);
});
