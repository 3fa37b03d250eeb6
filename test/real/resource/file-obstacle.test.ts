/** Needs root: mounts and file flags that stand in the way of a write. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toBytes } from '../../../lib/base/bytes.ts';
import { file } from '../../../lib/resources/file/file.ts';
import { apply } from '../../resource/applied.ts';
import { scratch } from '../../resource/shells.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('obstacles to files');
const area = scratch();
const undo: (() => void)[] = [];
test.after(() => {
  for (const each of undo.reverse()) each();
  area.end();
});

const sh = (...words: readonly string[]): void => {
  const [command = '', ...args] = words;
  execFileSync(command, args, { stdio: 'pipe' });
};

for (const shell of area.shells) {
  test(`${shell.name}: an immutable file stays, and the message says why`, () => {
    const folder = area.folder();
    const path = join(folder, 'f');
    writeFileSync(path, 'old');
    sh('chattr', '+i', path);
    undo.push(() => sh('chattr', '-i', path));
    for (const wish of [{ content: toBytes('new') }, { mode: '0600' }, { absent: true }]) {
      const { rc, err } = apply(shell, file(path, wish));
      assert.is(rc, 1, JSON.stringify(wish));
      assert.match(err, /is immutable or append-only .* chattr -ia/);
    }
    assert.is(readFileSync(path, 'utf8'), 'old');
    assert.equal(readdirSync(folder), ['f']);
  });

  test(`${shell.name}: a bind-mounted file is only written in place`, () => {
    const folder = area.folder();
    const [path, behind] = [join(folder, 'f'), join(folder, 'behind')];
    for (const each of [path, behind]) writeFileSync(each, 'old');
    sh('mount', '--bind', behind, path);
    undo.push(() => sh('umount', path));
    const refused = apply(shell, file(path, { content: toBytes('new') }));
    assert.is(refused.rc, 1);
    assert.match(refused.err, /is a mount point .* inplace: true/);
    assert.equal(readdirSync(folder).sort(), ['behind', 'f']);
    const { rc, left } = apply(shell, file(path, { content: toBytes('new'), inplace: true }));
    assert.equal([rc, left], [0, null]);
    assert.is(readFileSync(behind, 'utf8'), 'new');
  });

  test(`${shell.name}: a full disk leaves the file as it was and nothing beside it`, () => {
    const folder = area.folder();
    sh('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
    undo.push(() => sh('umount', folder));
    const path = join(folder, 'f');
    writeFileSync(path, 'old');
    const { rc, err } = apply(shell, file(path, { content: toBytes('0123456789\n'.repeat(20_000)) }));
    assert.is(rc, 1);
    assert.match(err, /is the disk full/);
    assert.is(readFileSync(path, 'utf8'), 'old');
    assert.equal(readdirSync(folder), ['f']);
  });

  test(`${shell.name}: no room for the copy, no change`, () => {
    const [folder, backup] = [area.folder(), join(area.folder(), 'backup')];
    mkdirSync(backup);
    sh('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', backup);
    undo.push(() => sh('umount', backup));
    const path = join(folder, 'f');
    writeFileSync(path, 'x'.repeat(200_000));
    const { rc, err } = apply(shell, file(path, { content: toBytes('new') }), { TB_BACKUP: backup });
    assert.is(rc, 1);
    assert.match(err, /no room for a copy/);
    assert.is(readFileSync(path, 'utf8').length, 200_000);
    assert.equal(readdirSync(folder), ['f']);
  });
}

test('a folder that this account may not enter hides what lies in it', () => {
  const [shell] = area.shells;
  if (!shell) throw new Error('no shell');
  const closed = join(area.folder(), 'closed');
  mkdirSync(closed, { mode: 0o700 });
  writeFileSync(join(closed, 'f'), 'x');
  writeFileSync(join(closed, '../g'), 'x', { mode: 0o600 });
  sh('chmod', '0755', join(closed, '..'), join(closed, '../..'));
  const script = join(closed, '../read.sh');
  const wants = [
    { key: `file:${closed}/f` },
    { key: `file:${closed}/none/f` },
    { key: `file:${closed}` },
  ] as const;
  const secret = { key: `file:${join(closed, '../g')}`, hint: { need: 'content' } } as const;
  const kind = file('/x', {}).kind;
  writeFileSync(script, Buffer.from(kind.read([...wants, secret]).text, 'latin1'), { mode: 0o644 });
  const out = execFileSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'dash', script], {
    stdio: 'pipe',
  });
  const readings = kind.parse(out, [...wants, secret]);
  assert.equal(
    readings.map((reading) =>
      'state' in reading ? reading.state.type : reading.unreadable.replace(/ \/.*\//, ' '),
    ),
    [
      'the folder closed may not be entered',
      'the folder closed may not be entered',
      'directory',
      'its content may not be read by this account',
    ],
  );
});
