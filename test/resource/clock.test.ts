/** Clocks of hosts and of this machine are never compared: what plans and reads knows no clock, and no chance. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../suite.ts';

const test = suite('clocks');
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CLOCK = /\bDate\b|\bperformance\.now\b|\bhrtime\b|\bMath\.random\b|\brandomBytes\b|\brandomUUID\b/;

const PURE = [
  'lib/model',
  'lib/resources',
  'tasks',
  'lib/engine/plan-host.ts',
  'lib/engine/plan-resource.ts',
  'lib/engine/prediction.ts',
  'lib/engine/fixpoint.ts',
  'lib/engine/verify.ts',
  'lib/engine/debt.ts',
  'lib/engine/since.ts',
];

function sources(path: string): readonly string[] {
  if (path.endsWith('.ts')) return [path];
  const names = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return names.map((name) => join(path, name));
}

test('no kind, task or plan looks at a clock of this machine', () => {
  const files = PURE.flatMap(sources);
  assert.ok(files.length > 180, `${files.length} files were looked at`);
  const guilty = files.filter((file) => CLOCK.test(readFileSync(join(root, file), 'utf8')));
  assert.equal(guilty, []);
});

test('the pattern finds what it is for', () => {
  for (const text of ['Date.now()', 'new Date()', 'performance.now()', 'Math.random()'])
    assert.match(text, CLOCK);
  assert.not.match('toDate candidates', CLOCK);
});
