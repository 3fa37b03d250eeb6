/** A sample of what `run prove` does to the provision runbook; all of it stands in docs/prove.md. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labDown } from '../../../lib/lab/down.ts';
import { PACKAGES } from '../../chaos/project.ts';
import { copyBundle, startRun } from '../../fixture/lab-run.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('run prove provision');
const source = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const world: { root: string; cli: string } = { root: '', cli: '' };

test.before(async () => {
  world.root = mkdtempSync(join(tmpdir(), 'tightbeam-prove-'));
  world.cli = await copyBundle(join(world.root, '.package'));
  cpSync(join(source, 'runbooks'), join(world.root, 'runbooks'), { recursive: true });
});

test.after(async () => {
  const slots = join(world.root, '.run/prove');
  for (const name of existsSync(slots) ? readdirSync(slots) : [])
    if (name.startsWith('slot-')) await labDown({ root: join(slots, name), log: () => undefined });
  rmSync(world.root, { recursive: true, force: true });
});

test('killed at changes by chance, the provision runbook ends in the same state', async () => {
  const words = ['prove', 'provision', 'lab', '--packages', PACKAGES.join(','), '--sample', '4'];
  const run = await startRun(world.cli, words, { cwd: world.root, events: false }).done;
  assert.is(run.code, 0, run.out + run.err);
  assert.match(run.out, /4 of 4 trials/);
  assert.match(run.out, /4 ended in the same state, 0 did not/);
}, 600_000);
