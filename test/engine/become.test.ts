/** Steps as other accounts beside those of root and of the login account. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('become');

const SU = { user: 'root', method: 'su' };

const PREPARE = `
steps:
  - { id: mira, task: user, with: { name: mira } }
  - { id: open, task: directory, with: { path: /srv/open, mode: "1777" } }
`;

test('three accounts in one stretch, each its own, read back as such', () =>
  withFleet(['a'], async (fleet) => {
    assert.is((await fleet.run(PREPARE)).exit, 0);
    const book = `
become: { user: root, method: su }
steps:
  - { id: root, task: thing, with: { path: /srv/open/root, also: "id -un >/srv/open/root.who" } }
  - { id: mira, task: thing, become: { user: mira, method: su }, with: { path: /srv/open/mira, also: "id -un >/srv/open/mira.who" } }
  - { id: login, task: thing, become: false, with: { path: /srv/open/login, also: "id -un >/srv/open/login.who" } }
  - { id: again, task: act, become: { user: mira, method: su }, with: { run: "id -un; pwd", effects: [] } }
  - { id: note, task: seen, with: { path: /srv/open/note, what: '\${{ steps.again.outputs.stdout }}' } }
`;
    const run = await fleet.run(book, { cut: true });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(fleet.server('a').run('cat /srv/open/*.who'), 'root\nmira\nroot\n');
    assert.is(fleet.server('a').run('stat -c %U /srv/open/mira'), 'mira\n');
    assert.is(fleet.server('a').run('cat /srv/open/note'), '"mira\\n/"\n');
    const again = await fleet.run(book, { cut: true });
    assert.equal(
      again.of('change').map(({ step }) => step),
      ['again'],
    );
  }));

test('one account for all: the shell itself is started as it', () =>
  withFleet({ a: { become: { user: 'mira', method: 'su' } } }, async (fleet) => {
    const prepared = await fleet.run(PREPARE.replaceAll('{ id', '{ become: false, id'));
    assert.is(prepared.exit, 0, JSON.stringify(prepared.events));
    const run = await fleet.run(
      'steps:\n  - { id: one, task: thing, with: { path: /srv/open/one, also: "id -un >/srv/open/who" } }\n',
      { cut: true },
    );
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/open/who'), 'mira\n');
  }));

test('an account that is not there is named before anything is written', () =>
  withFleet({ a: { become: SU } }, async (fleet) => {
    const run = await fleet.run(
      `
steps:
  - { id: one, task: thing, with: { path: /srv/one } }
  - { id: two, task: thing, become: { user: nobody_here, method: su }, with: { path: /srv/two } }
`,
      { cut: true },
    );
    assert.is(run.exit, 2);
    assert.match(run.failure('two').message, /thing:\/srv\/two needs user nobody_here, which is not there/);
    assert.equal(run.steps(), ['two failed', 'one not_started']);
  }));

test('an account made by an earlier step may act in a later one', () =>
  withFleet({ a: { become: SU } }, async (fleet) => {
    const run = await fleet.run(
      `
steps:
  - { id: vera, task: user, with: { name: vera } }
  - { id: two, task: act, become: { user: vera, method: su }, with: { run: "id -un", effects: [] } }
  - { id: note, task: seen, with: { path: /srv/note, what: '\${{ steps.two.outputs.stdout }}' } }
`,
      { cut: true },
    );
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(fleet.server('a').run('cat /srv/note'), '"vera"\n');
  }));

test('several accounts, root not the first: the shell is root’s, which can act as any and end what they start', () =>
  withFleet(['a'], async (fleet) => {
    assert.is((await fleet.run(PREPARE)).exit, 0);
    const run = await fleet.run(
      `
steps:
  - { id: mira, task: act, become: { user: mira, method: su }, timeout: 1s, needs: [], with: { run: "sleep 8671", effects: [] } }
  - { id: root, task: thing, become: { user: root, method: su }, needs: [], with: { path: /root/made } }
`,
      { cut: true },
    );
    assert.is(run.exit, 2);
    assert.match(run.failure('mira').message, /time limit/);
    assert.is(run.steps().at(-1), 'root changed');
    assert.is(
      fleet.server('a').run('stat -c %U /root/made; pgrep -f "[s]leep 8671" || echo none'),
      'root\nnone\n',
    );
  }));
