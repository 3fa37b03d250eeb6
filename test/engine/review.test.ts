/** A run that is bound to a review writes what was reviewed, on the states it was reviewed on, and nothing else. */
import { refuseCanary } from '../fixture/canary.ts';
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('bound to a review');

const BOOK = `
steps:
  - { id: folder, task: directory, with: { path: /srv/app } }
  - { id: conf, task: file, with: { path: /srv/app/conf, content: "a = 1\\n" } }
  - { id: line, task: line, with: { path: /srv/shared, line: "x", create: true } }
`;

test('what was planned is carried out, on all hosts', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv; echo y >/srv/shared');
    const dry = await fleet.run(BOOK, { dryRun: true });
    assert.equal(
      dry.reviews.map(({ host, changes }) => [host, changes.map(({ key }) => key)]).sort(),
      ['a', 'b'].map((host) => [host, ['file:/srv/app', 'file:/srv/app/conf', 'file:/srv/shared']]),
    );
    assert.equal(dry.reviews[0]?.open, []);
    assert.match(dry.reviews[0]?.changes[1]?.place ?? '', /book\.yaml:\d+:\d+$/);
    const run = await fleet.run(BOOK, { bound: dry.reviews });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(run.host('a').changed, 3);
    // Once more: the plan says what is not so any more.
    const again = await fleet.run(BOOK, { bound: dry.reviews });
    assert.is(again.exit, 3);
    assert.is(again.result, 'drifted');
  }));

test('one byte on one host refuses that host alone, and says what is different', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv; echo y >/srv/shared');
    const dry = await fleet.run(BOOK, { dryRun: true });
    fleet.server('a').run('echo z >/srv/shared');
    const before = fleet.server('a').written();
    const run = await fleet.run(BOOK, { bound: dry.reviews });
    assert.is(run.exit, 3);
    assert.equal(fleet.server('a').written(), before);
    assert.is(run.host('b').changed, 3);
    assert.is(run.host('a').drifted, true);
    const { message, diff } = run.failure('line', 'a');
    assert.match(message, /file:\/srv\/shared has changed since the plan was made/);
    assert.match(JSON.stringify(diff), /"before":"y\\n","after":"z\\n"/);
  }));

test('a state that needed no change counts, too', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    await fleet.run(BOOK);
    const more = `${BOOK}  - { id: other, task: file, with: { path: /srv/other, content: "o" } }\n`;
    const dry = await fleet.run(more, { dryRun: true });
    fleet.server('a').run('chmod 600 /srv/app/conf');
    const run = await fleet.run(more, { bound: dry.reviews });
    assert.is(run.exit, 3);
    assert.equal(run.changes('a'), []);
    assert.match(run.failure('conf', 'a').message, /file:\/srv\/app\/conf has changed/);
  }));

test('another runbook than the reviewed one is refused before the first write', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const dry = await fleet.run(BOOK, { dryRun: true });
    const run = await fleet.run(BOOK.replace('a = 1', 'a = 2'), { bound: dry.reviews });
    assert.is(run.exit, 3);
    assert.equal(run.changes('a'), []);
    const more = `${BOOK}  - { id: other, task: file, with: { path: /srv/other, content: "o" } }\n`;
    const extra = await fleet.run(more, { bound: dry.reviews });
    assert.is(extra.exit, 3);
    assert.match(extra.failure('other', 'a').message, /not in the plan/);
    assert.equal(extra.changes('a'), []);
  }));

const OPEN = `
steps:
  - { id: made, task: command, with: { argv: [sh, -c, "echo one >/srv/out"], creates: /srv/out } }
  - { id: read, task: command, with: { argv: [cat, /srv/out], changed: never } }
  - { id: conf, task: file, notify: [told], with: { path: /srv/conf, content: "\${{ steps.read.outputs.stdout }}" } }
handlers:
  - { id: told, task: command, with: { argv: [sh, -c, "echo told >>/srv/told"] } }
`;

test('what is known after apply is planned then, with what follows from it', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const dry = await fleet.run(OPEN, { dryRun: true });
    const open = dry.reviews[0]?.open.map(({ step }) => step) ?? [];
    assert.ok(open.includes('conf') && open.includes('told'), JSON.stringify(dry.reviews[0]));
    const run = await fleet.run(OPEN, { bound: dry.reviews });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(fleet.server('a').run('cat /srv/conf /srv/told'), 'onetold\n');
  }));

test('a host that the plan does not hold is left alone', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    fleet.server('b').run('mkdir -p /srv');
    const dry = await fleet.run(BOOK, { dryRun: true, limit: ['a'] });
    const run = await fleet.run(BOOK, { bound: dry.reviews });
    assert.is(run.exit, 3);
    assert.equal(run.changes('b'), []);
    assert.is(run.host('a').changed, 3);
  }));

const KEY = '-----BEGIN X-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAA\n';

test('a review holds no secret and no checksum of one, also where a plain file holds the same', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const book = (plain: string): string =>
      `
secrets: { key: { env: KEY } }
steps:
  - { id: kept, task: file, with: { path: /srv/kept, content: "\${{ secrets.key }}", mode: "0600" } }
  - { id: open, task: file, with: { path: /srv/open, mode: "0644" } }
  - { id: plain, task: file, with: { path: /srv/plain, content: "${plain}" } }
`;
    const env = { KEY };
    const first = await fleet.run(book('x'), { dryRun: true, env });
    refuseCanary('the review', JSON.stringify(first.reviews), KEY);
    const [change] = first.reviews[0]?.changes ?? [];
    assert.equal(change?.diff[0] && { ...change.diff[0], to: undefined }, {
      kind: 'secret',
      name: 'key',
      from: null,
      to: undefined,
    });
    fleet.server('a').run(`printf '%s' '${KEY}' >/srv/plain; cp /srv/plain /srv/open; printf old >/srv/kept`);
    const dry = await fleet.run(book('x'), { dryRun: true, env });
    refuseCanary('the review', JSON.stringify(dry.reviews), KEY);
    refuseCanary('the events', JSON.stringify(dry.events), KEY);
    assert.match(JSON.stringify(dry.reviews), /‹secret key›/);
    // Another secret than the one that was there is told by its mark, and as drift.
    fleet.server('a').run('printf other >/srv/kept');
    const run = await fleet.run(book('x'), { bound: dry.reviews, env });
    assert.is(run.exit, 3);
    assert.match(JSON.stringify(run.failure('kept').diff), /"from":"‹[0-9a-f]{4}›","to":"‹[0-9a-f]{4}›"/);
    refuseCanary('the drift', JSON.stringify(run.events), KEY);
  }));

test('a link that leads elsewhere by then refuses the host, and nothing is written there', () =>
  withFleet(['a'], async (fleet) => {
    fleet
      .server('a')
      .run(
        'mkdir -p /srv/one/in /srv/two/in; ln -s one /srv/now; echo x >/srv/one/in/f; echo x >/srv/two/in/f',
      );
    const book = 'steps:\n  - { id: f, task: file, with: { path: /srv/now/in/f, content: "new\\n" } }\n';
    const dry = await fleet.run(book, { dryRun: true });
    fleet.server('a').run('ln -sfn two /srv/now');
    const run = await fleet.run(book, { bound: dry.reviews });
    assert.is(run.exit, 3, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/one/in/f /srv/two/in/f'), 'x\nx\n');
    assert.match(run.failure('f').message, /file:\/srv\/now\/in\/f has changed/);
    assert.match(
      JSON.stringify(run.failure('f').diff),
      /leadsTo","from":"file:\/srv\/one\/in\/f","to":"file:\/srv\/two\/in\/f"/,
    );
    // Where the link stays, the same plan is carried out.
    fleet.server('a').run('ln -sfn one /srv/now');
    const right = await fleet.run(book, { bound: dry.reviews });
    assert.is(right.exit, 0);
    assert.is(fleet.server('a').run('cat /srv/one/in/f'), 'new\n');
  }));

const QUERY = `
steps:
  - { id: asks, task: command, with: { argv: [cat, /srv/mode], changed: never } }
  - { id: some, when: "steps.asks.outputs.stdout == 'on'", task: file, with: { path: /srv/some, content: "s" } }
`;

test('a change that is not called for any more refuses the host, also where nothing else is to be done', () =>
  withFleet(['a'], async (fleet) => {
    for (const more of ['', '  - { id: else, task: file, with: { path: /srv/else, content: "e" } }\n']) {
      fleet.server('a').run('mkdir -p /srv; rm -f /srv/some /srv/else; printf on >/srv/mode');
      const dry = await fleet.run(QUERY + more, { dryRun: true });
      assert.equal(dry.reviews[0]?.open, []);
      fleet.server('a').run('printf off >/srv/mode');
      for (const dryRun of [true, false]) {
        const run = await fleet.run(QUERY + more, { bound: dry.reviews, dryRun });
        assert.is(run.exit, 3, JSON.stringify(run.events));
        assert.match(
          run.failure('some').message,
          /file:\/srv\/some: the plan holds "create, 1 byte.*nothing calls for it/,
        );
        assert.is(fleet.server('a').run('ls /srv'), 'mode\n');
      }
      fleet.server('a').run('printf on >/srv/mode');
      assert.is((await fleet.run(QUERY + more, { bound: dry.reviews })).exit, 0);
    }
  }));

test('a change that is not in the plan is said so by a bound dry run, before anything is written', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; printf off >/srv/mode');
    const more = `${QUERY}  - { id: else, task: file, with: { path: /srv/else, content: "e" } }\n`;
    const dry = await fleet.run(more, { dryRun: true });
    fleet.server('a').run('printf on >/srv/mode');
    const run = await fleet.run(more, { bound: dry.reviews, dryRun: true });
    assert.is(run.exit, 3);
    assert.match(run.failure('some').message, /not in the plan/);
  }));

test('a state that cannot be read any more refuses the host', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const book = `
steps:
  - { id: first, task: file, with: { path: /srv/first, content: "1" } }
  - { id: guarded, task: command, with: { argv: [touch, /srv/made], unless: "test ! -e /srv/hang || kill -9 0" } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    fleet.server('a').run('touch /srv/hang');
    const run = await fleet.run(book, { bound: dry.reviews });
    assert.is(run.exit, 3, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('ls /srv'), 'hang\n');
  }));
