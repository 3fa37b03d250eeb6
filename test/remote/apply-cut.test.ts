/** Connections that go in the middle of an apply: nothing runs twice, nothing is guessed, the result is the same. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { sh } from '../../lib/base/sh.ts';
import type { ApplyResult } from '../../lib/remote/contract.ts';
import { assert, suite } from '../suite.ts';
import { change, FLAVOURS, failure, job, part, processesWith, text, until, withSession } from './shell.ts';

const test = suite('apply-cut');

const read = (folder: string, name: string): string => {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return '';
  }
};

const outcome = (result: ApplyResult) =>
  result.changes.map((one) => `${one.ended} ${one.rc} ${one.output.subarray(0, 20)}|${one.captured ?? ''}`);

for (const flavour of FLAVOURS) {
  for (const how of ['cut', 'mute'] as const) {
    const target = { silenceTimeoutMs: how === 'mute' ? 600 : 20_000 };

    test(`${flavour}, ${how}: a chatty change goes on to its end and is run once; the result is the same`, async () => {
      await withSession({ flavour, target }, async (session, shells) => {
        const parts: string[] = [];
        const then = [part('key', sh`cat $TB_STATE/once`)];
        const result = await session.apply(
          job(
            [
              change(1, sh`echo a`),
              // Twenty megabytes: more than pipe and sockets hold, so a blocked or killed writer shows.
              change(
                2,
                sh`echo x >>$TB_STATE/once; echo b; yes | head -c 20000000; sleep 1.5; echo y >>$TB_STATE/once`,
                { then },
              ),
              change(3, sh`echo c; echo err >&2`, { captures: true }),
            ],
            { verify: [part('v', sh`cat $TB_STATE/once`)] },
          ),
          {
            begin: (id) => {
              if (id === 2) setTimeout(() => shells.wires[0]?.[how](), 100);
            },
            part: (id, one) => parts.push(`${id} ${one.tag} ${text(one)}`),
          },
        );
        // Nobody is there to see the third one: it is not begun, and planned again.
        assert.equal(outcome(result), ['done 0 a\n|', `done 0 ${'y\n'.repeat(10)}|`, 'not_run -1 |']);
        assert.is(result.changes[1]?.output.length, 65_536);
        assert.equal(parts, ['2 key x\ny\n']);
        assert.is(text(result.verify[0]), 'x\ny\n');
        const third = change(3, sh`echo c; echo err >&2`, { captures: true });
        assert.equal(outcome(await session.apply(job([third], { stretch: 1 }), {})), ['done 0 c\nerr\n|c\n']);
        assert.is(shells.wires.length, 2);
        await session.close();
        assert.equal(readdirSync(join(shells.state, 'runs')), []);
      });
    });

    test(`${flavour}, ${how}: a failure and a drift behind the cut are told as such`, async () => {
      for (const script of [sh`sleep 0.8; exit 9`, undefined]) {
        await withSession({ flavour, target }, async (session, shells) => {
          const second = script
            ? change(2, script)
            : change(2, sh`echo never >$TB_STATE/never`, { guard: sh`sleep 0.8; exit 75` });
          const result = await session.apply(job([change(1, sh`:`), second, change(3, sh`:`)]), {
            begin: (id) => {
              if (id === 2) shells.wires[0]?.[how]();
            },
          });
          assert.equal(
            result.changes.map((one) => `${one.ended} ${one.rc}`),
            ['done 0', script ? 'done 9' : 'drifted 75', 'not_run -1'],
          );
          assert.not(existsSync(join(shells.state, 'never')));
        });
      }
    });
  }

  test(`${flavour}: a script that never began is sent again, and its late twin refuses`, async () => {
    await withSession({ flavour, target: { silenceTimeoutMs: 400 } }, async (session, shells) => {
      await session.read([part('a', sh`:`)]);
      shells.wires[0]?.mute();
      const result = await session.apply(job([change(1, sh`echo x >>$TB_STATE/once`)]), {});
      assert.is(result.changes[0]?.rc, 0);
      assert.is(read(shells.state, 'once'), 'x\n');
      assert.is(shells.wires.length, 2);
      // What the first wire may still bring would find its journal taken.
      assert.is(read(shells.state, 'runs/r1/0/journal'), 'taken\n');
      const error = await failure(session.apply(job([change(1, sh`echo x >>$TB_STATE/once`)]), {}));
      assert.match(error.message, /no change was begun/);
      assert.is(read(shells.state, 'once'), 'x\n');
    });
  });

  test(`${flavour}: a text cut off in the middle runs not at all`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      await session.read([part('a', sh`:`)]);
      const texts = shells.sent().length;
      await session.apply(
        job([change(1, sh`echo x >>$TB_STATE/once`), change(2, sh`:`)], { stretch: 7 }),
        {},
      );
      const whole = shells.sent().slice(texts).split('{ rm -rf')[0] ?? '';
      writeFileSync(join(shells.state, 'once'), '');
      const channel = await shells.open(sh`exec /bin/sh`);
      const ended = new Promise<void>((resolve) => channel.onEnd(() => resolve()));
      const cut = whole.indexOf('echo end');
      assert.ok(cut > 0);
      await channel.write(Buffer.from(`TB_STATE=/var/lib/tightbeam\n${whole.slice(0, cut)}`));
      await channel.close();
      await ended;
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.is(read(shells.state, 'once'), '');
    });
  });

  test(`${flavour}: a script that died during the cut is lost where it was, not done`, async () => {
    const killed = async (state: string) => {
      const group = /^P (\d+)/.exec(read(state, 'runs/r1/0/journal'))?.[1];
      process.kill(-Number(group), 'SIGKILL');
    };
    const states: string[] = [];
    const reopen = () => killed(states[0] ?? '');
    await withSession({ flavour, reopen }, async (session, shells) => {
      states.push(shells.state);
      const result = await session.apply(
        job([change(1, sh`echo a`), change(2, sh`echo b; sleep 8661`), change(3, sh`:`)], {
          verify: [part('v', sh`echo v`)],
        }),
        {
          begin: (id) => {
            if (id === 2) setTimeout(() => shells.wires[0]?.cut(), 100);
          },
        },
      );
      assert.equal(outcome(result), ['done 0 a\n|', 'lost -1 b\n|', 'not_run -1 |']);
      assert.is(text(result.verify[0]), 'v\n');
    });
  });

  test(`${flavour}: a limit holds across the cut`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const result = await session.apply(
        job([change(1, sh`echo a; sleep 8662`, { limitMs: 400 }), change(2, sh`:`)]),
        { begin: () => setTimeout(() => shells.wires[0]?.cut(), 50) },
      );
      assert.equal(outcome(result), ['hung -1 a\n|', 'not_run -1 |']);
      await until(() => processesWith('sleep 8662').length === 0, 'the hung change is gone');
    });
  });

  test(`${flavour}: cut again while the journal is read`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const result = await session.apply(job([change(1, sh`echo x >>$TB_STATE/once; sleep 1`)]), {
        begin: () => {
          shells.wires[0]?.cut();
          until(() => shells.wires.length === 2, 'second wire').then(
            () => setTimeout(() => shells.wires[1]?.cut(), 200),
            () => undefined,
          );
        },
      });
      assert.equal(outcome(result), ['done 0 |']);
      assert.is(read(shells.state, 'once'), 'x\n');
      assert.is(shells.wires.length, 3);
    });
  });
}

test('a host that stays away is unreachable, and the message says what was in progress', async () => {
  const reopen = () => {
    throw new RunError('unreachable', 'no route');
  };
  await withSession({ reopen, session: { reconnectMs: 300 } }, async (session, shells) => {
    const error = await failure(
      session.apply(job([change(1, sh`:`), change(2, sh`sleep 0.5`)]), {
        begin: (id) => {
          if (id === 2) shells.wires[0]?.cut();
        },
      }),
    );
    assert.is(error.code, 'unreachable');
    assert.match(error.message, /during change 2 of 2/);
    assert.match(error.hint ?? '', /run it again/);
  });
});

test('the journal of a process that has another start time is not taken for alive', async () => {
  await withSession({}, async (session, shells) => {
    const result = await session.apply(job([change(1, sh`sleep 0.5`), change(2, sh`:`)]), {
      begin: (id) => {
        if (id !== 1) return;
        shells.wires[0]?.cut();
        // As after a reboot: the pid is somebody else's now.
        const group = /^P (\d+)/.exec(read(shells.state, 'runs/r1/0/journal'))?.[1];
        process.kill(-Number(group), 'SIGKILL');
        writeFileSync(join(shells.state, 'runs/r1/0/journal'), `P ${process.pid} 1\nB 1\n`);
      },
    });
    assert.equal(
      result.changes.map((one) => one.ended),
      ['lost', 'not_run'],
    );
  });
});
