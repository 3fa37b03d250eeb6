/** A host whose controller is gone, says nothing more, or interrupts: what goes on there, and what does not. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { sh } from '../../lib/base/sh.ts';
import { assert, suite } from '../suite.ts';
import {
  change,
  FLAVOURS,
  failure,
  job,
  part,
  processesWith,
  type Shells,
  until,
  withSession,
} from './shell.ts';

const test = suite('heartbeat');

const read = (shells: Shells, name: string): string => {
  try {
    return readFileSync(join(shells.state, name), 'utf8');
  } catch {
    return '';
  }
};

const gone = {
  reopen: () => {
    throw new RunError('unreachable', 'no route');
  },
  session: { reconnectMs: 0 },
} as const;

/** The environments of all processes that can be seen, whole. */
const environs = (): readonly { readonly command: string; readonly environ: string }[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const [command = '', environ = ''] = ['cmdline', 'environ'].map((name) =>
          readFileSync(`/proc/${pid}/${name}`, 'latin1').replaceAll('\0', ' '),
        );
        return [{ command, environ }];
      } catch {
        return [];
      }
    });

for (const flavour of FLAVOURS) {
  test(`${flavour}: without us the change in progress comes to its end, the next one never begins, and nobody stays`, async () => {
    await withSession({ flavour, ...gone }, async (session, shells) => {
      const work = job([
        change(1, sh`sleep 1.7; echo x >>$TB_STATE/once`),
        change(2, sh`echo y >>$TB_STATE/once`),
      ]);
      const error = await failure(session.apply(work, { begin: () => shells.wires[0]?.cut() }));
      assert.is(error.code, 'unreachable');
      await until(() => /\nend\n/.test(read(shells, 'runs/r1/0/journal')), 'the script has ended');
      assert.is(read(shells, 'once'), 'x\n');
      assert.match(read(shells, 'runs/r1/0/journal'), /^E 1 0\nS\nend\n/m);
      await until(() => processesWith('tbj=$1/journal').length === 0, 'nobody waits any more', 3000);
    });
  });

  test(`${flavour}: a limit holds on the host without us, also for what has left its group`, async () => {
    await withSession({ flavour, ...gone }, async (session, shells) => {
      const work = job([change(1, sh`setsid sleep 8671 & sleep 8672`, { limitMs: 1000 })]);
      await failure(
        session.apply(work, {
          begin: () => {
            until(() => processesWith('sleep 8671').length > 0, 'it runs').then(
              () => shells.wires[0]?.cut(),
              () => undefined,
            );
          },
        }),
      );
      await until(() => processesWith('sleep 867').length === 0, 'it was ended', 5000);
      await until(() => /^H 1$/m.test(read(shells, 'runs/r1/0/journal')), 'that is written down');
      await until(() => processesWith('tbj=$1/journal').length === 0, 'nobody waits any more', 3000);
    });
  });

  test(`${flavour}: a script that only waits is ended when we are gone`, async () => {
    await withSession({ flavour, ...gone }, async (session, shells) => {
      const work = job([change(1, sh`echo x >>$TB_STATE/once`)], { settleMs: 30_000 });
      await failure(
        session.apply(work, {
          end: () => {
            setTimeout(() => shells.wires[0]?.cut(), 300);
          },
        }),
      );
      const group = Number(/^P (\d+)/.exec(read(shells, 'runs/r1/0/journal'))?.[1]);
      await until(() => !existsSync(`/proc/${group}`), 'it has ended', 3000);
    });
  });

  test(`${flavour}: a connection that is silently gone is seen on the host by the heartbeat`, async () => {
    const target = { heartbeatMs: 2000, silenceTimeoutMs: 60_000 };
    await withSession({ flavour, target, ...gone }, async (session, shells) => {
      const [wire] = shells.wires;
      const reading = session.read([part('a', sh`setsid sleep 8673 & sleep 8674`, { limitMs: 60_000 })]);
      reading.catch(() => undefined);
      await until(() => processesWith('sleep 8674').length > 0, 'it runs');
      const seen = environs().find(({ command }) => command.startsWith('sleep 8674'));
      const mark = /TB_READ=\S+/.exec(seen?.environ ?? '')?.[0];
      assert.ok(mark);
      // Longer than a heartbeat: ours are heard.
      await new Promise((wake) => setTimeout(wake, 4500));
      assert.is(processesWith('sleep 8674').length > 0, true);
      wire?.mute();
      const since = Date.now();
      await until(() => processesWith('sleep 867').length === 0, 'the read was ended', 8000);
      assert.ok(Date.now() - since < 6000, `${Date.now() - since} ms`);
      await until(() => !existsSync(`/proc/${wire?.pid}`), 'the shell has ended', 3000);
      await until(
        () => !environs().some(({ environ }) => environ.includes(mark)),
        'nothing of the read stays',
        3000,
      );
    });
  });

  test(`${flavour}: a shell that was killed leaves nothing that looks`, async () => {
    const target = { heartbeatMs: 2000, silenceTimeoutMs: 60_000 };
    await withSession({ flavour, target, ...gone }, async (session, shells) => {
      const reading = failure(session.read([part('a', sh`sleep 8675`, { limitMs: 60_000 })]));
      await until(() => processesWith('sleep 8675').length > 0, 'it runs');
      await new Promise((wake) => setTimeout(wake, 1500));
      process.kill(shells.wires[0]?.pid ?? 0, 'SIGKILL');
      await until(() => processesWith('sleep 8675').length === 0, 'the read was ended', 5000);
      assert.is((await reading).code, 'unreachable');
    });
  });

  test(`${flavour}: halted, the change that runs comes to its end and no other begins`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const halt = new AbortController();
      const work = [
        change(1, sh`sleep 0.5; echo x >>$TB_STATE/once`),
        change(2, sh`echo y >>$TB_STATE/once`),
      ];
      const result = await session.apply(job(work, { verify: [part('v', sh`:`)] }), {
        halt: halt.signal,
        begin: () => halt.abort(),
      });
      assert.equal(
        result.changes.map(({ ended }) => ended),
        ['done', 'not_run'],
      );
      assert.is(read(shells, 'once'), 'x\n');
      await session.close();
      assert.equal(readdirSync(join(shells.state, 'runs')), []);
    });
  });

  test(`${flavour}: aborted, all that the change has started is ended, and no daemon of one before it`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const abort = new AbortController();
      const work = [
        change(1, sh`setsid sleep 8681 </dev/null >/dev/null 2>&1 &`),
        change(2, sh`setsid sh -c 'trap "" TERM; sleep 8682' & sleep 8683`),
      ];
      const error = await failure(
        session.apply(
          job(work),
          {
            begin: (id) => {
              if (id === 2)
                until(() => processesWith('sleep 8683').length > 0, 'it runs').then(
                  () => abort.abort(),
                  () => undefined,
                );
            },
          },
          abort.signal,
        ),
      );
      assert.is(error.code, 'interrupted');
      await until(
        () => processesWith('sleep 8682').length + processesWith('sleep 8683').length === 0,
        'they are gone',
        3000,
      );
      assert.is(processesWith('sleep 8681').length, 1);
      spawnSync('pkill', ['-xf', 'sleep 8681']);
      await session.close();
      assert.equal(readdirSync(join(shells.state, 'runs')), []);
    });
  });
}
