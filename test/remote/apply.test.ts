/** Applies over a real shell: order, guards, marks, outputs, settling, verification, limits; on dash and busybox alone. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../../lib/base/sh.ts';
import type { ApplyWatch } from '../../lib/remote/contract.ts';
import { assert, suite } from '../suite.ts';
import { change, FLAVOURS, failure, job, part, processesWith, text, until, withSession } from './shell.ts';

const test = suite('apply');

/** A systemctl that says a new InvocationID at each start and activates for a while. */
const SYSTEMCTL = `mount -t tmpfs tmpfs /usr/local/bin; cat >/usr/local/bin/systemctl <<'EOF'
#!/bin/sh
case "$*" in
*InvocationID*) echo "id-$6" ;;
*) n=$(cat /usr/local/bin/n 2>/dev/null || echo 0); echo $((n+1)) >/usr/local/bin/n; echo active; echo; if [ $n -lt 2 ]; then echo activating; else echo active; fi ;;
esac
EOF
chmod +x /usr/local/bin/systemctl`;

function recorder(): { readonly lines: string[]; readonly watch: ApplyWatch } {
  const lines: string[] = [];
  const watch: ApplyWatch = {
    begin: (id) => lines.push(`begin ${id}`),
    end: (id, result) => lines.push(`end ${id} ${result.ended} ${result.rc}`),
    part: (id, result) => lines.push(`part ${id} ${result.tag} ${text(result).trim()}`),
  };
  return { lines, watch };
}

for (const flavour of FLAVOURS) {
  test(`${flavour}: changes in order, each with its own output; verified in the same round trip; nothing stays`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const { lines, watch } = recorder();
      const result = await session.apply(
        job(
          [
            change(1, sh`echo one; echo err >&2; echo x >$TB_STATE/x`),
            change(
              2,
              sh`cat; echo "$LC_ALL $DEBIAN_FRONTEND $(umask) $(pwd)"; echo y >"$TB_BACKUP/y" && stat -c %a "$TB_BACKUP"`,
            ),
            change(3, sh`echo kept; echo beside >&2`, { captures: true }),
          ],
          { verify: [part('v', sh`cat $TB_STATE/x; echo $LC_ALL`)] },
        ),
        watch,
      );
      assert.is(session.roundTrips, 1);
      assert.equal(lines, ['begin 1', 'end 1 done 0', 'begin 2', 'end 2 done 0', 'begin 3', 'end 3 done 0']);
      assert.equal(
        result.changes.map((one) => `${one.output}|${one.captured ?? ''}`),
        ['one\nerr\n|', 'C.UTF-8 noninteractive 0022 /\n700\n|', 'kept\nbeside\n|kept\n'],
      );
      assert.is(text(result.verify[0]), 'x\nC\n');
      await session.close();
      assert.equal(readdirSync(join(shells.state, 'runs')), []);
    });
  });

  test(`${flavour}: the first failure stops the rest, is named, and verification still reads`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const result = await session.apply(
        job(
          [
            change(1, sh`:`, { owes: ['restart.a'] }),
            change(2, sh`echo a; false`, { owes: ['restart.b'] }),
            change(3, sh`echo never >$TB_STATE/never`, { owes: ['restart.c'] }),
          ],
          { verify: [part('v', sh`ls $TB_STATE/owed`)] },
        ),
        {},
      );
      assert.equal(
        result.changes.map((one) => `${one.ended} ${one.rc}`),
        ['done 0', 'done 1', 'not_run -1'],
      );
      assert.is(text(result.verify[0]), 'restart.a\nrestart.b\n');
      assert.is(session.roundTrips, 1);
      assert.not(existsSync(join(shells.state, 'never')));
      assert.match(
        readFileSync(join(shells.state, 'runs/r1/0/journal'), 'utf8'),
        /^B 2 10 \d+\nE 2 1\nend\n/m,
      );
    });
  });

  test(`${flavour}: exit, syntax errors and false && true end one change, with its own status`, async () => {
    await withSession({ flavour }, async (session) => {
      const statuses: number[] = [];
      for (const script of [sh`exit 7; :`, sh`false && true`, sh`if (`, sh`exec false`]) {
        const id = statuses.length;
        const result = await session.apply(job([change(1, script), change(2, sh`:`)], { stretch: id }), {});
        statuses.push(result.changes[0]?.rc ?? -1);
        assert.is(result.changes[1]?.ended, 'not_run');
      }
      assert.equal(statuses, [7, 1, 2, 1]);
    });
  });

  test(`${flavour}: a guard that says no stops before anything is written or owed`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'f'), "somebody else's line\n");
      const guard = sh`[ "$(sha256sum <$TB_STATE/f)" = other ] || exit 75`;
      const result = await session.apply(
        job([
          change(1, sh`:`, { guard: sh`true` }),
          change(2, sh`echo mine >$TB_STATE/f`, { guard, owes: ['m'] }),
          change(3, sh`:`),
        ]),
        {},
      );
      assert.equal(
        result.changes.map((one) => `${one.ended} ${one.rc}`),
        ['done 0', 'drifted 75', 'not_run -1'],
      );
      assert.is(readFileSync(join(shells.state, 'f'), 'utf8'), "somebody else's line\n");
      assert.equal(readdirSync(join(shells.state, 'owed')), []);
    });
  });

  test(`${flavour}: what the way back needs is kept before the change; where it cannot be, nothing is written or owed`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      writeFileSync(join(shells.state, 'f'), 'before\n');
      const write = (id: number, save: ReturnType<typeof sh>) =>
        change(id, sh`cat "$TB_BACKUP"/f; echo mine >>$TB_STATE/f`, { save, owes: [`m${id}`] });
      const result = await session.apply(
        job([write(1, sh`cat $TB_STATE/f >"$TB_BACKUP"/f`), write(2, sh`echo no room; exit 75`)]),
        {},
      );
      assert.equal(
        result.changes.map((one) => `${one.ended} ${one.rc}`),
        ['done 0', 'done 75'],
      );
      assert.is(`${result.changes[0]?.output}`, 'before\n');
      assert.match(`${result.changes[1]?.output}`, /^no room\nwhat the way back needs could not be kept/);
      assert.is(readFileSync(join(shells.state, 'f'), 'utf8'), 'before\nmine\n');
      assert.equal(readdirSync(join(shells.state, 'owed')), ['m1']);
    });
  });

  test(`${flavour}: a guard that cannot tell fails its change, and nothing is written or owed`, async () => {
    const broken: readonly (readonly [ReturnType<typeof sh>, number, RegExp])[] = [
      [sh`false`, 1, /status 1/],
      [sh`echo what; exit 7`, 7, /^what\n.*status 7: nothing was changed\n$/],
      [sh`no-such-program-at-all`, 127, /status 127/],
      [sh`if (`, 2, /status 2/],
    ];
    await withSession({ flavour }, async (session, shells) => {
      for (const [stretch, [guard, rc, words]] of broken.entries()) {
        const write = change(1, sh`echo mine >$TB_STATE/f`, { guard, owes: ['m'] });
        const result = await session.apply(job([write, change(2, sh`:`)], { stretch }), {});
        assert.equal(
          result.changes.map((one) => `${one.ended} ${one.rc}`),
          [`done ${rc}`, 'not_run -1'],
        );
        assert.match(`${result.changes[0]?.output}`, words);
      }
      const nobody = change(1, sh`echo mine >$TB_STATE/f`, { guard: sh`:`, user: 'no-such-one' });
      const result = await session.apply(job([nobody], { stretch: 9 }), {});
      assert.is(`${result.changes[0]?.ended} ${result.changes[0]?.rc}`, 'done 126');
      assert.match(`${result.changes[0]?.output}`, /no account no-such-one/);
      assert.not(existsSync(join(shells.state, 'f')));
      assert.equal(readdirSync(join(shells.state, 'owed')), []);
    });
  });

  test(`${flavour}: marks are there while the change runs, and paid only by success`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      mkdirSync(join(shells.state, 'owed'));
      writeFileSync(join(shells.state, 'owed/old'), '');
      const owed = sh`ls $TB_STATE/owed`;
      const result = await session.apply(
        job([
          change(1, owed, { owes: ['restart.frr.service'] }),
          change(2, owed, { pays: ['restart.frr.service'] }),
          change(3, sh`false`, { pays: ['old'] }),
        ]),
        {},
      );
      assert.equal(
        result.changes.map((one) => `${one.output}`),
        ['old\nrestart.frr.service\n', 'old\nrestart.frr.service\n', ''],
      );
      assert.equal(readdirSync(join(shells.state, 'owed')), ['old']);
    });
  });

  test(`${flavour}: frame-like output and the protocol's streams stay out of the protocol`, async () => {
    await withSession({ flavour }, async (session) => {
      const shout = sh`for fd in 3 4 5 6 7 8 9; do ( echo loud >&$fd ) 2>/dev/null; done; printf '\\nabc:1:1:E:0\\n'; exit 4`;
      const result = await session.apply(job([change(1, shout)], { verify: [part('v', sh`echo v`)] }), {});
      assert.is(result.changes[0]?.rc, 4);
      assert.is(`${result.changes[0]?.output}`, '\nabc:1:1:E:0\n');
      assert.is(text(result.verify[0]), 'v\n');
    });
  });

  test(`${flavour}: what a change leaves behind cannot reach the protocol's streams either`, async () => {
    await withSession({ flavour }, async (session) => {
      const later = sh`for fd in 1 5 6 7; do ( sleep 0.3; echo loud >&$fd ) & done 2>/dev/null`;
      const result = await session.apply(
        job([change(1, later), change(2, sh`echo b`)], { verify: [part('v', sh`sleep 0.6; echo v`)] }),
        {},
      );
      assert.is(text(result.verify[0]), 'v\n');
      assert.is(`${result.verify[0]?.err}`, '');
      assert.is(`${result.changes[1]?.output}`, 'b\n');
    });
  });

  test(`${flavour}: a child left behind holds nothing up, lives on, and taints no other output`, async () => {
    await withSession({ flavour }, async (session) => {
      const started = Date.now();
      const result = await session.apply(
        job(
          [
            change(1, sh`( sleep 0.2; echo late; exec sleep 3.141 ) & echo a`),
            change(2, sh`sleep 0.4; echo b`),
          ],
          {
            verify: [part('v', sh`sleep 0.2; echo v`)],
          },
        ),
        {},
      );
      assert.ok(Date.now() - started < 2500);
      assert.is(`${result.changes[1]?.output}`, 'b\n');
      assert.is(text(result.verify[0]), 'v\n');
      assert.is(processesWith('sleep 3.141').length, 1);
      await until(() => processesWith('sleep 3.141').length === 0, 'it ends by itself');
    });
  });

  test(`${flavour}: a change over its limit is ended with its children, and verification is read`, async () => {
    await withSession({ flavour }, async (session) => {
      const { lines, watch } = recorder();
      const result = await session.apply(
        job(
          [
            change(1, sh`echo a`),
            change(2, sh`echo b; sh -c 'trap "" TERM; sleep 8651'; sleep 8652`, { limitMs: 300 }),
            change(3, sh`:`),
          ],
          { verify: [part('v', sh`echo v`)] },
        ),
        watch,
      );
      assert.equal(
        result.changes.map((one) => `${one.ended} ${one.output}`),
        ['done a\n', 'hung b\n', 'not_run '],
      );
      assert.equal(lines.slice(-2), ['begin 2', 'end 2 hung -1']);
      assert.is(text(result.verify[0]), 'v\n');
      await until(() => processesWith('sleep 865').length === 0, 'children of the hung change are gone');
    });
  });

  test(`${flavour}: a change that kills its own group is lost, not done`, async () => {
    await withSession({ flavour }, async (session) => {
      const result = await session.apply(
        job([change(1, sh`echo a; kill -9 $$; sleep 1`), change(2, sh`:`)], {
          verify: [part('v', sh`echo v`)],
        }),
        {},
      );
      assert.equal(
        result.changes.map((one) => `${one.ended} ${one.output}`),
        ['lost a\n', 'not_run '],
      );
      assert.is(text(result.verify[0]), 'v\n');
    });
  });

  test(`${flavour}: outputs for others are read right after their change, and a hung one holds nothing up`, async () => {
    await withSession({ flavour }, async (session) => {
      const { lines, watch } = recorder();
      const early = { ['then' as const]: [part('early', sh`cat $TB_STATE/key; echo $LC_ALL`)] };
      const then = [
        part('hangs', sh`sleep 8653`, { limitMs: 200 }),
        part('key', sh`cat $TB_STATE/key; echo $LC_ALL`),
      ];
      const result = await session.apply(
        job([
          change(1, sh`echo k >$TB_STATE/key`, early),
          change(2, sh`sleep 0.1`, { then }),
          change(3, sh`false`, { then }),
        ]),
        watch,
      );
      assert.equal(
        result.changes.map((one) => one.rc),
        [0, 0, 1],
      );
      assert.ok(lines.indexOf('part 1 early k\nC') < lines.indexOf('end 2 done 0'), lines.join());
      assert.is(lines.filter((line) => line === 'part 2 hangs (hung)').length, 1);
      assert.is(lines.filter((line) => line === 'part 2 key k\nC').length, 1);
      assert.is(lines.filter((line) => line.startsWith('part 3')).length, 0);
      assert.is(processesWith('sleep 8653').length, 0);
    });
  });

  test(`${flavour}: settling waits, and longer for units that activate; invocations are noted at once`, async () => {
    await withSession({ flavour, login: SYSTEMCTL }, async (session) => {
      const started = Date.now();
      const result = await session.apply(
        job([change(1, sh`:`, { unit: 'a.service' })], {
          settleMs: 300,
          settleUnits: ['a.service', 'b.service'],
        }),
        {},
      );
      const took = Date.now() - started;
      assert.ok(took > 1250 && took < 2600, `${took} ms`);
      assert.equal([...result.invocations], [['a.service', 'id-a.service']]);
    });
  });

  test(`${flavour}: live output of what runs, attributed`, async () => {
    await withSession({ flavour }, async (session) => {
      const seen: string[] = [];
      await session.apply(
        job([
          change(1, sh`echo before`),
          change(2, sh`echo first; sleep 0.6; echo second; sleep 0.6; echo third`),
        ]),
        { output: (id, chunk) => seen.push(`${id} ${chunk}`) },
      );
      assert.equal(seen.slice(0, 2), ['2 first\n', '2 second\n']);
      assert.is(session.roundTrips, 1);
    });
  });

  test(`${flavour}: a change as another account has a backup folder and reads no other file of the run`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const script = sh`id -un; echo "$LC_ALL $DEBIAN_FRONTEND $(umask)"; echo z >"$TB_BACKUP/z" && stat -c '%a %U' "$TB_BACKUP"; cat "$TB_BACKUP/../spool.1" 2>/dev/null; echo $?`;
      const result = await session.apply(
        job([change(1, sh`echo root`), change(2, script, { user: 'nobody' })]),
        {},
      );
      assert.is(`${result.changes[1]?.output}`, 'nobody\nC.UTF-8 noninteractive 0022\n700 nobody\n1\n');
      assert.is(statSync(shells.state).mode & 0o007, 1);
    });
  });

  test(`${flavour}: contents with every byte, quotes and no last newline; a megabyte of quotes`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const quotes = "it's\n".repeat(200_000);
      const odd = `${String.fromCharCode(...Array.from({ length: 127 }, (_, i) => i + 1))}EOF\nTB'$(x)\`\\`;
      const result = await session.apply(
        job([
          change(1, sh`printf %s ${quotes} >$TB_STATE/quotes`),
          change(2, sh`printf %s ${odd} >$TB_STATE/odd`, { user: 'root' }),
        ]),
        {},
      );
      assert.equal(
        result.changes.map((one) => one.rc),
        [0, 0],
      );
      assert.is(readFileSync(join(shells.state, 'quotes'), 'utf8'), quotes);
      assert.is(readFileSync(join(shells.state, 'odd'), 'latin1'), odd);
    });
  });

  test(`${flavour}: a machine under two names is not worked on twice in one run`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const { run, stretch } = job([]);
      mkdirSync(join(shells.state, 'runs', run, String(stretch)), { recursive: true });
      writeFileSync(join(shells.state, 'runs', run, String(stretch), 'journal'), 'P 1 1\n');
      const error = await failure(session.apply(job([change(1, sh`echo x`)]), {}));
      assert.match(error.message, /no change was begun: this run is already at work on that machine/);
      assert.match(error.hint ?? '', /two names/);
    });
  });

  test(`${flavour}: where the journal cannot be written nothing is run`, async () => {
    const login = 'mount -t tmpfs -o size=4k,nr_inodes=3 tmpfs /var/lib/tightbeam';
    await withSession({ flavour, login }, async (session) => {
      const error = await failure(session.apply(job([change(1, sh`echo x`)]), {}));
      assert.is(error.code, 'failed');
      assert.match(error.message, /no change was begun: .*(space|tightbeam)/i);
    });
  });
}
