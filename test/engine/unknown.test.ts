/** What is not known: unreadable states, facts, outputs of this host and of others, guards that look at what was written. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('unknown values');

const out = (host: string, step: string, name = 'value'): string =>
  `'\${{ hosts["${host}"].steps.${step}.outputs.${name} }}'`;

test('what cannot be read is planned by nobody; the rest goes on', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(
      `
steps:
  - { id: blind, task: blind, with: { path: /srv/blind } }
  - { id: hung, task: hung, needs: [], with: { path: /srv/hung } }
  - { id: needs, task: thing, needs: [blind], with: { path: /srv/needs } }
  - { id: free, task: thing, needs: [], with: { path: /srv/free } }
`,
      // What hangs is ended, and what is left of the batch is read again.
      { cut: true },
    );
    assert.is(run.exit, 2);
    assert.match(run.failure('blind').message, /blind:\/srv\/blind cannot be read: .*no idea/);
    assert.match(run.failure('hung').message, /hung:\/srv\/hung cannot be read: .*longer than 0\.7 s/);
    assert.equal([...run.steps()].sort(), ['blind failed', 'free changed', 'hung failed', 'needs skipped']);
    assert.is(fleet.server('a').run('ls /srv | tr "\\n" " "'), 'free free.log ');
  }));

test('facts in parameters and in a condition: one round trip', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - id: note
    task: seen
    when: facts.os.id != ""
    with: { path: /srv/note, what: '\${{ facts.hostname + "/" + facts.arch }}' }
  - { id: never, task: thing, when: facts.os.id == "plan9", with: { path: /srv/never } }
`;
    const first = await fleet.run(book);
    assert.is(first.exit, 0);
    assert.equal([...first.steps()].sort(), ['never skipped', 'note changed']);
    assert.match(fleet.server('a').run('cat /srv/note'), /^".+\/.+"\n$/);
    assert.equal((await fleet.run(book)).turns, { a: 1 });
  }));

test('outputs of an earlier step of the same host: known after it was written', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - { id: copy, task: seen, with: { path: /srv/copy, what: '\${{ steps.key.outputs.value }}' } }
  - { id: cond, task: thing, when: steps.key.outputs.value != "", with: { path: /srv/cond } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.equal(
      dry.of('later').map(({ step, reason }) => `${step}: ${reason}`),
      ['copy: the value of /srv/key', 'cond: the value of /srv/key'],
    );
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(fleet.server('a').run('cat /srv/copy'), `"${fleet.server('a').run('cat /srv/key').trim()}"\n`);
    assert.equal(run.turns, { a: 3 });
    assert.equal((await fleet.run(book)).turns, { a: 1 });
  }));

test('what a command printed is an output', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: ask, task: act, with: { run: "echo forty two; echo noise >&2", effects: [] } }
  - { id: note, task: seen, with: { path: /srv/note, what: '\${{ steps.ask.outputs.stdout }}' } }
`);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(fleet.server('a').run('cat /srv/note'), '"forty two"\n');
  }));

test('outputs of other hosts, both ways, each published before its stretch ends', () =>
  withFleet(['a', 'b'], async (fleet) => {
    // After its key each host works on until it has seen that the other has read it.
    const waits = (host: string): string =>
      `n=0; while [ ! -e /srv/go ] && [ $n -lt 80 ]; do sleep 0.1; n=$((n+1)); done; test -e /srv/go || echo late >/srv/late.${host}`;
    const book = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - { id: slow, task: thing, hosts: a, needs: [key], with: { path: /srv/slow, also: "${waits('a')}" } }
  - { id: peer, task: seen, hosts: b, needs: [key@all], with: { path: /srv/peer, what: ${out('a', 'key')} } }
  - { id: back, task: seen, hosts: a, needs: [key@all, slow], with: { path: /srv/peer, what: ${out('b', 'key')} } }
`;
    const run = await fleet.run(book, {
      watch: (event) => {
        if (event.kind === 'change' && event.step === 'peer') fleet.server('a').run('touch /srv/go');
      },
    });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(fleet.server('a').run('ls /srv | grep -c late || true').trim(), '0');
    const key = (host: string): string => fleet.server(host).run('cat /srv/key').trim();
    assert.is(fleet.server('a').run('cat /srv/peer'), `"${key('b')}"\n`);
    assert.is(fleet.server('b').run('cat /srv/peer'), `"${key('a')}"\n`);
    const again = await fleet.run(book);
    assert.equal(again.changes(), []);
    for (const turns of Object.values(again.turns)) assert.ok(turns <= 2, JSON.stringify(again.turns));
  }));

test('a guard is asked after what came before it', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: make, task: thing, with: { path: /srv/made } }
  - { id: after, task: guarded, with: { run: "echo ran >>/srv/order", unless: "test -e /srv/made" } }
  - { id: other, task: guarded, with: { run: "touch /srv/other; echo other >>/srv/order", unless: "test -e /srv/other" } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.match(dry.of('later')[0]?.reason ?? '', /step make/);
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps(), ['make changed', 'after ok', 'other changed']);
    assert.is(fleet.server('a').run('cat /srv/order'), 'other\n');
    assert.equal((await fleet.run(book)).turns, { a: 1 });
  }));

test('a command without a guard runs each time, once, and is a boundary unless its effects are told', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: run, task: act, with: { run: "echo x >>/srv/ran" } }
  - { id: next, task: thing, with: { path: /srv/next } }
`;
    const first = await fleet.run(book);
    assert.is(first.exit, 0);
    assert.equal(first.turns, { a: 3 });
    const again = await fleet.run(book);
    assert.equal(again.steps(), ['run changed', 'next ok']);
    assert.is(fleet.server('a').run('cat /srv/ran'), 'x\nx\n');
  }));

test('a step that goes on behind its own command does not run it twice', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: run, task: act, with: { run: "echo x >>/srv/ran", and: /srv/more } }
`);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.turns, { a: 3 });
    assert.is(fleet.server('a').run('cat /srv/ran /srv/more'), 'x\nx\n');
    assert.equal(run.steps(), ['run changed']);
  }));

test('variables of hosts that a runbook is not for need not make sense there', () =>
  withFleet({ a: { vars: { tier: 'front' } }, b: {} }, async (fleet) => {
    fleet.file(
      'runbooks/hosts.liquid',
      '{% for each in hosts %}{{ each[0] }} {% endfor %}{{ vars.greeting }}',
    );
    const run = await fleet.run(`
hosts: a
vars: { greeting: "hello \${{ vars.tier }}" }
steps:
  - { id: one, task: template, with: { src: hosts.liquid, dest: /srv/hosts } }
`);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/hosts'), 'a b hello front');
  }));

test('what a failed command printed is shown once', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: one, task: command, with: { shell: "echo seen; echo heard >&2; exit 3" } }
`);
    assert.is(run.failure('one').output, 'seen\nheard');
  }));

const RELEASE = "printf 'ID=other\\\\n' >/etc/release.new; mv -f /etc/release.new /etc/os-release";
const ALTERS: Readonly<Record<string, string>> = {
  'a command that tells no effects': `task: act, with: { run: "${RELEASE}" }`,
  'a change that says it alters the facts': `task: thing, with: { path: /srv/up, also: "${RELEASE}", voids: ["facts:host"] }`,
};

for (const [what, step] of Object.entries(ALTERS)) {
  test(`${what}: conditions and values behind it rest on the facts after it`, () =>
    withFleet(['a'], async (fleet) => {
      const run = await fleet.run(`
steps:
  - { id: before, task: seen, with: { path: /srv/before, what: '\${{ facts.os.id }}' } }
  - { id: up, ${step} }
  - { id: only, task: thing, when: "\${{ facts.os.id == 'other' }}", with: { path: /srv/only } }
  - { id: note, task: seen, with: { path: /srv/note, what: '\${{ facts.os.id }}' } }
`);
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      assert.equal(run.steps(), ['before changed', 'up changed', 'only changed', 'note changed']);
      assert.is(fleet.server('a').run('cat /srv/note'), '"other"\n');
      assert.not.match(fleet.server('a').run('cat /srv/before'), 'other');
      assert.equal(run.turns, { a: 3 });
    }));
}
