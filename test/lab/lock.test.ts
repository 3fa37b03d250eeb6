/** The lock between processes: one at a time, and a dead holder holds nothing. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../lib/lab/lock.ts';
import { assert, suite } from '../suite.ts';

const test = suite('lab lock');
const folder = mkdtempSync(join(tmpdir(), 'lab-lock-'));
test.after(() => rmSync(folder, { recursive: true }));

test('never two at once, and nothing stays', async () => {
  const path = join(folder, 'deep', 'lock');
  let inside = 0;
  let most = 0;
  const one = (): Promise<void> =>
    withLock(
      path,
      () => undefined,
      async () => {
        inside += 1;
        most = Math.max(most, inside);
        await sleep(20);
        inside -= 1;
      },
    );
  await Promise.all([one(), one(), one()]);
  assert.is(most, 1);
  assert.not.ok(existsSync(path));
});

test('released when the work throws', async () => {
  const path = join(folder, 'thrown');
  let thrown = '';
  try {
    await withLock(
      path,
      () => undefined,
      async () => {
        throw new Error('work');
      },
    );
  } catch (error) {
    thrown = String(error);
  }
  assert.is(thrown, 'Error: work');
  assert.not.ok(existsSync(path));
});

// Pid 1 is alive, but did not begin at that time: the number was used again.
for (const [what, text] of [
  ['a process that is gone', '4194305 1'],
  ['a pid that another process has now', '1 123456789012'],
] as const) {
  test(`taken over from ${what}`, async () => {
    const path = join(folder, 'stale');
    writeFileSync(path, text);
    let ran = false;
    await withLock(
      path,
      () => undefined,
      async () => {
        ran = true;
      },
    );
    assert.ok(ran);
    assert.not.ok(existsSync(path));
  });
}
