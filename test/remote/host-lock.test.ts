/** The lock of a host, between sessions that write at once: who gets it, who is told, and when it is free again. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { sh } from '../../lib/base/sh.ts';
import type { ApplyChange, ApplyJob, ApplyResult, Session } from '../../lib/remote/contract.ts';
import { createSession } from '../../lib/remote/session.ts';
import { assert, suite } from '../suite.ts';
import {
  change,
  createShells,
  FLAVOURS,
  type Flavour,
  failure,
  job,
  part,
  type Shells,
  TARGET,
  text,
  until,
} from './shell.ts';

const test = suite('host lock');

interface Host {
  readonly shells: Shells;
  readonly lock: string;
  /** Nobody can connect any more, or can again. */
  away(away: boolean): void;
  /** A session of one more run, which has read the host. */
  run(name: string): Promise<Run>;
  tickets(): readonly string[];
  /** The newest ticket. */
  ticket(): string;
  /** Writes into it as if it had been drawn so. */
  edit(from: RegExp, to: string): void;
}

interface Run {
  readonly session: Session;
  write(changes: readonly ApplyChange[], more?: Partial<ApplyJob>): Promise<ApplyResult>;
  read(): Promise<void>;
}

async function withHost(flavour: Flavour, use: (host: Host) => Promise<void>): Promise<void> {
  let away = false;
  const shells = createShells({
    flavour,
    reopen: () => {
      if (away) throw new RunError('unreachable', 'away');
    },
  });
  const lock = join(shells.state, 'lock');
  const open: Session[] = [];
  const tickets = () =>
    existsSync(lock)
      ? readdirSync(lock)
          .filter((name) => /^\d+$/.test(name))
          .sort((a, b) => Number(a) - Number(b))
      : [];
  const newest = () => join(lock, tickets().at(-1) ?? '');
  const host: Host = {
    shells,
    lock,
    away: (now) => {
      away = now;
    },
    tickets,
    ticket: () => readFileSync(newest(), 'utf8'),
    edit: (from, to) => {
      const old = readFileSync(newest(), 'utf8');
      assert.match(old, from);
      writeFileSync(newest(), old.replace(from, to));
    },
    async run(name) {
      const session = await createSession(shells.open, TARGET, { reconnectMs: 1000 });
      open.push(session);
      let stretch = 0;
      const read = async () => assert.is(text((await session.read([part('a', sh`echo a`)]))[0]), 'a\n');
      await read();
      return {
        session,
        read,
        write(changes, more = {}) {
          stretch += 1;
          const claim = { owner: `${name}@desk`, runbook: `book of ${name}`, name: 'here' };
          return session.apply(job(changes, { run: name, stretch, lock: claim, ...more }), {});
        },
      };
    },
  };
  try {
    await use(host);
  } finally {
    await Promise.all(open.map((session) => session.close()));
    shells.remove();
  }
}

const LOG = sh`$TB_STATE/log`;
const line = (word: string) => change(1, sh`echo ${word} >>${LOG}`);
/** Writes for a while; ends when the file is there. */
const slow = (word: string) =>
  change(
    1,
    sh`echo ${word} >>${LOG}; while [ ! -e $TB_STATE/go ]; do sleep 0.05; done; echo ${word} >>${LOG}`,
  );
const log = ({ shells }: Host): string => {
  const path = join(shells.state, 'log');
  return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\n', ' ').trim() : '';
};
const go = ({ shells }: Host): void => writeFileSync(join(shells.state, 'go'), '');
const turned = ({ turnedAway }: ApplyResult): string =>
  turnedAway ? `${turnedAway.why} ${turnedAway.holder?.owner}` : 'wrote';

for (const flavour of FLAVOURS) {
  test(`${flavour}: who reads takes no lock; who writes holds it to the end of the session`, async () => {
    await withHost(flavour, async (host) => {
      const a = await host.run('a');
      assert.equal(readdirSync(host.shells.state), []);
      assert.is(turned(await a.write([line('a1')])), 'wrote');
      assert.is(turned(await a.write([line('a2')])), 'wrote');
      assert.equal(host.tickets(), ['2']);
      assert.match(host.ticket(), /^run a\nname here\nowner a@desk\nrunbook book of a\n/);
      assert.not.match(host.ticket(), /free/);
      await a.session.close();
      assert.match(host.ticket(), /\nfree\n$/);
      assert.equal(readdirSync(host.lock), ['2']);
      assert.is(log(host), 'a1 a2');
    });
  });

  test(`${flavour}: a second one is turned away while the first writes, and told by whom; nothing of it is left`, async () => {
    await withHost(flavour, async (host) => {
      const [a, b] = [await host.run('a'), await host.run('b')];
      const writing = a.write([slow('a')]);
      await until(() => log(host) === 'a', 'a writes');
      const before = performance.now();
      const result = await b.write([line('b')]);
      assert.ok(performance.now() - before < 1000);
      assert.is(turned(result), 'locked a@desk');
      const { holder } = result.turnedAway ?? {};
      assert.equal(
        [holder?.run, holder?.name, holder?.runbook, holder?.ending],
        ['a', 'here', 'book of a', false],
      );
      assert.ok((holder?.seconds ?? 99) < 5);
      assert.equal(
        result.changes.map(({ ended }) => ended),
        ['not_run'],
      );
      assert.equal(readdirSync(join(host.shells.state, 'runs')), ['a']);
      assert.is((await b.session.awaitLock(100))?.owner, 'a@desk');
      go(host);
      await writing;
      // Between two writes of a run the host is held, too.
      assert.is(turned(await b.write([line('b')])), 'locked a@desk');
      const waiting = b.session.awaitLock(5000);
      await a.session.close();
      assert.is(await waiting, undefined);
      assert.is(turned(await b.write([line('b')])), 'wrote');
      assert.is(log(host), 'a a b');
    });
  });

  test(`${flavour}: what another has written since the read is never missed`, async () => {
    await withHost(flavour, async (host) => {
      const [a, b] = [await host.run('a'), await host.run('b')];
      await a.write([line('a')]);
      await a.session.close();
      assert.is(turned(await b.write([line('b')])), 'stale a@desk');
      assert.is(turned(await b.write([line('b')])), 'wrote');
      assert.is(log(host), 'a b');
      // A state folder that is gone was never written to by those who wrote there.
      const c = await host.run('c');
      rmSync(host.lock, { recursive: true });
      assert.is(turned(await c.write([line('c')])), 'stale undefined');
      assert.is(turned(await c.write([line('c')])), 'wrote');
    });
  });

  test(`${flavour}: twenty that draw at once: one at a time writes, all others are turned away`, async () => {
    await withHost(flavour, async (host) => {
      const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => host.run(`r${index}`)));
      const mark = change(1, sh`echo B >>${LOG}; sleep 0.02; echo E >>${LOG}`);
      const results = await Promise.all(
        runs.map(async ({ write, session }) => {
          for (let tries = 0; ; tries += 1) {
            const result = await write([mark]);
            if (!result.turnedAway) {
              await session.close();
              return tries;
            }
            await session.awaitLock(5000);
          }
        }),
      );
      assert.is(log(host), Array.from({ length: 20 }, () => 'B E').join(' '));
      assert.ok(results.some((tries) => tries > 1));
    });
  }, 60_000);

  test(`${flavour}: a holder whose shell was killed holds nothing; what it had begun is waited for`, async () => {
    await withHost(flavour, async (host) => {
      const [a, b] = [await host.run('a'), await host.run('b')];
      await a.write([line('a1')]);
      host.shells.wires[0]?.cut();
      assert.is(await b.session.awaitLock(3000), undefined);
      assert.is(turned(await b.write([line('b1')])), 'wrote');
      await b.session.close();
      const [c, d] = [await host.run('c'), await host.run('d')];
      const lost = c.write([slow('c')]).catch(() => undefined);
      await until(() => log(host).endsWith('c'), 'c writes');
      host.away(true);
      host.shells.wires[2]?.cut();
      await lost;
      const { holder } = (await d.write([line('d')])).turnedAway ?? {};
      assert.equal([holder?.owner, holder?.ending], ['c@desk', true]);
      go(host);
      assert.is(await d.session.awaitLock(5000), undefined);
      assert.is(turned(await d.write([line('d')])), 'wrote');
      assert.is(log(host), 'a1 b1 c c d');
    });
  });

  test(`${flavour}: a holder that was not heard of for its lease has lost the host, and writes nothing more`, async () => {
    await withHost(flavour, async (host) => {
      const [a, b] = [await host.run('a'), await host.run('b')];
      await a.write([line('a1')]);
      assert.is(turned(await b.write([line('b1')])), 'locked a@desk');
      host.edit(/^beat \d+ /m, 'beat 1 ');
      // Read by hand: what a wrote is known.
      assert.is(await b.session.awaitLock(100), undefined);
      assert.is(turned(await b.write([line('b1')])), 'wrote');
      assert.is(turned(await a.write([line('a2')])), 'locked b@desk');
      await b.session.close();
      assert.is(turned(await a.write([line('a2')])), 'stale b@desk');
      assert.is(log(host), 'a1 b1');
    });
  });

  test(`${flavour}: a script that was stopped loses the host with its lease, and begins no change when it goes on`, async () => {
    await withHost(flavour, async (host) => {
      const [a, b] = [await host.run('a'), await host.run('b')];
      const guarded = change(3, sh`echo guarded >>${LOG}`, { guard: sh`:` });
      const writing = a.write([slow('a'), change(2, sh`echo a2 >>${LOG}`), guarded]);
      await until(() => log(host) === 'a', 'a writes');
      const [, script = ''] = /^script (\d+)/m.exec(host.ticket()) ?? [];
      process.kill(-Number(script), 'SIGSTOP');
      assert.is(turned(await b.write([line('b')])), 'locked a@desk');
      host.edit(/^beat \d+ /m, 'beat 1 ');
      assert.is(await b.session.awaitLock(100), undefined);
      assert.is(turned(await b.write([line('b')])), 'wrote');
      go(host);
      process.kill(-Number(script), 'SIGCONT');
      const result = await writing;
      assert.equal(
        result.changes.map(({ ended }) => ended),
        ['done', 'not_run', 'not_run'],
      );
      assert.is(log(host), 'a b a');
    });
  });

  test(`${flavour}: a script alone that was stopped is waited for as long as something of it runs`, async () => {
    await withHost(flavour, async (host) => {
      const [a, b] = [await host.run('a'), await host.run('b')];
      const writing = a.write([slow('a')]);
      await until(() => log(host) === 'a', 'a writes');
      const [, script = ''] = /^script (\d+)/m.exec(host.ticket()) ?? [];
      process.kill(Number(script), 'SIGSTOP');
      host.edit(/^beat \d+ /m, 'beat 1 ');
      assert.is(turned(await b.write([line('b')])), 'locked a@desk');
      go(host);
      assert.is(await b.session.awaitLock(5000), undefined);
      process.kill(Number(script), 'SIGCONT');
      await writing;
    });
  });

  test(`${flavour}: a guard that takes long does not outlive the lock`, async () => {
    await withHost(flavour, async (host) => {
      const a = await host.run('a');
      const guard = sh`echo g >>${LOG}; while [ ! -e $TB_STATE/go ]; do sleep 0.05; done`;
      const writing = a.write([change(1, sh`echo a >>${LOG}`, { guard })]);
      await until(() => log(host) === 'g', 'the guard runs');
      writeFileSync(join(host.lock, '2'), 'run x\nowner x@desk\nfree\n');
      go(host);
      assert.equal(
        (await writing).changes.map(({ ended }) => ended),
        ['drifted'],
      );
      assert.is(log(host), 'g');
    });
  });

  test(`${flavour}: another boot, another process of the same number, a half-made ticket: nobody holds the host`, async () => {
    await withHost(flavour, async (host) => {
      const spoils: readonly (readonly [RegExp, string])[] = [
        [/^boot .*$/m, 'boot 00000000-0000-0000-0000-000000000000'],
        [/^(beat \d+ \d+) \d+$/m, '$1 17'],
        [/[\s\S]*/, ''],
        [/[\s\S]*/, 'beat x y z\nlease -\nsince 0x\nscript\n\\n\n$(touch /tmp/tb-oops) `id`\n'],
      ];
      for (const [index, [from, to]] of spoils.entries()) {
        const [a, b] = [await host.run(`a${index}`), await host.run(`b${index}`)];
        await a.write([line('a')]);
        assert.is(turned(await b.write([line('b')])), `locked a${index}@desk`);
        host.edit(from, to);
        assert.is(await b.session.awaitLock(100), undefined);
        assert.is(turned(await b.write([line('b')])), 'wrote');
        await b.session.close();
      }
      assert.not(existsSync('/tmp/tb-oops'));
    });
  });

  test(`${flavour}: left-overs of others who died while they drew do no harm, and are cleared away`, async () => {
    await withHost(flavour, async (host) => {
      mkdirSync(host.lock);
      for (const name of ['new.999999', '3', '7', '10', 'junk'])
        writeFileSync(join(host.lock, name), 'run old\nowner old@desk\nfree\n');
      const a = await host.run('a');
      assert.is(turned(await a.write([line('a')])), 'wrote');
      assert.equal(readdirSync(host.lock).sort(), ['11', 'junk']);
    });
  });

  test(`${flavour}: a state folder that takes nothing more is told, and nothing was begun`, async () => {
    await withHost(flavour, async (host) => {
      const a = await host.run('a');
      writeFileSync(host.lock, '');
      const error = await failure(a.write([line('a')]));
      assert.match(error.message, /^no change was begun: .*lock/);
      assert.is(log(host), '');
    });
  });

  test(`${flavour}: the lock goes with the run through a cut connection`, async () => {
    await withHost(flavour, async (host) => {
      const [a, b] = [await host.run('a'), await host.run('b')];
      const writing = a.write([slow('a')]);
      await until(() => log(host) === 'a', 'a writes');
      host.shells.wires[0]?.cut();
      await until(() => host.shells.wires.length === 3, 'a is back');
      await until(() => /^beat .*\nbeat /m.test(host.ticket()), 'the new shell is the holder');
      go(host);
      assert.is((await writing).changes[0]?.ended, 'done');
      assert.is(turned(await b.write([line('b')])), 'locked a@desk');
      assert.is(turned(await a.write([line('a2')])), 'wrote');
    });
  });

  test(`${flavour}: TB_SHELL and what the lock needs are in no change's environment`, async () => {
    await withHost(flavour, async (host) => {
      const a = await host.run('a');
      const result = await a.write([change(1, sh`env; set`)], { verify: [part('v', sh`env`)] });
      const printed = `${result.changes[0]?.output}`;
      assert.not.match(printed, /^TB_SHELL=/m);
      assert.not.match(text(result.verify[0]), /^TB_SHELL=/m);
    });
  });
}
