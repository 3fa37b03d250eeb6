/** The life of a session: noise at its beginning, silence, cuts, interruption and its end. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { sh } from '../../lib/base/sh.ts';
import { createSession } from '../../lib/remote/session.ts';
import { assert, suite } from '../suite.ts';
import {
  change,
  createShells,
  FLAVOURS,
  failure,
  job,
  part,
  processesWith,
  TARGET,
  text,
  until,
  withSession,
} from './shell.ts';

const test = suite('session');

/** Processes in the session (or below) of the shell behind a wire. */
function descendants(pid: number): readonly string[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  // A shell looks after a child that has ended when it has the next thing to do: that is no process any more.
  const all = rows.map((row) => /^\s*(\d+)\s+(\d+)\s+[^Z]\S*\s+(.*)$/.exec(row) ?? []);
  const below = (parent: string): string[] =>
    all.filter((row) => row[2] === parent).flatMap((row) => [row[3] ?? '', ...below(row[1] ?? '')]);
  return below(String(pid));
}

for (const flavour of FLAVOURS) {
  test(`${flavour}: what start-up files print is dropped, binary or not`, async () => {
    const login = `echo 'Welcome!'; echo motd >&2; head -c 3000 /dev/urandom; printf 'no newline'`;
    await withSession({ flavour, login }, async (session) => {
      const [one] = await session.read([part('a', sh`printf a; printf b >&2`)]);
      assert.is(one?.ended === 'done' && `${one.out}${one.err}`, 'ab');
    });
  });

  test(`${flavour}: a long silent read is no dead host, and its output stays exact`, async () => {
    await withSession({ flavour, target: { silenceTimeoutMs: 300 } }, async (session) => {
      const [one] = await session.read([part('a', sh`printf a; sleep 1; printf b`)]);
      assert.is(text(one), 'ab');
    });
  });

  test(`${flavour}: an interrupted read ends what runs there`, async () => {
    await withSession({ flavour }, async (session) => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 150);
      const error = await failure(session.read([part('a', sh`sleep 8671 & sleep 8672`)], abort.signal));
      assert.is(error.code, 'interrupted');
      await until(() => processesWith('sleep 867').length === 0, 'nothing of it runs');
      const [next] = await session.read([part('b', sh`echo b`)]);
      assert.is(text(next), 'b\n');
    });
  });

  test(`${flavour}: an interrupted apply ends its change and begins no other`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const abort = new AbortController();
      const changes = [change(1, sh`sleep 8673`), change(2, sh`echo x >$TB_STATE/never`)];
      const applying = session.apply(
        job(changes, { verify: [part('v', sh`echo x >$TB_STATE/never`)] }),
        { begin: () => setTimeout(() => abort.abort(), 100) },
        abort.signal,
      );
      assert.is((await failure(applying)).code, 'interrupted');
      await until(() => processesWith('sleep 8673').length === 0, 'nothing of it runs');
      assert.not(existsSync(join(shells.state, 'never')));
    });
  });

  test(`${flavour}: an interrupt in a part for other hosts ends the whole job`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const abort = new AbortController();
      const then = [part('t', sh`sleep 8674`)];
      const changes = [change(1, sh`:`, { then }), change(2, sh`echo x >$TB_STATE/never`)];
      setTimeout(() => abort.abort(), 400);
      assert.is((await failure(session.apply(job(changes), {}, abort.signal))).code, 'interrupted');
      await until(() => processesWith('sleep 8674').length === 0, 'nothing of it runs');
      assert.not(existsSync(join(shells.state, 'never')));
    });
  });

  test(`${flavour}: close in the middle of a read leaves no process`, async () => {
    const shells = createShells({ flavour });
    const session = await createSession(shells.open, TARGET);
    const reading = failure(session.read([part('a', sh`sh -c 'trap "" TERM; sleep 8675; sleep 8676'`)]));
    await until(() => processesWith('sleep 8675').length > 0, 'it runs');
    await session.close();
    assert.is((await reading).code, 'interrupted');
    await until(() => processesWith('sleep 867').length === 0, 'nothing of it runs');
    assert.equal(descendants(shells.wires[0]?.pid ?? 0), []);
    shells.remove();
  });

  test(`${flavour}: after work nothing but the shell is left, and after close not even that`, async () => {
    const shells = createShells({ flavour });
    const session = await createSession(shells.open, TARGET);
    await session.read([part('a', sh`:`)]);
    await session.apply(job([change(1, sh`echo a`)], { verify: [part('v', sh`:`)] }), {});
    const pid = shells.wires[0]?.pid ?? 0;
    // What writes is watched over: a shell, and what it sleeps in.
    await until(() => descendants(pid).length <= 2, 'the shell has but its watch');
    const watch = descendants(pid);
    await session.close();
    assert.not(existsSync(`/proc/${pid}`));
    await until(() => watch.every((each) => !existsSync(`/proc/${each}`)), 'the watch is gone', 1000);
    shells.remove();
  });
}

for (const how of ['cut', 'mute'] as const) {
  test(`${how} in a read: it is made again, and what was left of it is ended`, async () => {
    const target = { silenceTimeoutMs: how === 'mute' ? 600 : 20_000 };
    await withSession({ target }, async (session, shells) => {
      const once = sh`echo x >>$TB_STATE/reads; [ "$(wc -l <$TB_STATE/reads)" -gt 1 ] || sleep 8663; echo read`;
      const reading = session.read([part('a', once)]);
      await until(() => processesWith('sleep 8663').length > 0, 'it runs');
      shells.wires[0]?.[how]();
      assert.is(text((await reading)[0]), 'read\n');
      assert.is(shells.wires.length, 2);
      await until(() => processesWith('sleep 8663').length === 0, 'the first is gone', 3000);
    });
  });
}

test('a cut in the very first answer is no shell that cannot start', async () => {
  await withSession({}, async (session, shells) => {
    const reading = session.read([part('a', sh`echo a`)]);
    shells.wires[0]?.cut();
    assert.is(text((await reading)[0]), 'a\n');
    assert.is(shells.wires.length, 2);
  });
});

test('a host that stays away after a cut in a read is unreachable, and nothing was changed by that', async () => {
  const reopen = () => {
    throw new RunError('unreachable', 'no route');
  };
  await withSession({ reopen, session: { reconnectMs: 300 } }, async (session, shells) => {
    const reading = failure(session.read([part('a', sh`sleep 1`)]));
    await until(() => session.hello !== undefined, 'it runs');
    shells.wires[0]?.cut();
    const error = await reading;
    assert.is(error.code, 'unreachable');
    assert.match(error.message, /nothing was changed/);
  });
});

test('a host that falls silent is unreachable within the limit', async () => {
  const options = { target: { silenceTimeoutMs: 400 }, session: { reconnectMs: 0 } };
  await withSession(options, async (session, shells) => {
    const reading = failure(session.read([part('a', sh`sleep 5`)]));
    await until(() => session.hello !== undefined, 'it runs');
    shells.wires[0]?.mute();
    const started = Date.now();
    const error = await reading;
    assert.is(error.code, 'unreachable');
    assert.match(error.message, /nothing was heard for 400 ms/);
    assert.ok(Date.now() - started < 1000);
  });
});

test('a shell that ends before it answers is unreachable, with its words', async () => {
  const shells = createShells({ login: 'echo "This account is currently not available."; exit 1' });
  const session = await createSession(shells.open, TARGET);
  const error = await failure(session.read([part('a', sh`:`)]));
  assert.is(error.code, 'unreachable');
  assert.match(error.message, /This account is currently not available/);
  shells.remove();
});

test('a host without a tool that everything needs fails with its name', async () => {
  const shells = createShells({ login: 'mount --bind /dev/null "$(readlink -f /usr/bin/setsid)"' });
  const session = await createSession(shells.open, TARGET);
  const error = await failure(session.read([part('a', sh`:`)]));
  assert.is(error.code, 'failed');
  assert.match(error.message, /lacks setsid/);
  await session.close();
  shells.remove();
});
