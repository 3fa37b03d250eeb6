import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../lib/base/secret.ts';
import { Unknown, UnknownUsed } from '../../lib/base/unknown.ts';
import type { At } from '../../lib/model/kind.ts';
import {
  type CommandState,
  type CommandWish,
  command,
  commandKey,
} from '../../lib/resources/command/command.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS, type Shell } from './reading.ts';

const test = suite('commands');
const nothing: At = () => undefined;

function look(scratch: Scratch, shell: Shell, wish: CommandWish): CommandState {
  const resource = command(wish);
  const [state] = scratch.states(shell, resource.kind, [resource]);
  if (!state) throw new Error('no state');
  return state;
}

function apply(
  scratch: Scratch,
  shell: Shell,
  wish: CommandWish,
): { status: number; stdout: string; stderr: string } {
  const draft = command(wish).plan({ exists: true, rc: 0, stdout: '', stderr: '' }, nothing, 1);
  if (!draft) throw new Error('nothing planned');
  try {
    return { status: 0, stdout: scratch.run(shell, draft.run).toString(), stderr: '' };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: Buffer; stderr: Buffer };
    return { status, stdout: stdout.toString(), stderr: stderr.toString() };
  }
}

for (const shell of SHELLS) {
  test(`hostile text ends itself alone (${shell})`, () => {
    const scratch = new Scratch();
    const texts: readonly (readonly [string, number])[] = [
      ['exit 3', 3],
      ['exec sh -c "exit 4"', 4],
      ['if (', 2],
      ["echo 'unterminated", 2],
      ['set -eu; false; echo never', 1],
      ['cat; exit 5', 5],
      ['cd /tmp; x=1; trap "exit 6" EXIT', 6],
    ];
    for (const [text, status] of texts) {
      assert.is(apply(scratch, shell, { run: { shell: text } }).status, status, text);
      const state = look(scratch, shell, { run: { shell: text }, changed: 'never' });
      assert.is(state.rc, status, text);
    }
    scratch.remove();
  });

  test(`arguments arrive as they are (${shell})`, () => {
    const scratch = new Scratch();
    const argv = ['printf', '[%s]', "it's", 'a b', '$HOME', '', '*', 'ü', '-n'];
    assert.is(apply(scratch, shell, { run: { argv } }).stdout, "[it's][a b][$HOME][][*][ü][-n]");
    assert.is(
      look(scratch, shell, { run: { argv }, changed: 'never' }).stdout,
      "[it's][a b][$HOME][][*][ü][-n]",
    );
    assert.is(apply(scratch, shell, { run: { argv: ['/nonexistent/program'] } }).status, 127);
    scratch.remove();
  });

  test(`secrets come by stdin and environment, never by an argument list (${shell})`, () => {
    const scratch = new Scratch();
    const secret = new Secret('psk', "s3cret 'quoted'\nsecond line");
    const wish: CommandWish = {
      run: { shell: 'cat "/proc/$$/cmdline" "/proc/$PPID/cmdline"; echo; printf "%s|" "$PSK"; cat' },
      env: { PSK: secret, MODE: 'plain' },
      stdin: secret,
    };
    const { stdout } = apply(scratch, shell, wish);
    assert.match(stdout, /cmdline/);
    assert.is(stdout.split('s3cret').length, 3);
    assert.ok(stdout.endsWith("s3cret 'quoted'\nsecond line|s3cret 'quoted'\nsecond line"));
    const draft = command(wish).plan({ exists: true, rc: 0, stdout: '', stderr: '' }, nothing, 1);
    assert.is(draft?.run.secret, true);
    assert.not.match(JSON.stringify(draft), /s3cret/);
    assert.not.match(commandKey(wish), /s3cret/);
    scratch.remove();
  });

  test(`a query keeps both streams apart, and the last 64 KB of each (${shell})`, () => {
    const scratch = new Scratch();
    const state = look(scratch, shell, {
      run: { shell: 'head -c 100000 /dev/zero | tr "\\0" x; printf end; echo oops >&2; sleep 3 & exit 2' },
      changed: 'never',
    });
    assert.is(String(state.stdout).length, 65_536);
    assert.ok(String(state.stdout).endsWith('xend'));
    assert.is(state.stderr, 'oops\n');
    assert.is(state.rc, 2);
    scratch.remove();
  });

  test(`a query leaves no file behind (${shell})`, () => {
    const scratch = new Scratch();
    const tmp = join(scratch.root, 'tmp');
    mkdirSync(tmp);
    const resource = command({ run: { shell: 'echo x' }, changed: 'never' });
    const text = resource.kind.read([resource]).text;
    scratch.command('inside', `TMPDIR=${tmp}; export TMPDIR\n${text}`);
    assert.match(
      scratch
        .run(
          shell,
          command({ run: { argv: [join(scratch.bin, 'inside')] } }).plan(
            { exists: true, rc: 0, stdout: '', stderr: '' },
            nothing,
            1,
          )?.run ?? resource.kind.read([]),
        )
        .toString(),
      /@ran 0 2 0\nx/,
    );
    assert.equal(readdirSync(tmp), []);
    scratch.remove();
  });

  test(`guards are asked in the folder and environment of the command (${shell})`, () => {
    const scratch = new Scratch();
    writeFileSync(join(scratch.root, 'marker'), '');
    const wish: CommandWish = {
      run: { argv: ['true'] },
      chdir: scratch.root,
      env: { WHICH: 'marker' },
      unless: 'test -e "$WHICH"',
      onlyIf: 'echo noise; exit 9',
    };
    const state = look(scratch, shell, wish);
    assert.is(state.unless, true);
    assert.is(state.onlyIf, false);
    assert.is(look(scratch, shell, { ...wish, chdir: '/nonexistent/folder' }).noFolder, true);
    const broken = look(scratch, shell, { ...wish, unless: 'if (', onlyIf: 'kill -9 $$' });
    assert.is(broken.unless, false);
    assert.is(broken.onlyIf, false);
    scratch.remove();
  });
}

const STATE: CommandState = { exists: true, rc: 0, stdout: '', stderr: '' };

test('no guard: an act whose effects are unknown unless they are told', () => {
  const bare = command({ run: { argv: ['make', 'install'] } });
  assert.is(bare.act, true);
  assert.is(bare.late, undefined);
  const draft = bare.plan(STATE, nothing, 1);
  assert.is(draft?.opaque, true);
  assert.is(draft?.captures, true);
  const told = command({ run: { argv: ['make'] }, effects: ['/opt/x'] }).plan(STATE, nothing, 1);
  assert.is(told?.opaque, false);
  assert.equal(told?.effects, [{ key: 'file:/opt/x' }]);
  assert.is(command({ run: { argv: ['make'] }, effects: 'none' }).plan(STATE, nothing, 1)?.opaque, false);
});

test('guards decide, and what they would say afterwards is predicted', () => {
  const wish: CommandWish = { run: { argv: ['x'] }, unless: 'a', onlyIf: 'b' };
  const resource = command(wish);
  assert.equal(resource.late, {});
  assert.is(resource.act, undefined);
  assert.is(resource.plan({ ...STATE, unless: true, onlyIf: true }, nothing, 1), null);
  assert.is(resource.plan({ ...STATE, unless: false, onlyIf: false }, nothing, 1), null);
  const draft = resource.plan({ ...STATE, unless: false, onlyIf: true }, nothing, 1);
  assert.is(draft?.action, 'run');
  assert.is(resource.plan(draft?.after ?? STATE, nothing, 2), null);
});

test('a query that fails is an error with its last lines; in a handler it is a quiet act', () => {
  const wish: CommandWish = { run: { argv: ['vtysh', '-c', 'show bgp'] }, changed: 'never' };
  const query = command(wish);
  assert.is(query.plan(STATE, nothing, 1), null);
  assert.throws(
    () => query.plan({ ...STATE, rc: 1, stderr: 'no daemon\n' }, nothing, 1),
    /vtysh -c 'show bgp'.*status 1:\nno daemon/,
  );
  const handler = command({ ...wish, handler: true });
  assert.is(handler.act, true);
  assert.is(handler.late, undefined);
  const draft = handler.plan(STATE, nothing, 1);
  assert.is(draft?.quiet, true);
  assert.is(draft?.opaque, false);
});

test('different guards, accounts and folders are different keys; secrets play no part', () => {
  const base: CommandWish = { run: { shell: 'echo' } };
  const keys = [
    base,
    { ...base, unless: 'a' },
    { ...base, creates: '/a' },
    { ...base, chdir: '/' },
    { ...base, user: 'frr' },
    { run: { argv: ['echo'] } },
  ].map(commandKey);
  assert.is(new Set(keys).size, keys.length);
  const one = commandKey({ ...base, stdin: new Secret('a', 'one') });
  assert.is(one, commandKey({ ...base, stdin: new Secret('a', 'two') }));
});

test('what is not known yet is not run', () => {
  const unknown = new Unknown('step key') as unknown as string;
  assert.throws(
    () => command({ run: { argv: ['x'] }, stdin: unknown }),
    (error: Error) => error instanceof UnknownUsed,
  );
});
