/** What the engine writes down, and when; runs that go on with another; steps that are left out or asked about. */
import { RunError } from '../../lib/base/error.ts';
import type { ChangeEnd, Intended, Journal } from '../../lib/model/journal.ts';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('journal of a run');

interface Noted {
  readonly journal: Journal;
  readonly lines: string[];
  readonly intents: Intended[];
  readonly ends: ChangeEnd[];
}

/** `seen`: called before each intent is let through. */
function note(seen: (host: string) => void = () => undefined): Noted {
  const noted: Omit<Noted, 'journal'> = { lines: [], intents: [], ends: [] };
  return {
    ...noted,
    journal: {
      async intend(host, stretch, changes) {
        seen(host);
        noted.lines.push(`intend ${host} ${stretch} ${changes.map(({ step }) => step).join(',')}`);
        noted.intents.push(...changes);
      },
      sent() {},
      ended(host, end) {
        noted.lines.push(`ended ${host} ${end.id} ${end.ended} ${end.rc}`);
        noted.ends.push(end);
      },
      found() {},
      async kept() {
        noted.lines.push('kept');
      },
      done(host, unfinished) {
        noted.lines.push(`done ${host} ${unfinished ? 'unfinished' : 'finished'}`);
      },
    },
  };
}

const STEPS = `
secrets: { pass: { env: PASS } }
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "p=\${{ secrets.pass }}\\n" } }
  - { id: act, task: command, with: { shell: "echo x >>/srv/acts; cat /srv/conf; echo seen" } }
  - { id: rest, task: file, with: { path: /srv/rest, content: "r\\n" } }
`;
const ENV = { PASS: 'correct-horse-battery' };

test('what is about to happen is told before it does, then how it ended, and no secret is in it', () =>
  withFleet(['a'], async (fleet) => {
    const there: string[] = [];
    const noted = note(() => there.push(fleet.server('a').run('ls /srv 2>/dev/null || :')));
    const run = await fleet.run(STEPS, { journal: noted.journal, env: ENV });
    assert.is(run.exit, 0);
    assert.equal(noted.lines, [
      'intend a 1 conf,act',
      'ended a 1 done 0',
      'ended a 2 done 0',
      'kept',
      'intend a 2 rest',
      'ended a 3 done 0',
      'done a finished',
    ]);
    assert.is(there[0], '', 'nothing was there when the first stretch was written down');
    assert.not.match(JSON.stringify([noted.intents, noted.ends]), /correct-horse/);
    assert.equal(
      noted.intents.map(({ step, act }) => [step, act ?? false]),
      [
        ['conf', false],
        ['act', true],
        ['rest', false],
      ],
    );
    const end = noted.ends.find(({ id }) => id === 2);
    assert.equal([end?.stdout?.includes('seen'), end?.stdoutHidden], [true, true]);
    const [, , rest] = noted.intents;
    assert.equal((rest?.before as { exists?: boolean } | undefined)?.exists, false);
    assert.equal((rest?.after as { content?: string } | undefined)?.content, 'r\n');
    const again = note();
    await fleet.run(STEPS.replace(/\n {2}- \{ id: act.*/, ''), { journal: again.journal, env: ENV });
    assert.equal(again.lines, ['done a finished'], 'an unchanged run intends nothing');
  }));

test('where it cannot be written down nothing is sent to any host', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const refused = note(() => {
      throw new RunError('failed', 'the journal cannot be written: the disk is full');
    });
    const run = await fleet.run(STEPS, { journal: refused.journal, env: ENV });
    assert.is(run.exit, 2);
    for (const host of ['a', 'b']) {
      assert.match(run.failure('conf', host).message, /the disk is full/);
      assert.is(fleet.server(host).run('ls /srv'), '');
    }
  }));

/** What a run knows of its host when it was killed before anything came back. */
async function killed(fleet: Fleet): Promise<{ readonly id: string; readonly changes: readonly Intended[] }> {
  const noted = note();
  const id = '20261122101500-abc123';
  const folder = `/var/lib/tightbeam/runs/${id}/1`;
  await fleet.run(BOOK, { journal: noted.journal, only: ['never'], id });
  const foreseen = note((host) => {
    throw new RunError('failed', host);
  });
  const changes: Intended[] = [];
  await fleet.run(BOOK, {
    id,
    journal: {
      ...foreseen.journal,
      intend: (_, __, intended) => {
        changes.push(...intended);
        return Promise.reject(new RunError('failed', 'killed'));
      },
    },
  });
  // As the script had left it: the first two ended, the third began, and the host rebooted.
  fleet
    .server('a')
    .run(
      `mkdir -p ${folder}; printf 'P 1 1\nB 1\nE 1 0\nB 2\nE 2 0\nB 3\n' >${folder}/journal; printf 'out\n' >${folder}/capture.2`,
    );
  return { id, changes };
}

const BOOK = `
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "c\\n" } }
  - { id: act, task: command, with: { shell: "echo x >>/srv/acts", effects: [/srv/acts] } }
  - { id: lost, task: command, with: { shell: "echo y >>/srv/acts", effects: [/srv/acts] } }
  - { id: use, task: file, with: { path: /srv/use, content: "\${{ steps.act.outputs.stdout }}" }, needs: [act] }
  - { id: never, task: command, with: { argv: ["true"], creates: / } }
`;

test('acts that had ended on the host are taken up with their output; one that may have run is refused until it is said', () =>
  withFleet(['a'], async (fleet) => {
    const { id, changes } = await killed(fleet);
    assert.ok(changes.length >= 3, JSON.stringify(changes));
    const page = { stretches: [{ stretch: 1, at: Date.now(), changes }], ends: new Map() };
    const resume = { finished: new Set<string>(), hosts: new Map([['a', page]]), again: new Set<string>() };
    const noted = note();
    const run = await fleet.run(BOOK, { id, resume, journal: noted.journal });
    assert.is(run.exit, 2);
    assert.match(
      run.failure('lost').message,
      /had begun when the run stopped, and nobody knows how it ended/,
    );
    assert.match(run.failure('lost').hint ?? '', /run resume \S+ --again lost/);
    // The file of the first step was never made: what is a resource is read, whatever the journal says.
    assert.is(
      fleet.server('a').run('cat /srv/conf /srv/use; cat /srv/acts 2>/dev/null || echo none'),
      'c\noutnone\n',
    );
    assert.ok(noted.lines.includes('ended a 2 done 0') && noted.lines.includes('ended a 3 lost -1'));
    assert.ok(
      noted.lines.every((line) => !line.startsWith('intend a 1 ')),
      'a stretch has a number of its own',
    );
    assert.is(
      fleet.server('a').run(`ls -d /var/lib/tightbeam/runs/${id}/1 2>/dev/null || echo gone`),
      'gone\n',
    );
    const again = await fleet.run(BOOK, {
      id,
      resume: {
        ...resume,
        hosts: new Map([['a', { ...page, ends: new Map(noted.ends.map((end) => [end.id, end])) }]]),
        again: new Set(['lost']),
      },
    });
    assert.is(again.exit, 0, JSON.stringify(again.of('step')));
    assert.is(fleet.server('a').run('cat /srv/acts'), 'y\n');
  }));

test('what has not begun by then never will, and an act of which the host knows nothing any more is refused', () =>
  withFleet(['a'], async (fleet) => {
    const { id, changes } = await killed(fleet);
    fleet.server('a').run(`rm -rf /var/lib/tightbeam/runs/${id}`);
    const resumed = (at: number) =>
      fleet.run(BOOK, {
        id,
        resume: {
          finished: new Set<string>(),
          hosts: new Map([['a', { stretches: [{ stretch: 1, at, changes }], ends: new Map() }]]),
          again: new Set<string>(),
        },
      });
    const old = await resumed(Date.now() - 2 * 86_400_000);
    assert.match(old.failure('act').message, /nobody knows how it ended/);
    assert.is(fleet.server('a').run('cat /srv/acts 2>/dev/null || echo none'), 'none\n');
    const fresh = await resumed(Date.now());
    assert.is(fresh.exit, 0);
    assert.is(fleet.server('a').run('cat /srv/acts'), 'x\ny\n');
  }));

test('what a run that is gone has left the next one takes away; its acts count as lost, and those of a stretch that never came do not', () =>
  withFleet(['a'], async (fleet) => {
    const { id, changes } = await killed(fleet);
    const other = `
steps:
  - { id: other, task: file, with: { path: /srv/other, content: "o\\n" } }
`;
    const resumed = (top: number) =>
      fleet.run(BOOK, {
        id,
        resume: {
          finished: new Set<string>(),
          hosts: new Map([
            ['a', { stretches: [{ stretch: 1, at: Date.now(), changes, sent: { top } }], ends: new Map() }],
          ]),
          again: new Set<string>(),
        },
      });
    const list = 'ls /var/lib/tightbeam/runs; ls /var/lib/tightbeam/lock | tail -n 1';
    // One that is still at work stays.
    const pid = fleet
      .server('a')
      .run(
        'mkdir -p /var/lib/tightbeam/runs/20-b/1; sleep 60 >/dev/null 2>&1 & echo $!; echo "P $! $(cut -d " " -f 22 /proc/$!/stat)" >/var/lib/tightbeam/runs/20-b/1/journal',
      );
    assert.is((await fleet.run(other)).exit, 0);
    assert.is(fleet.server('a').run(list), '20-b\n1\n');
    fleet.server('a').run(`kill ${pid}`);
    const lost = await resumed(0);
    assert.is(lost.exit, 2);
    assert.match(
      lost.failure('act').message,
      /had begun when the run stopped, and nobody knows how it ended/,
    );
    assert.is(fleet.server('a').run('cat /srv/acts 2>/dev/null || echo none'), 'none\n');
    const top = Number(fleet.server('a').run('ls /var/lib/tightbeam/lock | sort -n | tail -n 1'));
    assert.ok(top > 1, String(top));
    const never = await resumed(top);
    assert.is(never.exit, 0, JSON.stringify(never.of('step')));
    assert.is(fleet.server('a').run('cat /srv/acts'), 'x\ny\n');
  }));

test('what was made and not confirmed when the run was killed is taken back by who resumes it, said, and made again', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "new\\n" } }
  - { id: act, task: command, confirm: off, with: { shell: "echo x >>/srv/acts", effects: none } }
`;
    fleet.server('a').run('mkdir -p /srv; echo old >/srv/conf');
    const id = '20261122101500-abc123';
    const noted = note();
    let stretch = 0;
    const intents: { stretch: number; changes: readonly Intended[] }[] = [];
    const journal: Journal = {
      ...noted.journal,
      async intend(_, number, changes) {
        stretch = number;
        intents.push({ stretch, changes });
      },
    };
    // As one that was killed once the host had written, and before the new login.
    const first = await fleet.run(book, {
      id,
      journal,
      confirm: 600_000,
      cut: true,
      open: (open) => async (target, signal) =>
        new Proxy(await open(target, signal), {
          get: (session, name) => {
            if (name === 'decide') return () => Promise.reject(new RunError('unreachable', 'killed'));
            const value: unknown = Reflect.get(session, name, session);
            return typeof value === 'function' ? value.bind(session) : value;
          },
        }),
    });
    assert.is(first.exit, 4, JSON.stringify(first.events));
    assert.is(fleet.server('a').run('cat /srv/conf; ls /var/lib/tightbeam/revert | wc -l'), 'new\n1\n');
    const page = {
      stretches: intents.map((each) => ({ ...each, at: Date.now() })),
      ends: new Map(noted.ends.map((end) => [end.id, end])),
    };
    assert.is(page.ends.get(1)?.ended, 'done');
    const resume = { finished: new Set<string>(), hosts: new Map([['a', page]]), again: new Set<string>() };
    const dry = await fleet.run(book, { id, resume, dryRun: true });
    assert.match(dry.of('warning')[0]?.message ?? '', /will be taken back by the host: file:\/srv\/conf/);
    const again = note();
    const second = await fleet.run(book, { id, resume, journal: again.journal });
    assert.is(second.exit, 0, JSON.stringify(second.events));
    assert.match(
      second.of('warning')[0]?.message ?? '',
      /was not confirmed by a new login, and was taken back by the host: file:\/srv\/conf; it is planned again/,
    );
    assert.is(again.lines[0], 'ended a 1 not_run -1');
    assert.equal(
      second.of('change').map(({ step }) => step),
      ['conf', 'act'],
    );
    assert.is(
      fleet
        .server('a')
        .run('cat /srv/conf /srv/acts; ls /var/lib/tightbeam/revert /var/lib/tightbeam/reverted'),
      'new\nx\n/var/lib/tightbeam/revert:\n\n/var/lib/tightbeam/reverted:\n',
    );
  }));

test('finished hosts are read only where others use their outputs', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = (uses: boolean): string => `
steps:
  - { id: one, task: command, hosts: a, with: { argv: [hostname], changed: never } }
  - { id: two, task: file, hosts: b, needs: [one@a], with: { path: /srv/two, content: "${uses ? '${{ hosts.a.steps.one.outputs.rc }}' : '0'}" } }
`;
    const resume = { finished: new Set(['a']), hosts: new Map(), again: new Set<string>() };
    const alone = await fleet.run(book(false), { resume });
    assert.equal([alone.exit, alone.turns.a, Object.keys(alone.recap.hosts)], [0, 0, ['b']]);
  }));

test('--only leaves out the rest; --step asks once for all hosts, and what is refused is left out', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = `
steps:
  - { id: one, task: file, with: { path: /srv/one, content: "1" } }
  - { id: two, task: file, with: { path: /srv/two, content: "2" } }
  - { id: three, task: file, with: { path: /srv/three, content: "3" } }
`;
    const only = await fleet.run(book, { only: ['three,one'], limit: ['a'] });
    assert.equal(only.steps('a'), ['one changed', 'three changed']);
    const asked: string[] = [];
    const run = await fleet.run(book, {
      askStep: async (step, _, changes) => {
        if (!asked.includes(step.id)) asked.push(step.id);
        assert.ok(changes.every((change) => change.step === step.id));
        return step.id === 'two' ? 'no' : 'yes';
      },
    });
    assert.is(run.exit, 0);
    assert.equal(run.steps('b').toSorted(), ['one changed', 'three changed', 'two skipped']);
    assert.equal(asked.toSorted(), ['one', 'three', 'two']);
    assert.is(fleet.server('a').run('ls /srv'), 'one\nthree\n');
    const quit = await fleet.run(book, {
      watch: (event, control) => {
        if (event.kind === 'connected') setTimeout(() => control().stop('SIGINT'), 300);
      },
      askStep: () => new Promise((answer) => setTimeout(() => answer('quit'), 600)),
    });
    assert.is(quit.exit, 130);
    assert.is(fleet.server('a').run('ls /srv'), 'one\nthree\n');
  }));
