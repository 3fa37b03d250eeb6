import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimRun } from '../../lib/journal/claim.ts';
import { writerOf } from '../../lib/journal/standing.ts';
import { assert, suite } from '../suite.ts';

const test = suite('claims of runs');
const root = mkdtempSync(join(tmpdir(), 'tb-claim-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

/** A run of that name, with the lines of those who wanted to go on with it. */
function run(id: string, ...writers: readonly unknown[]): string {
  mkdirSync(join(root, '.run', id), { recursive: true });
  for (const each of writers)
    appendFileSync(join(root, '.run', id, 'resumers.jsonl'), `${JSON.stringify(each)}\n`);
  return id;
}

const own = writerOf(process.pid);
const other = writerOf(process.ppid);
const dead = { ...other, started: '1' };

test('whoever says so first goes on', () => {
  assert.is(claimRun(root, run('a'), own), undefined);
  assert.is(claimRun(root, 'a', own), undefined, 'once more, by the same process');
});

test('one who said so before and lives keeps it', () => {
  assert.equal(claimRun(root, run('b', dead, other), own), other);
});

test('the dead and processes of other machines keep nothing', () => {
  assert.is(claimRun(root, run('c', dead, { ...other, machine: 'elsewhere' }), own), undefined);
});

test('where nothing can be written it is for the journal to say so', () => {
  assert.is(claimRun(root, 'none', own), undefined);
});
