/** Two operators and one pair of hosts: 50 races of the real command, and holders that are killed or stopped in the middle. */
import type { Finished } from '../fixture/lab-run.ts';
import { labSuite } from '../fixture/lab-suite.ts';
import { STILL } from '../fixture/still.ts';
import { assert } from '../suite.ts';

const RACES = 50;
const HOSTS = ['roz', 'wro'];
/** Of races that find something, the seed is what repeats them. */
const SEED = Number(process.env.RACE_SEED ?? Date.now() % 1e6);

/** Marks the begin and the end of each change, in stretches of their own: nobody else's mark may stand between the first and the last. */
const book = (name: string, file: string, become: boolean, seconds: string): string => `name: ${name}
hosts: all
become: ${become}
steps:
${[1, 2, 3]
  .map(
    (step) =>
      `  - { id: s${step}, task: command, with: { shell: "echo B \${{ vars.who }} >>${file}; sleep ${seconds}; echo E \${{ vars.who }} >>${file}" } }`,
  )
  .join('\n')}
`;

const { test, lab } = labSuite('two operators', 2, async (project) => {
  const host = (name: string, user: string): string =>
    `  ${name}: { address: ${project.address(name)}, user: ${user}, identity: id_ed25519 }\n`;
  project.inventory('ops', `hosts:\n${HOSTS.map((name) => host(name, 'ops')).join('')}`);
  project.inventory('one', `hosts:\n${host('roz', 'root')}`);
  project.write('runbooks/race.yaml', book('Race', '/srv/marks', true, '0.05'));
  project.write('runbooks/home.yaml', book('Home', '/home/ops/marks', false, '0.05'));
  // A file after a command is looked at again first, so that each command has a script of its own.
  const file = (step: number) =>
    `  - { id: f${step}, task: file, with: { path: /srv/f${step}, content: "\${{ vars.who }}\\n" } }\n`;
  const long = book('Long', '/srv/marks', true, '2').split(/(?= {2}- \{ id: s[23])/);
  // Nothing of s2 is there before somebody says so.
  const go = '  - { id: go, task: wait_for, with: { file: /srv/go, timeout: 100 } }\n';
  project.write(
    'runbooks/long.yaml',
    long
      .map((part, at) => `${part}${part.endsWith('\n') ? '' : '\n'}${at === 0 ? go : ''}${file(at)}`)
      .join(''),
  );
  await project.byHand('roz', 'touch /srv/go');
});

/** mulberry32: the same numbers for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

const wait = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

function start(who: string, runbook: string, inventory: string, more: readonly string[] = []) {
  return lab().start([runbook, `inventory/${inventory}`, '-e', `who=${who}`, ...more], {
    env: { USER: who },
  });
}

/** Who wrote, in order; throws where one began before the other had ended. */
function turns(marks: string, whole: boolean): readonly string[] {
  const lines = marks.trim() === '' ? [] : marks.trim().split('\n');
  const found: string[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const [begin = '', end = ''] = [lines[at], lines[at + 1]];
    if (!begin.startsWith('B ') || end !== begin.replace('B', 'E'))
      throw new Error(`both at once:\n${marks}`);
    const who = begin.slice(2);
    if (found.at(-1) !== who) found.push(who);
  }
  if (whole && new Set(found).size !== found.length) throw new Error(`one amid the other:\n${marks}`);
  return found;
}

const marksOf = (host: string, file: string): Promise<string> =>
  lab().byHand(host, `cat ${file} 2>/dev/null; rm -f ${file}`);

const said = ({ out, err, code }: Finished): string => `exit ${code}\n${out}${err}`;

test(`${RACES} races: never both write to one host; who loses exits 7, or waits`, async () => {
  const random = numbers(SEED);
  const tally = { locked: 0, waited: 0, read_again: 0, apart: 0 };
  for (let race = 0; race < RACES; race += 1) {
    // Some wait, some log in as others, some as an account that has no root at all.
    const home = race % 10 === 9;
    const [runbook, file] = home ? ['home', '/home/ops/marks'] : ['race', '/srv/marks'];
    const words = () => (random() < 0.5 ? ['--lock-timeout', '60s'] : []);
    const inventory = () => (home || random() < 0.3 ? 'ops' : 'lab');
    const both = [
      { who: 'alice', more: words(), inventory: inventory() },
      { who: 'bob', more: words(), inventory: inventory() },
    ];
    const gap = Math.round(random() * 600);
    const runs: Promise<Finished>[] = [];
    for (const { who, more, inventory: to } of both) {
      runs.push(start(who, runbook, to, more).done);
      if (runs.length < 2) await wait(gap);
    }
    const done = await Promise.all(runs);
    const about = `race ${race} of seed ${SEED}, ${gap} ms apart\n${done.map(said).join('\n')}`;
    for (const host of HOSTS) {
      const wrote = turns(await marksOf(host, file), true);
      const lost = both.filter(({ who }) => !wrote.includes(who));
      assert.ok(wrote.length > 0, about);
      for (const [index, { who, more }] of both.entries()) {
        const run = done[index] as Finished;
        const locked = run.recap(host).locked === true;
        assert.is(locked, !wrote.includes(who), about);
        assert.ok(!locked || more.length === 0, about);
        const told = run.of('locked').find((event) => event.host === host)?.failure.message ?? '';
        const other = who === 'alice' ? 'bob' : 'alice';
        if (locked)
          assert.match(
            told,
            new RegExp(
              `^${host} is locked by ${other}@\\S+ \\(${runbook === 'home' ? 'Home' : 'Race'}, run `,
            ),
            about,
          );
      }
      if (lost.length > 0) tally.locked += 1;
      else if (
        done.some((run) =>
          run.of('warning').some((each) => each.host === host && /waits for/.test(each.message)),
        )
      )
        tally.waited += 1;
      else if (
        done.some((run) =>
          run.of('warning').some((each) => each.host === host && /written to/.test(each.message)),
        )
      )
        tally.read_again += 1;
      else tally.apart += 1;
    }
    for (const run of done) {
      const locked = HOSTS.some((host) => run.recap(host).locked);
      assert.is(run.code, locked ? 7 : 0, about);
    }
  }
  console.log(`${RACES} races of seed ${SEED} on two hosts: ${JSON.stringify(tally)}`);
  assert.ok(tally.locked > 5 && tally.waited > 5, `the two hardly met: ${JSON.stringify(tally)}`);
}, 900_000);

test('the holder is killed (SIGKILL) in the middle: a second run waits for what it had begun, and simply works', async () => {
  await lab().byHand('roz', 'rm -f /srv/marks');
  const first = start('alice', 'long', 'one');
  await first.until((event) => event.kind === 'change');
  await wait(300);
  first.child.kill('SIGKILL');
  await first.done;
  const second = await start('bob', 'race', 'one').done;
  assert.is(second.code, 0, said(second));
  assert.equal(turns(await marksOf('roz', '/srv/marks'), true), ['alice', 'bob']);
}, 60_000);

test('the holder is stopped (SIGSTOP): it keeps the host until it counts as gone, then loses it, and writes nothing before it has read again', async () => {
  await lab().byHand('roz', 'rm -f /srv/marks /srv/go');
  const first = start('alice', 'long', 'one');
  await first.until((event) => event.kind === 'change' && event.step === 's1');
  first.child.kill('SIGSTOP');
  const early = await start('bob', 'race', 'one').done;
  assert.is(early.code, 7, said(early));
  const second = await start('bob', 'race', 'one', ['--lock-timeout', '60s']).done;
  assert.is(second.code, 0, said(second));
  assert.ok(second.seconds > 5 && second.seconds < 50, `${second.seconds} s`);
  await lab().byHand('roz', 'touch /srv/go');
  first.child.kill('SIGCONT');
  const done = await first.done;
  assert.is(done.code, 0, said(done));
  assert.match(done.err, /written to by bob@/);
  const found = turns(await marksOf('roz', '/srv/marks'), false);
  assert.equal(found, ['alice', 'bob', 'alice']);
}, 120_000);

test('afterwards nobody holds a host, and no process of ours is there', async () => {
  for (const host of HOSTS) {
    assert.match(
      await lab().byHand(host, 'cd /var/lib/tightbeam/lock && ls && tail -n 1 *'),
      /^\d+\nfree\n$/,
    );
    assert.is((await lab().ssh(host, `${STILL}; pgrep -af "[t]ightbeam|[s]leep"`)).out, '');
  }
});
