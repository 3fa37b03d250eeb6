import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, toBytes } from '../../lib/base/bytes.ts';
import { fileKind } from '../../lib/resources/file/file-kind.ts';
import {
  EDIT_LIMIT,
  type FileHint,
  fileKey,
  mergeFileHints,
  plainPath,
} from '../../lib/resources/file/file-state.ts';
import { assert, suite } from '../suite.ts';
import { readKind, readOne, scratch } from './shells.ts';

const test = suite('file kind');
const area = scratch();
test.after(() => area.end());

const content: FileHint = { need: 'content' };
const differs = (sum: string): FileHint => ({ need: 'differs', sha256: sum });

for (const shell of area.shells) {
  test(`${shell.name}: file, directory, link, absence, each with its fields`, () => {
    const folder = area.folder();
    writeFileSync(join(folder, 'a'), 'one\n');
    chmodSync(join(folder, 'a'), 0o4750);
    mkdirSync(join(folder, 'd'));
    symlinkSync('no/such place', join(folder, 'l'));
    execFileSync('mkfifo', [join(folder, 'p')]);
    const wants = ['a', 'd', 'l', 'p', 'none', 'none/below', 'a/below'].map((name) => ({
      key: fileKey(join(folder, name)),
      hint: content,
    }));
    const found = readKind(shell, fileKind, wants);
    const state = (name: string) => {
      const reading = found.get(fileKey(join(folder, name)));
      if (!reading || 'unreadable' in reading) throw new Error(`${name}: ${reading?.unreadable}`);
      return reading.state;
    };
    assert.is(state('a').type, 'file');
    assert.is(state('a').mode, '4750');
    assert.is(state('a').size, 4);
    assert.is(state('a').content, 'one\n');
    assert.is(state('a').sha256, sha256(toBytes('one\n')));
    assert.is(state('d').type, 'directory');
    assert.is(state('l').type, 'symlink');
    assert.is(state('l').target, 'no/such place');
    assert.is(state('p').type, 'other');
    for (const name of ['none', 'none/below', 'a/below']) assert.is(state(name).exists, false, name);
  });

  test(`${shell.name}: odd names, odd bytes, a link's target with a line break`, () => {
    const folder = area.folder();
    const names = ["it's", 'a\\b', 'x|y', ' lead', 'trail ', 'co:lon:', 'é', '-n', '$HOME', '"', '*'];
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    for (const name of names) writeFileSync(join(folder, name), Buffer.concat([bytes, Buffer.from(name)]));
    symlinkSync('a\nS\nb', join(folder, 'nl'));
    const wants = [...names, 'nl'].map((name) => ({ key: fileKey(join(folder, name)), hint: content }));
    const found = readKind(shell, fileKind, wants);
    for (const name of names) {
      const reading = found.get(fileKey(join(folder, name)));
      assert.ok(reading && 'state' in reading, `${name}: ${JSON.stringify(reading)}`);
      assert.is(reading.state.content, Buffer.concat([bytes, Buffer.from(name)]).toString('latin1'), name);
    }
    const link = found.get(fileKey(join(folder, 'nl')));
    assert.ok(link && 'state' in link);
    assert.is(link.state.target, 'a\nS\nb');
  });

  test(`${shell.name}: equal files and secrets send nothing, others their content, long ones their sum`, () => {
    const folder = area.folder();
    const text = toBytes('the wanted text');
    for (const name of ['same', 'other', 'secret', 'sum', 'stat']) {
      writeFileSync(join(folder, name), name === 'same' ? text : `text of ${name}`);
    }
    writeFileSync(join(folder, 'long'), 'x'.repeat(70_000));
    writeFileSync(join(folder, 'huge'), 'x'.repeat(EDIT_LIMIT + 1));
    const want = (name: string, hint?: FileHint) => ({
      key: fileKey(join(folder, name)),
      ...(hint ? { hint } : {}),
    });
    const wants = [
      want('same', differs(sha256(text))),
      want('other', differs(sha256(text))),
      want('secret', { need: 'content', secret: true }),
      want('sum', { need: 'sum' }),
      want('stat'),
      want('long', differs(sha256(text))),
      want('huge', content),
    ];
    const { out } = shell.run(fileKind.read(wants));
    assert.is(out.includes('text of secret'), false);
    assert.is(out.includes('wanted'), false);
    const states = fileKind
      .parse(out, wants)
      .map((reading) => ('state' in reading ? reading.state : undefined));
    assert.equal(
      states.map((state) => [state?.content, state?.sha256 !== '']),
      [
        [undefined, true],
        ['text of other', true],
        [undefined, true],
        [undefined, true],
        [undefined, false],
        [undefined, true],
        [undefined, true],
      ],
    );
  });

  test(`${shell.name}: two names of one thing have one canonical key`, () => {
    const folder = area.folder();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'alias'));
    writeFileSync(join(folder, 'real/f'), 'x');
    symlinkSync('f', join(folder, 'real/link'));
    const key = (name: string) => fileKey(join(folder, name));
    const found = readKind(shell, fileKind, [
      { key: key('alias/f') },
      { key: key('alias/new/deep') },
      { key: key('alias/link') },
      { key: key('real/f') },
      { key: key('real/link'), hint: { need: 'stat', follow: true } },
      { key: fileKey('/') },
    ]);
    const name = (from: string) => {
      const reading = found.get(key(from));
      return reading && 'state' in reading ? reading.canonical : reading?.unreadable;
    };
    assert.is(name('alias/f'), key('real/f'));
    assert.is(name('alias/new/deep'), key('real/new/deep'));
    assert.is(name('alias/link'), key('real/link'));
    assert.is(name('real/f'), undefined);
    assert.is(name('real/link'), key('real/f'));
    const slash = found.get('file:/');
    assert.is(slash && 'state' in slash && slash.state.type, 'directory');
  });

  test(`${shell.name}: three hundred files in one read`, () => {
    const folder = area.folder();
    const wants = Array.from({ length: 300 }, (_, index) => {
      const path = join(folder, `f${index}`);
      if (index % 3 !== 0) writeFileSync(path, `text ${index}`);
      return { key: fileKey(path), hint: content };
    });
    const found = readKind(shell, fileKind, wants);
    wants.forEach(({ key }, index) => {
      const reading = found.get(key);
      assert.ok(reading && 'state' in reading);
      assert.is(reading.state.content, index % 3 === 0 ? undefined : `text ${index}`);
    });
  });
}

test('an answer cut off anywhere is unreadable, never a wrong state', () => {
  const [shell] = area.shells;
  if (!shell) throw new Error('no shell');
  const folder = area.folder();
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), `text of ${name}\n`);
  const wants = ['a', 'b', 'none'].map((name) => ({ key: fileKey(join(folder, name)), hint: content }));
  const { out } = shell.run(fileKind.read(wants));
  const whole = fileKind.parse(out, wants);
  for (let length = 0; length < out.length; length += 1) {
    fileKind.parse(out.subarray(0, length), wants).forEach((reading, index) => {
      if ('state' in reading) assert.equal(reading, whole[index], `cut at ${length}`);
    });
  }
});

test('a file that changes between its checksum and its content is unreadable', () => {
  const [shell] = area.shells;
  if (!shell) throw new Error('no shell');
  const path = join(area.folder(), 'f');
  writeFileSync(path, 'before');
  const want = { key: fileKey(path), hint: content };
  const { out } = shell.run(fileKind.read([want]));
  const forged = Buffer.from(out.toString('latin1').replace('before', 'behind'), 'latin1');
  assert.match(JSON.stringify(fileKind.parse(forged, [want])), /changed while it was read/);
});

test('hints of several readers are merged to the greatest need', () => {
  const [a, b] = [differs('aa'), differs('bb')];
  assert.is(mergeFileHints(a, b).need, 'content');
  assert.is(mergeFileHints(a, a).need, 'differs');
  assert.is(mergeFileHints({ need: 'stat' }, a).sha256, 'aa');
  assert.is(mergeFileHints({ need: 'sum', secret: true }, content).secret, true);
});

test('paths are brought to their plain form, what cannot be one is refused', () => {
  assert.is(plainPath('/a//b/../c/'), '/a/c');
  assert.is(plainPath('/'), '/');
  assert.throws(() => plainPath('etc/motd'), /not an absolute path/);
  assert.throws(() => plainPath('/a\nb'), /line break/);
});

test('reads what is there on this machine', () => {
  for (const shell of area.shells) {
    const state = readOne(shell, fileKind, { key: 'file:/etc/passwd', hint: content });
    assert.is(state.owner, 'root');
    assert.is(state.uid, 0);
  }
});

test('no stat on the host is unreadable, not absent', () => {
  const [shell] = area.shells;
  if (!shell) throw new Error('no shell');
  const want = { key: fileKey(join(area.folder(), 'f')) };
  const { out } = shell.run(fileKind.read([want]), { PATH: area.folder() });
  assert.ok('unreadable' in (fileKind.parse(out, [want])[0] ?? {}));
});
