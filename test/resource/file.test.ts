import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Bytes, bytesToBuffer, sha256, toBytes } from '../../lib/base/bytes.ts';
import { Secret } from '../../lib/base/secret.ts';
import { quoteBytes, sh } from '../../lib/base/sh.ts';
import { PlanError } from '../../lib/model/resource.ts';
import { editFile } from '../../lib/resources/file/content-edit.ts';
import { directory } from '../../lib/resources/file/directory.ts';
import { file } from '../../lib/resources/file/file.ts';
import type { FileState } from '../../lib/resources/file/file-state.ts';
import { lineInFile } from '../../lib/resources/file/line.ts';
import { symlink } from '../../lib/resources/file/symlink.ts';
import { assert, suite } from '../suite.ts';
import { type Applied, apply } from './applied.ts';
import { scratch } from './shells.ts';

const test = suite('file');
const area = scratch();
test.after(() => area.end());

/** It went well, the state is the predicted one as far as that goes, and nothing is left to do. */
function done({ draft, rc, err, state, left }: Applied): FileState {
  assert.is(rc, 0, err);
  assert.is(left, null);
  if (draft) {
    const told = Object.entries(draft.after).filter(([, value]) => value !== '' && value !== -1);
    for (const [name, value] of told) {
      // An edited file's content was asked for, a whole file's is not sent again when it is right.
      if (name === 'content') assert.is(sha256(value as Bytes), (state as FileState).sha256);
      else assert.equal(state[name as keyof typeof state], value, name);
    }
  }
  return state as FileState;
}

const text = (path: string) => readFileSync(path).toString('latin1');

for (const shell of area.shells) {
  const name = (title: string) => `${shell.name}: ${title}`;

  test(name('contents of every sort arrive byte by byte'), () => {
    const folder = area.folder();
    const contents: Record<string, Bytes> = {
      empty: toBytes(''),
      'no final newline': toBytes('a'),
      quotes: toBytes("it's\n".repeat(2000)),
      shell: toBytes('$HOME `id` \\ "x" $(id) %s %d \\n\n'),
      utf8: toBytes('žluťoučký kůň\n'),
      binary: toBytes(Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256))),
      'no NUL': toBytes(Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1))),
      long: toBytes('0123456789abcde\n'.repeat(80_000)),
      dash: toBytes('-n -e\n'),
    };
    for (const [title, content] of Object.entries(contents)) {
      const path = join(folder, `of ${title}`);
      done(apply(shell, file(path, { content })));
      assert.is(text(path), content, title);
      assert.is(lstatSync(path).mode & 0o7777, 0o644);
    }
    assert.equal(
      readdirSync(folder).filter((each) => each.startsWith('.tb')),
      [],
    );
  });

  test(name('content full of quotes grows by a third, not by each level of quoting'), () => {
    const content = toBytes("it's '' 'quoted'\n".repeat(60_000));
    const path = join(area.folder(), 'f');
    const { draft, rc } = apply(shell, file(path, { content }));
    assert.is(rc, 0);
    assert.is(text(path), content);
    // As the script of an apply holds it: as one word for eval.
    const sent = quoteBytes(draft?.run.text ?? toBytes('')).text.length;
    assert.ok(sent > content.length && sent < content.length * 1.4, `${sent} for ${content.length}`);
  });

  test(name('names of every sort'), () => {
    const folder = area.folder();
    for (const odd of [
      "it's",
      'a\\b',
      ' lead',
      'trail ',
      'co:lon:',
      'é',
      '-n',
      '$HOME',
      '"',
      '*',
      '%s',
      'x'.repeat(255),
    ]) {
      const path = join(folder, odd);
      done(apply(shell, file(path, { content: toBytes('1'), mode: '0600' })));
      done(apply(shell, file(path, { content: toBytes('2') })));
      done(apply(shell, file(path, { mode: '0640' })));
      assert.is(text(path), '2', odd);
      done(apply(shell, file(path, { absent: true })));
    }
    assert.equal(readdirSync(folder), []);
  });

  test(name('a change keeps owner and mode, setuid too'), () => {
    const path = join(area.folder(), 'f');
    writeFileSync(path, 'old');
    chownSync(path, 33, 4);
    chmodSync(path, 0o4750);
    done(apply(shell, file(path, { content: toBytes('new') })));
    const { uid, gid, mode } = lstatSync(path);
    assert.equal([uid, gid, mode & 0o7777], [33, 4, 0o4750]);
    done(apply(shell, file(path, { owner: 'root', group: '7' })));
    assert.equal([lstatSync(path).uid, lstatSync(path).gid, lstatSync(path).mode & 0o7777], [0, 7, 0o4750]);
  });

  test(name('owner by name, number without a name'), () => {
    const path = join(area.folder(), 'f');
    const state = done(
      apply(shell, file(path, { content: toBytes('x'), owner: 'daemon', group: '54321', mode: '2640' })),
    );
    assert.equal([state.uid, state.group, state.mode], [1, '54321', '2640']);
  });

  test(name('somebody who writes between the check and the rename is seen at the last moment'), () => {
    const folder = area.folder();
    const late = join(folder, 'late');
    const told = apply(
      shell,
      file(late, { content: toBytes('ours'), validate: `echo theirs >${late}; : %s` }),
    );
    assert.is(told.rc, 75);
    assert.is(text(late), 'theirs\n');
    const there = join(folder, 'there');
    writeFileSync(there, 'before\n');
    const edit = apply(
      shell,
      file(there, { content: toBytes('ours'), validate: `echo theirs >>${there}; : %s` }),
    );
    assert.is(edit.rc, 75);
    assert.is(text(there), 'before\ntheirs\n');
    assert.equal(readdirSync(folder).sort(), ['late', 'there']);
  });

  test(name('validate: status of the whole command, %s within quotes, no trace of what is refused'), () => {
    const folder = join(area.folder(), "an odd 'folder");
    mkdirSync(folder);
    const path = join(folder, 'f');
    writeFileSync(path, 'old');
    const attempt = (validate: string) => apply(shell, file(path, { content: toBytes('good'), validate }));
    for (const bad of [
      'grep -q bad %s && true',
      'false; test -f %s && exit 3',
      'exit 4 # %s',
      'set -e; false; : %s',
      'syntax ( %s',
    ]) {
      const { rc, err } = attempt(bad);
      assert.is(rc, 1, bad);
      assert.match(err, /validate ended with status/);
      assert.is(text(path), 'old');
      assert.equal(readdirSync(folder), ['f']);
    }
    done(attempt('grep -q good %s'));
    assert.is(text(path), 'good');
    const plain = join(area.folder(), 'f');
    done(
      apply(
        shell,
        file(plain, { content: toBytes('good'), validate: `sh -c 'grep -q good "%s" && test "%s" = "%s"'` }),
      ),
    );
  });

  test(name('a change that somebody else made meanwhile is not lost'), () => {
    const path = join(area.folder(), 'f');
    writeFileSync(path, 'a\n');
    const { rc } = apply(shell, lineInFile(path, { line: 'mine' }), {}, () =>
      writeFileSync(path, 'a\ntheirs\n'),
    );
    assert.is(rc, 75);
    assert.is(text(path), 'a\ntheirs\n');
    const fresh = join(area.folder(), 'g');
    const born = apply(shell, file(fresh, { content: toBytes('x') }), {}, () =>
      symlinkSync('/nowhere', fresh),
    );
    assert.is(born.rc, 75);
    assert.is(readlinkSync(fresh), '/nowhere');
    // A link to the very same content is not the file that was read; followed, it is.
    const [kept, real] = [join(area.folder(), 'k'), join(area.folder(), 'real')];
    for (const follow of [false, true]) {
      execFileSync('rm', ['-f', kept]);
      for (const each of [kept, real]) writeFileSync(each, 'a\n');
      const linked = apply(shell, file(kept, { content: toBytes('b\n'), follow }), {}, () => {
        execFileSync('ln', ['-sf', real, kept]);
      });
      assert.is(linked.rc, follow ? 0 : 75);
      assert.is(text(real), follow ? 'b\n' : 'a\n');
    }
    execFileSync('rm', [kept]);
    writeFileSync(kept, 'a\n');
    const forced = apply(shell, symlink(kept, { target: 'x', force: true }), {}, () =>
      writeFileSync(kept, 'theirs\n'),
    );
    assert.is(forced.rc, 75);
    assert.is(text(kept), 'theirs\n');
  });

  test(name('a check that may not look is a failure, not somebody else’s edit'), () => {
    const folder = area.folder();
    const [path, closed] = [join(folder, 'f'), join(folder, 'closed')];
    mkdirSync(closed);
    for (const each of [path, join(closed, 'g')]) writeFileSync(each, 'a\n', { mode: 0o600 });
    execFileSync('chmod', ['0755', folder, join(folder, '..')]);
    chmodSync(closed, 0o700);
    for (const each of [path, join(closed, 'g')]) {
      const { draft } = apply(shell, lineInFile(each, { line: 'mine' }));
      writeFileSync(each, 'a\n');
      const { rc, err } = shell.run(
        sh`/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups sh -c ${Buffer.from(draft?.guard?.text ?? '', 'latin1').toString()}`,
      );
      assert.is(rc, 1);
      assert.match(err, /may not be read by this account/);
    }
  });

  test(name('a copy is kept of what was not read, in a folder for root alone'), () => {
    const [folder, backup] = [area.folder(), area.folder()];
    const path = join(folder, 'f');
    writeFileSync(path, 'the secret before');
    const wish = { content: new Secret('psk', 'the secret after') };
    const applied = apply(shell, file(path, wish), { TB_BACKUP: backup });
    done(applied);
    assert.is(text(path), 'the secret after');
    assert.is(text(join(backup, '1')), 'the secret before');
    // As it was: nobody else can enter the folder.
    assert.is(lstatSync(join(backup, '1')).mode & 0o777, 0o644);
    assert.is(lstatSync(path).mode & 0o777, 0o644);
    assert.is(applied.draft?.run.secret, true);
    assert.is(JSON.stringify(applied.draft).includes('the secret'), false);
    done(apply(shell, file(path, { absent: true }), { TB_BACKUP: area.folder() }));
  });

  test(name('a secret is never an argument of a command'), () => {
    const folder = area.folder();
    for (const value of ["hunter2 it's\0", 'plain hunter2']) {
      const { draft } = apply(shell, file(join(folder, 'f'), { content: new Secret('psk', value) }));
      const script = draft?.run.text ?? '';
      const words = script
        .split('\n')
        .filter((line) => line.includes('hunter2') || line.includes('aHVudGVyMi'));
      for (const line of words) assert.match(line, /printf %s '[^']*/);
    }
  });

  test(name('a link is refused, or followed'), () => {
    const folder = area.folder();
    writeFileSync(join(folder, 'real'), 'old');
    symlinkSync('real', join(folder, 'link'));
    const path = join(folder, 'link');
    assert.throws(
      () => apply(shell, file(path, { content: toBytes('x') })),
      (error: unknown) => error instanceof PlanError,
    );
    done(apply(shell, file(path, { content: toBytes('new'), mode: '0600', follow: true })));
    assert.is(readlinkSync(path), 'real');
    assert.is(text(join(folder, 'real')), 'new');
    done(apply(shell, file(path, { mode: '0640', follow: true })));
    assert.is(lstatSync(join(folder, 'real')).mode & 0o777, 0o640);
    symlinkSync('/nowhere/at/all', join(folder, 'dangling'));
    assert.throws(
      () => apply(shell, file(join(folder, 'dangling'), { content: toBytes('x'), follow: true })),
      (error: unknown) => error instanceof PlanError,
    );
  });

  test(name('an upload is taken from beside the script and proved'), () => {
    const folder = area.folder();
    const [sent, path] = [join(folder, 'sent'), join(folder, 'f')];
    const content = toBytes('x'.repeat(300_000));
    writeFileSync(sent, bytesToBuffer(content));
    const upload = { path: '/local/file', size: content.length, sha256: sha256(content) };
    const applied = apply(shell, file(path, { content: upload }), { TB_UPLOAD: sent });
    done(applied);
    assert.equal(applied.draft?.upload, upload);
    writeFileSync(sent, 'cut short');
    const broken = apply(shell, file(join(folder, 'g'), { content: upload }), { TB_UPLOAD: sent });
    assert.is(broken.rc, 1);
    assert.match(broken.err, /not what was sent/);
    assert.equal(readdirSync(folder), ['f', 'sent']);
  });

  test(name('in place: the same inode, content and mode new'), () => {
    const path = join(area.folder(), 'f');
    writeFileSync(path, 'a longer text');
    const { ino } = lstatSync(path);
    done(apply(shell, file(path, { content: toBytes('new'), mode: '0600', inplace: true })));
    assert.is(text(path), 'new');
    assert.is(lstatSync(path).ino, ino);
  });

  test(name('latin-1 lines stay what they are'), () => {
    const path = join(area.folder(), 'f');
    writeFileSync(path, Buffer.from('caf\xe9 = 1\nx\n', 'latin1'));
    done(apply(shell, lineInFile(path, { line: 'y', after: '^caf' })));
    assert.is(text(path), 'caf\xe9 = 1\ny\nx\n');
  });

  test(name('several edits of one file compose'), () => {
    const path = join(area.folder(), 'f');
    writeFileSync(path, 'a\n');
    done(apply(shell, lineInFile(path, { line: 'b' })));
    done(
      apply(
        shell,
        editFile(path, {
          edit: (all) => `${all}c\n`.replace('c\nc\n', 'c\n') as Bytes,
          summary: 'c',
          missing: 'refuse',
        }),
      ),
    );
    assert.is(text(path), 'a\nb\nc\n');
  });

  test(name('folders'), () => {
    const folder = area.folder();
    const path = join(folder, "it's");
    done(apply(shell, directory(path, { owner: 'daemon', group: 'daemon', mode: '2750' })));
    assert.equal([lstatSync(path).uid, lstatSync(path).mode & 0o7777], [1, 0o2750]);
    done(apply(shell, directory(path, { mode: '0700', owner: 'root' })));
    writeFileSync(join(path, 'x'), '');
    const refused = apply(shell, directory(path, { absent: true }));
    assert.is(refused.rc, 1);
    assert.match(refused.err, /recursive: true/);
    done(apply(shell, directory(path, { absent: true, recursive: true })));
    done(apply(shell, directory(path, {})));
    done(apply(shell, directory(path, { absent: true })));
    assert.equal(readdirSync(folder), []);
  });

  test(name('links, also where a link to a folder was'), () => {
    const folder = area.folder();
    mkdirSync(join(folder, 'd'));
    const path = join(folder, 'l');
    done(apply(shell, symlink(path, { target: 'd' })));
    done(apply(shell, symlink(path, { target: "it's nowhere", owner: 'daemon' })));
    assert.is(readlinkSync(path), "it's nowhere");
    assert.is(lstatSync(path).uid, 1);
    done(apply(shell, symlink(path, { target: 'd', owner: 'root' })));
    assert.equal(readdirSync(join(folder, 'd')), []);
    const drifted = apply(shell, symlink(path, { target: 'x' }), {}, () => {
      execFileSync('ln', ['-sfn', 'other', path]);
    });
    assert.is(drifted.rc, 75);
    done(apply(shell, symlink(path, { absent: true })));
    writeFileSync(path, 'a file');
    const backup = area.folder();
    done(apply(shell, symlink(path, { target: 'd', force: true }), { TB_BACKUP: backup }));
    assert.is(text(join(backup, '1')), 'a file');
    assert.equal(readdirSync(folder).sort(), ['d', 'l']);
  });

  test(name('a write ended by a signal leaves nothing beside'), () => {
    const folder = area.folder();
    const path = join(folder, 'f');
    const { rc } = apply(shell, file(path, { content: toBytes('x'), validate: 'kill $$ ; : %s; sleep 1' }));
    assert.is(rc, 143);
    assert.equal(readdirSync(folder), []);
  });
}
