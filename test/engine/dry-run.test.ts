/** A dry run says what the run that follows does, in order, on a bare host, and touches nothing. */
import { type Outcome, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('dry run');

const CHAIN = `
steps:
  - { id: team, task: group, with: { name: crew } }
  - { id: person, task: user, with: { name: mira, group: crew, shell: /bin/sh, home: /home/mira } }
  - { id: folder, task: directory, with: { path: /srv/app, owner: mira, group: crew, mode: "0750" } }
  - { id: deep, task: directory, with: { path: /srv/app/etc/conf.d, parents: true } }
  - { id: conf, task: file, with: { path: /srv/app/etc/app.conf, content: "port = 1\\nhost = x\\n", owner: mira, group: crew, mode: "0640", seed: true } }
  - { id: line, task: line, with: { path: /srv/app/etc/app.conf, line: "port = 2", match: "^port" } }
  - { id: more, task: line, with: { path: /srv/app/etc/app.conf, line: "last = 3" } }
  - { id: link, task: symlink, with: { path: /srv/app/current, target: /srv/app/etc } }
  - { id: page, task: template, with: { src: page.liquid, dest: /srv/app/etc/page, owner: mira } }
  - { id: facts, task: file, with: { path: /srv/app/etc/host, content: "\${{ facts.hostname }}\\n" } }
`;

const predicted = (outcome: Outcome): unknown[] =>
  outcome.of('change').map(({ host, step, id, key, action, summary, diff }) => ({
    host,
    step,
    id,
    key,
    action,
    summary,
    diff,
  }));

test('a chain on a bare host: the same changes in the same order, and nothing to do after', () =>
  withFleet({ a: { vars: { words: ['x', 'y'] } }, b: { vars: { words: ['z'] } } }, async (fleet) => {
    fleet.file(
      'runbooks/page.liquid',
      'host {{ host.name }}: {% for w in vars.words %}{{ w }} {% endfor %}\n',
    );
    const before = fleet.server('a').written();
    const dry = await fleet.run(CHAIN, { dryRun: true });
    assert.is(dry.exit, 0, JSON.stringify(dry.of('step')));
    const twice = await fleet.run(CHAIN, { dryRun: true });
    assert.equal(fleet.server('a').written(), before);
    for (const host of ['a', 'b']) {
      const here = (outcome: Outcome): unknown[] =>
        predicted(outcome).filter((change) => (change as { host: string }).host === host);
      assert.equal(here(twice), here(dry));
    }
    assert.equal(dry.turns, { a: 1, b: 1 });
    assert.equal(dry.of('later'), []);
    const run = await fleet.run(CHAIN);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    for (const host of ['a', 'b']) {
      const only = (outcome: Outcome): unknown[] =>
        predicted(outcome).filter((change) => (change as { host: string }).host === host);
      assert.equal(only(run), only(dry));
    }
    assert.equal(dry.steps('a'), run.steps('a'));
    assert.is(dry.host('a').changed, run.host('a').changed);
    assert.ok(dry.of('change').every(({ mayDiffer, dryRun }) => mayDiffer === undefined && dryRun));
    const again = await fleet.run(CHAIN);
    assert.equal(again.changes(), []);
    const pending = await fleet.run(CHAIN, { dryRun: true, detailedExitCode: true });
    assert.is(pending.exit, 0);
  }));

const GUESS = `
steps:
  - { id: base, task: thing, with: { path: /srv/base } }
  - { id: tool, task: thing, with: { path: /srv/tool, opaque: true, also: "echo conf >/srv/conf" } }
  - { id: next, task: thing, with: { path: /srv/next } }
  - { id: edit, task: line, with: { path: /srv/conf, line: more } }
  - { id: guarded, task: guarded, with: { run: "touch /srv/g", unless: "test -e /srv/g" } }
`;

test('what rests on unknown effects says so with the step, and what cannot be planned is known later', () =>
  withFleet(['a'], async (fleet) => {
    const dry = await fleet.run(GUESS, { dryRun: true, detailedExitCode: true });
    assert.is(dry.exit, 2);
    assert.is(dry.result, 'changes_pending');
    assert.equal(
      dry.of('change').map(({ step, mayDiffer }) => [step, mayDiffer]),
      [
        ['base', undefined],
        ['tool', undefined],
        ['next', 'tool'],
      ],
    );
    assert.equal(
      dry.of('later').map(({ step }) => step),
      ['edit', 'guarded'],
    );
    assert.match(dry.of('later')[0]?.reason ?? '', /step tool/);
    assert.equal(
      fleet
        .server('a')
        .written()
        .filter((line) => line.includes('srv')),
      [],
    );
    const run = await fleet.run(GUESS);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    const certain = dry.changes().slice(0, 3);
    assert.equal(run.changes().slice(0, 3), certain);
    assert.equal((await fleet.run(GUESS, { dryRun: true, detailedExitCode: true })).exit, 0);
  }));

test('handlers and restarts are foreseen', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: conf, task: thing, notify: [report], with: { path: /srv/conf } }
  - { id: unit, task: daemon, with: { path: /srv/unit, restart_on: ["thing:/srv/conf"] } }
handlers:
  - { id: report, task: act, with: { run: "true", effects: [] } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    const run = await fleet.run(book);
    assert.equal(predicted(run), predicted(dry));
    assert.equal(
      run.of('change').map(({ step }) => step),
      ['conf', 'unit', 'report'],
    );
    assert.equal((await fleet.run(book, { dryRun: true })).changes(), []);
  }));

test('cross-host outputs that are there are used, those that are not are known later', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - { id: peer, task: seen, hosts: b, needs: [key@all], with: { path: /srv/peer, what: '\${{ hosts["a"].steps.key.outputs.value }}' } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.equal(
      dry.of('later', 'b').map(({ step }) => step),
      ['peer'],
    );
    fleet.server('a').run('mkdir -p /srv; echo known >/srv/key');
    const knows = await fleet.run(book, { dryRun: true });
    assert.equal(
      knows.of('change', 'b').map(({ summary }) => summary),
      ['value of chance', 'note "known"'],
    );
  }));

const BROUGHT = `
steps:
  - { id: tool, task: thing, with: { path: /srv/tool, opaque: true, brings: /srv/conf, also: "echo conf >/srv/conf" } }
  - { id: edit, task: line, with: { path: /srv/conf, line: more } }
  - { id: whole, task: file, with: { path: /srv/conf, content: "all\\n" } }
`;

test('what a change brings along is planned on, and nothing is written on it unread', () =>
  withFleet(['a'], async (fleet) => {
    const edit = BROUGHT.replace(/ +- { id: whole.*\n/, '');
    const dry = await fleet.run(edit, { dryRun: true });
    assert.equal(dry.changes(), ['thing:/srv/tool create value x', 'file:/srv/conf update line more']);
    assert.equal(dry.of('later'), []);
    const [, foretold] = dry.of('change');
    assert.is(foretold?.mayDiffer, 'tool');
    assert.match(JSON.stringify(foretold?.diff), 'known after apply');
    assert.not.match(JSON.stringify(dry.events), /exit 75/);
    const run = await fleet.run(edit, { bound: dry.reviews });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.changes(), dry.changes());
    assert.is(fleet.server('a').run('cat /srv/conf').toString(), 'conf\nmore\n');
    assert.equal(
      run.of('change').map(({ id }) => id),
      dry.of('change').map(({ id }) => id),
    );
  }));

test('a whole file in place of one that comes along: before is unknown, after is not', () =>
  withFleet(['a'], async (fleet) => {
    const whole = BROUGHT.replace(/ +- { id: edit.*\n/, '');
    const dry = await fleet.run(whole, { dryRun: true });
    assert.equal(dry.of('change').at(-1)?.diff, [
      { kind: 'text', path: '/srv/conf', before: '(known after apply)\n', after: 'all\n' },
    ]);
    const run = await fleet.run(whole);
    assert.equal(run.changes(), dry.changes());
    assert.is(fleet.server('a').run('cat /srv/conf').toString(), 'all\n');
  }));

const FOLLOWERS = `
steps:
  - { id: tool, task: thing, with: { path: /srv/tool, opaque: true, also: "echo conf >/srv/conf" } }
  - { id: edit, task: line, with: { path: /srv/conf, line: more }, notify: [told] }
handlers:
  - { id: told, task: thing, with: { path: /srv/told } }
`;

test('a handler that only what is known after apply can notify is named, and runs', () =>
  withFleet(['a'], async (fleet) => {
    const dry = await fleet.run(FOLLOWERS, { dryRun: true });
    assert.equal(
      dry.of('later').map(({ step, reason }) => [step, reason]),
      [
        ['edit', 'step tool (now: /srv/conf is not there)'],
        ['told', 'step edit, if that changes something'],
      ],
    );
    const run = await fleet.run(FOLLOWERS);
    assert.ok(run.of('change').some(({ step }) => step === 'told'));
    const quiet = await fleet.run(FOLLOWERS, { dryRun: true });
    assert.equal(quiet.of('later'), []);
  }));

test('a dry run takes the round trips of a run that changes nothing', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    const run = await fleet.run(CHAIN.replace(/ +- { id: page.*\n/, ''));
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    const again = await fleet.run(CHAIN.replace(/ +- { id: page.*\n/, ''));
    const dry = await fleet.run(CHAIN.replace(/ +- { id: page.*\n/, ''), { dryRun: true });
    assert.equal(again.changes(), []);
    assert.equal(dry.turns, again.turns);
    assert.equal(dry.turns, { a: 1, b: 1, c: 1 });
  }));
