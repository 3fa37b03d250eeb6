/** The lab's cache: a base build that was cut off, cleaning, and labs whose project is gone. Needs root. */
import { spawn } from 'node:child_process';
import { existsSync, lchownSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RunError } from '../../lib/base/error.ts';
import { ensureBase } from '../../lib/lab/base.ts';
import { labClean } from '../../lib/lab/clean.ts';
import { labDown } from '../../lib/lab/down.ts';
import { exec } from '../../lib/lab/exec.ts';
import { DEFAULT_CACHE } from '../../lib/lab/lab.ts';
import { mountsUnder } from '../../lib/lab/mount.ts';
import { labUp } from '../../lib/lab/up.ts';
import { labTrace, traceChanges } from '../fixture/lab-trace.ts';
import { assert, suite } from '../suite.ts';

const test = suite('lab cache');
const root = mkdtempSync(join(tmpdir(), 'lab-'));
const cacheDir = mkdtempSync(join(tmpdir(), 'lab-cache-'));
const fixture = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixture', 'lab-up.ts');
const quiet = (): void => undefined;

test.after(async () => {
  await labDown({ root, log: quiet, cacheDir });
  await labClean({ log: quiet, cacheDir });
  for (const place of [root, cacheDir]) rmSync(place, { recursive: true, force: true });
});

test('a base build that was killed writes nothing more, and clean removes what it left', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, root, '1', cacheDir], {
    stdio: 'ignore',
  });
  const part = (): string | undefined => readdirSync(cacheDir).find((name) => name.endsWith('.part'));
  for (let tries = 0; tries < 200 && !part(); tries += 1) await sleep(50);
  const name = part();
  assert.ok(name);
  await sleep(1500);
  child.kill('SIGKILL');
  await sleep(500);
  assert.is((await exec('pgrep', ['-f', `debootstrap.*${name}`])).out, '', 'debootstrap goes on');
  assert.equal(mountsUnder(cacheDir), []);
  assert.ok(await labClean({ log: quiet, cacheDir }));
  assert.not.ok(existsSync(cacheDir));
  assert.equal(mountsUnder(cacheDir), []);
}, 60_000);

test('clean is refused while a lab uses the cache, sweeps a lab whose project is gone, removes the rest', async () => {
  const base = await ensureBase(DEFAULT_CACHE, quiet);
  const link = join(cacheDir, base.slice(DEFAULT_CACHE.length + 1));
  rmSync(cacheDir, { recursive: true, force: true });
  const before = await labTrace(root);
  await exec('mkdir', ['-p', cacheDir]);
  symlinkSync(base, link);
  lchownSync(root, 1234, 1234);
  await labUp({ root, cacheDir, hosts: ['one'], log: quiet });
  // The project is not root's: neither is the key, or its owner could not use the lab.
  assert.is(statSync(join(root, 'inventory', 'lab', 'id_ed25519')).uid, 1234);
  assert.is(statSync(join(root, '.run')).uid, 1234);
  try {
    await labClean({ log: quiet, cacheDir });
    assert.unreachable('not refused');
  } catch (error) {
    assert.ok(error instanceof RunError, String(error));
    assert.is(error.code, 'refused');
    assert.match(error.message, root);
  }
  rmSync(root, { recursive: true });
  assert.ok(await labClean({ log: quiet, cacheDir }));
  assert.not.ok(existsSync(cacheDir));
  assert.ok(existsSync(base), 'the base of others is untouched');
  assert.equal(traceChanges(before, await labTrace(root)), []);
}, 600_000);
