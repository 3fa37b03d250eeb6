/** Local files and trees: listed in order, described right, read late. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256, toBytes } from '../../lib/base/bytes.ts';
import { RunError } from '../../lib/base/error.ts';
import { localFiles } from '../../lib/load/task/local-file.ts';
import { assert, suite } from '../suite.ts';

const test = suite('local file');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-local-'));
const place = { file: 'a.yaml', line: 3, col: 7 };
test.after(() => rmSync(root, { recursive: true, force: true }));

test('a tree: the folder first, then all below it by name', () => {
  mkdirSync(join(root, 'sub'));
  writeFileSync(join(root, 'b'), 'bee');
  writeFileSync(join(root, 'sub', 'a'), '\xff\0');
  chmodSync(join(root, 'b'), 0o750);
  symlinkSync('b', join(root, 'c'));
  const files = localFiles(root, place);
  assert.equal(
    files.map(({ name, type }) => `${name} ${type}`),
    [' directory', 'b file', 'c symlink', 'sub directory', 'sub/a file'],
  );
  const [, b, c, , a] = files;
  assert.is(b?.mode, '0750');
  assert.is(b?.size, 3);
  assert.is(b?.sha256, sha256(toBytes('bee')));
  assert.is(c?.target, 'b');
  assert.is(c?.sha256, '');
  assert.is(a?.content(), toBytes('\xff\0'));
});

test('a single file, and one that is not there', () => {
  const [file, ...rest] = localFiles(join(root, 'b'), place);
  assert.is(file?.name, '');
  assert.is(rest.length, 0);
  assert.throws(
    () => localFiles(join(root, 'none'), place),
    (error: unknown) => error instanceof RunError && error.message.startsWith('a.yaml:3:7: '),
  );
});
