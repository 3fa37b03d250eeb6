/** Stretches that are to be confirmed: kept by a new login alone, else taken back by the host; on dash and busybox. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../../lib/base/sh.ts';
import type { ApplyChange, ApplyJob, Decision, PartResult } from '../../lib/remote/contract.ts';
import { armText } from '../../lib/remote/revert-arm.ts';
import { REVERTED, revertScript } from '../../lib/remote/revert-script.ts';
import { assert, suite } from '../suite.ts';
import { change, FLAVOURS, failure, job, part, processesWith, text, until, withSession } from './shell.ts';

const test = suite('revert');

/** Writes `to` over the file `name`; the way back brings what `save` kept. */
function write(id: number, name: string, to: string, more: Partial<ApplyChange> = {}): ApplyChange {
  const path = sh`"$TB_STATE"/${name}`;
  return change(id, sh`echo ${to} >${path}`, {
    save: sh`cp ${path} "$TB_BACKUP"/${name}`,
    restore: sh`cp "$TB_BACKUP"/${name} ${path}`,
    ...more,
  });
}

function toConfirm(
  changes: readonly ApplyChange[],
  deadlineMs: number,
  more: Partial<ApplyJob> = {},
): ApplyJob {
  return job(changes, { confirm: { deadlineMs, soft: new Set(), also: [] }, ...more });
}

const shown = (decision: Decision): string =>
  decision.kind === 'reverted'
    ? `reverted by ${decision.by}: ${[...decision.parts].map(([id, { rc }]) => `${id} ${rc}`).join(', ')}`
    : decision.kind;

/** All that is left of us on the host. */
function left(state: string): readonly string[] {
  return ['runs', 'revert', 'reverted'].flatMap((folder) => {
    const path = join(state, folder);
    return existsSync(path) ? readdirSync(path).map((name) => `${folder}/${name}`) : [];
  });
}

const answer = ([result]: readonly PartResult[]): string => text(result).trim();

const content = (state: string, name: string): string => readFileSync(join(state, name), 'utf8').trim();

for (const flavour of FLAVOURS) {
  test(`${flavour}: a new login confirms; no timer, process or file stays`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm([write(1, 'a', 'new')], 20_000, {
        verify: [part('v', sh`cat /etc/cron.d/* 2>/dev/null | wc -l; cat "$TB_STATE"/a`)],
      });
      const result = await session.apply(wanted, {});
      assert.is(text(result.verify[0]).trim(), '1\nnew');
      assert.equal(left(shells.state), ['runs/r1', 'revert/r1.0']);
      assert.is(shown(await session.decide(wanted, 'confirm')), 'confirmed');
      assert.is(shells.wires.length, 2);
      assert.is(session.roundTrips, 2);
      const [after] = await session.read([part('v', sh`ls /etc/cron.d; cat "$TB_STATE"/a`)]);
      assert.is(text(after), 'new\n');
      await session.close();
      assert.equal(left(shells.state), []);
      assert.equal(processesWith(shells.state), []);
      await until(() => processesWith('revert/r1.0').length === 0, 'no process', 3000);
    });
  });

  test(`${flavour}: without a login the host takes back in reverse order, and says so when it is asked`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm(
        [
          write(1, 'a', 'new'),
          change(2, sh`:`, {
            restore: sh`echo two >>"$TB_STATE"/order`,
            finish: sh`echo "last $(cat "$TB_STATE"/a)" >>"$TB_STATE"/order`,
          }),
          change(3, sh`:`, { restore: sh`echo three >>"$TB_STATE"/order; echo why >&2; exit 3` }),
        ],
        1000,
      );
      await session.apply(wanted, {});
      await until(() => existsSync(join(shells.state, 'reverted/r1.0')), 'taken back', 5000);
      assert.is(content(shells.state, 'a'), 'old');
      assert.is(content(shells.state, 'order'), 'three\ntwo\nlast old');
      const decision = await session.decide(wanted, 'confirm');
      assert.is(shown(decision), 'reverted by timer: 3 3, 2 0, 1 0');
      assert.is(decision.kind === 'reverted' && decision.parts.get(3)?.output, 'why\n');
      await session.close();
      assert.equal(left(shells.state), []);
      await until(() => processesWith('revert/r1.0').length === 0, 'no process', 3000);
    });
  });

  test(`${flavour}: a script that fails is taken back before it ends; what was never begun is left alone`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      writeFileSync(join(shells.state, 'b'), 'theirs\n');
      const wanted = toConfirm(
        [
          write(1, 'a', 'new', { owes: ['restart.a'] }),
          change(2, sh`exit 9`, { restore: sh`echo two >>"$TB_STATE"/order` }),
          change(3, sh`:`, { restore: sh`echo three >>"$TB_STATE"/order` }),
        ],
        20_000,
        { verify: [part('v', sh`cat "$TB_STATE"/a; ls "$TB_STATE"/owed`)] },
      );
      const result = await session.apply(wanted, {});
      assert.equal(
        result.changes.map(({ ended, rc }) => `${ended} ${rc}`),
        ['done 0', 'done 9', 'not_run -1'],
      );
      assert.is(text(result.verify[0]), 'old\n');
      assert.is(shown(await session.decide(wanted, 'revert')), 'reverted by failed: 2 0, 1 0');
      assert.is(content(shells.state, 'order'), 'two');
      await session.close();
      assert.equal(left(shells.state), []);
      await until(() => processesWith('revert/r1.0').length === 0, 'no process', 3000);
    });
  });

  test(`${flavour}: what a guard refuses is not taken back over what somebody else wrote`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      writeFileSync(join(shells.state, 'b'), 'theirs\n');
      const wanted = toConfirm(
        [
          write(1, 'a', 'new'),
          write(2, 'b', 'ours', { guard: sh`exit 75`, restore: sh`echo old >"$TB_STATE"/b` }),
        ],
        20_000,
      );
      await session.apply(wanted, {});
      assert.is(shown(await session.decide(wanted, 'revert')), 'reverted by failed: 1 0');
      assert.is(`${content(shells.state, 'a')} ${content(shells.state, 'b')}`, 'old theirs');
    });
  });

  test(`${flavour}: asked to, it is taken back over the connection that is there`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm([write(1, 'a', 'new')], 20_000);
      await session.apply(wanted, {});
      assert.is(shown(await session.decide(wanted, 'revert')), 'reverted by asked: 1 0');
      assert.is(shells.wires.length, 1);
      assert.is(content(shells.state, 'a'), 'old');
      await session.close();
      await until(() => processesWith('revert/r1.0').length === 0, 'no process', 3000);
    });
  });

  test(`${flavour}: what cannot be kept is not begun, and nothing stays armed`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm([write(1, 'absent', 'new'), write(2, 'a', 'new')], 1000);
      const error = await failure(session.apply(wanted, {}));
      assert.match(error.message, /no change was begun/);
      assert.is(content(shells.state, 'a'), 'old');
      assert.equal(left(shells.state), ['runs/r1']);
      await session.close();
      await until(() => processesWith('revert/r1.0').length === 0, 'no process', 3000);
    });
  });

  test(`${flavour}: what an earlier change of it makes is kept when that is made`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const made = change(1, sh`echo one >"$TB_STATE"/b`, { restore: sh`rm -f "$TB_STATE"/b` });
      const wanted = toConfirm([made, write(2, 'b', 'two')], 20_000);
      const result = await session.apply(wanted, {});
      assert.equal(
        result.changes.map(({ rc }) => rc),
        [0, 0],
      );
      assert.is(content(shells.state, 'b'), 'two');
      assert.is(shown(await session.decide(wanted, 'revert')), 'reverted by asked: 2 0, 1 0');
      assert.not(existsSync(join(shells.state, 'b')));
    });
  });

  test(`${flavour}: what a run that has gone left unconfirmed is taken back by the next one, which reads again`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm([write(1, 'a', 'new')], 20_000);
      await session.apply(wanted, {});
      // As if its timer had been lost.
      const [, pid] = /^(\d+) /.exec(readFileSync(join(shells.state, 'revert/r1.0/timer'), 'utf8')) ?? [];
      process.kill(-Number(pid), 'SIGKILL');
      const next = job([change(1, sh`echo never >"$TB_STATE"/never`)], { run: 'r2' });
      const away = await session.apply(next, {});
      assert.is(away.turnedAway?.why, 'stale');
      assert.is(content(shells.state, 'a'), 'old');
      assert.not(existsSync(join(shells.state, 'never')));
      const done = await session.apply({ ...next, stretch: 2 }, {});
      assert.is(done.changes[0]?.ended, 'done');
    });
  });

  test(`${flavour}: logins that fail are tried until one succeeds or the host has taken back`, async () => {
    let fails = 3;
    const { RunError } = await import('../../lib/base/error.ts');
    const reopen = () => {
      fails -= 1;
      if (fails >= 0) throw new RunError('unreachable', 'connection refused');
    };
    await withSession({ flavour, reopen }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm([write(1, 'a', 'new')], 20_000);
      await session.apply(wanted, {});
      assert.is(shown(await session.decide(wanted, 'confirm')), 'confirmed');
      fails = 6;
      const again = toConfirm([write(1, 'a', 'newer')], 1000, { stretch: 2 });
      await session.apply(again, {});
      const decision = await session.decide(again, 'confirm');
      assert.is(shown(decision), 'reverted by timer: 1 0');
      assert.is(decision.kind === 'reverted' && decision.because, 'connection refused');
      assert.is(content(shells.state, 'a'), 'new');
    });
  });

  test(`${flavour}: the script still writes when its time is over: it is ended first`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm(
        [write(1, 'a', 'new'), change(2, sh`sleep 30; echo never >"$TB_STATE"/never`)],
        1000,
      );
      const result = await session.apply(wanted, {});
      assert.is(result.changes[1]?.ended, 'lost');
      assert.is(shown(await session.decide(wanted, 'revert')), 'reverted by timer: 1 0');
      assert.not(existsSync(join(shells.state, 'never')));
      assert.is(content(shells.state, 'a'), 'old');
    });
  });

  test(`${flavour}: a script that was killed is taken back though its clock stands still`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm([write(1, 'a', 'new'), change(2, sh`sleep 40`)], 20_000, {
        confirm: { deadlineMs: 20_000, soft: new Set([1, 2]), also: [] },
      });
      const applied = session.apply(wanted, {});
      const journal = join(shells.state, 'runs/r1/0/journal');
      await until(
        () => existsSync(journal) && /^W 2$/m.test(readFileSync(journal, 'utf8')),
        'it is at it',
        5000,
      );
      const [, pid] = /^P (\d+) /.exec(readFileSync(journal, 'utf8')) ?? [];
      process.kill(-Number(pid), 'SIGKILL');
      await until(() => existsSync(join(shells.state, 'reverted/r1.0')), 'taken back', 5000);
      assert.is(content(shells.state, 'a'), 'old');
      assert.is((await applied).changes[1]?.ended, 'lost');
      assert.is(shown(await session.decide(wanted, 'revert')), 'reverted by timer: 1 0');
    });
  });

  test(`${flavour}: for a change that cannot cut the clock stands still, and then begins anew`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'a'), 'old\n');
      const wanted = toConfirm([write(1, 'a', 'new'), change(2, sh`sleep 6`)], 4000, {
        confirm: { deadlineMs: 4000, soft: new Set([1, 2]), also: [] },
      });
      const result = await session.apply(wanted, {});
      assert.is(result.changes[1]?.ended, 'done');
      assert.is(shown(await session.decide(wanted, 'confirm')), 'confirmed');
      assert.is(content(shells.state, 'a'), 'new');
    });
  });
}

test('to have taken something back is no failure of the unit that the next boot starts', () => {
  const wanted = toConfirm([write(1, 'a', 'new')], 1000);
  const text = String(armText(wanted, 0, { refuse: () => sh`exit 1`, save: () => sh`:` }));
  assert.ok(text.includes(`SuccessExitStatus=${REVERTED}`));
  assert.ok(text.includes(`exit ${REVERTED}`), 'the status of its script');
});

test('what does not come back while the host goes down is taken back by the next boot', async () => {
  await withSession({}, async (session, shells) => {
    const wanted = toConfirm(
      [change(1, sh`:`, { restore: sh`cat "$TB_STATE"/bus >>"$TB_STATE"/back` })],
      1000,
    );
    const folder = join(shells.state, 'revert/r1.0');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(shells.state, 'runs/r1/0'), { recursive: true });
    mkdirSync(join(shells.state, 'reverted'));
    for (const file of ['runs/r1/0/journal', 'revert/r1.0/owed'])
      writeFileSync(join(shells.state, file), 'W 1\n');
    const text = String(revertScript(wanted, 0))
      .replaceAll('-d /run/systemd/system', '-d /proc')
      .replace('systemctl is-system-running', 'echo stopping');
    writeFileSync(join(folder, 'script'), text);
    const call = async (word: string): Promise<string> =>
      answer(await session.read([part(word, sh`/bin/sh "$TB_STATE"/revert/r1.0/script ${word}; echo $?`)]));
    assert.is(await call('failed'), '11');
    assert.equal(left(shells.state), ['runs/r1', 'revert/r1.0']);
    writeFileSync(join(shells.state, 'bus'), 'there\n');
    assert.is(await call('boot'), String(REVERTED));
    assert.is(content(shells.state, 'back'), 'there');
    assert.equal(left(shells.state), ['runs/r1', 'reverted/r1.0']);
  });
});
