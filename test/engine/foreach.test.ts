/** `foreach`: one step, one end, the resources of all items. */
import { RunError } from '../../lib/base/error.ts';
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('foreach');

test('a list, a map and a variable: one step each, and one round trip more than nothing', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
vars: { more: [{ path: /srv/five, value: "5" }, { path: /srv/six, value: "6" }] }
steps:
  - id: list
    task: thing
    foreach: [one, two]
    with: { path: "/srv/\${{ item }}", value: "\${{ index }}" }
  - id: map
    task: thing
    foreach: { three: "3", four: "4" }
    vars: { where: "/srv/\${{ key }}" }
    with: { path: "\${{ vars.where }}", value: "\${{ item }}" }
  - id: variable
    task: thing
    foreach: "\${{ vars.more }}"
    when: item.value != "6"
    with: { path: "\${{ item.path }}", value: "\${{ item.value }}" }
`.replace('value: "${{ index }}"', 'value: "v${{ index }}"');
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.equal(run.steps(), ['list changed', 'map changed', 'variable changed']);
    assert.equal(
      run.of('change').map(({ step, key }) => `${step} ${key}`),
      [
        'list thing:/srv/one',
        'list thing:/srv/two',
        'map thing:/srv/three',
        'map thing:/srv/four',
        'variable thing:/srv/five',
      ],
    );
    assert.equal(run.turns, { a: 2 });
    assert.is(fleet.server('a').run('cd /srv; cat one two three four five'), 'v0\nv1\n3\n4\n5\n');
    const again = await fleet.run(book);
    assert.equal(again.steps(), ['list ok', 'map ok', 'variable ok']);
    assert.equal(again.turns, { a: 1 });
    const dry = await fleet.run(book, { dryRun: true });
    assert.equal(dry.changes(), []);
  }));

test('outputs are a list or a map of those of the items, null where its condition is false', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: list, task: act, foreach: [x, y, z], when: item != "y", with: { run: "echo \${{ item }}\${{ item }}", effects: [] } }
  - { id: map, task: act, foreach: { k: v }, with: { run: "echo \${{ key }}=\${{ item }}", effects: [] } }
  - { id: both, task: thing, with: { path: /srv/both, value: "\${{ steps.list.outputs[0].stdout }} \${{ steps.list.outputs[2].stdout }} \${{ steps.list.outputs[1] == null }} \${{ steps.map.outputs.k.stdout }}" } }
  - id: others
    task: thing
    foreach: "\${{ hosts.b.steps.list.outputs.filter(o, o != null).map(o, o.stdout) }}"
    with: { path: "/srv/of.\${{ item }}" }
`);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/both'), 'xx zz true k=v\n');
    assert.is(fleet.server('a').run('cd /srv; echo of.*'), 'of.xx of.xx.log of.zz of.zz.log\n');
  }));

test('items over outputs and facts are known later: a dry run says so', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - { id: each, task: thing, foreach: "\${{ [steps.key.outputs.value] }}", with: { path: /srv/each, value: "\${{ item }}" } }
  - { id: cpus, task: thing, foreach: "\${{ [facts.kernel] }}", with: { path: /srv/kernel, value: "\${{ item }}" } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.equal(
      dry.of('later').map(({ step }) => step),
      ['each'],
    );
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/each'), fleet.server('a').run('cat /srv/key'));
  }));

test('items that want different things of one resource are refused before anything connects, both named', () =>
  withFleet(['a'], async (fleet) => {
    const refused = await fleet
      .run(
        'steps:\n  - { id: each, task: thing, foreach: [x, y], with: { path: /srv/one, value: "${{ item }}" } }\n',
      )
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    assert.instance(refused, RunError);
    assert.match(
      String(refused),
      /step each \(item\[0\]\) wants thing:\/srv\/one otherwise than step each \(item\[1\]\)/,
    );
  }));

test('what fails says which item it was; an empty list is well', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: none, task: thing, foreach: [], with: { path: "/srv/\${{ item }}" } }
  - { id: each, task: thing, foreach: { good: "true", bad: "exit 4" }, with: { path: "/srv/\${{ key }}", also: "\${{ item }}" } }
  - { id: looks, task: probe, needs: [], foreach: [u, v], with: { wants: "\${{ {'/srv/' + item: 'x'} }}" } }
`);
    assert.is(run.exit, 2);
    assert.match(run.failure('each').message, /^item\["bad"\]: thing:\/srv\/bad: .* failed with status 4/);
    assert.match(
      run.failure('looks').message,
      /^item\[0\]: \/srv\/u is not there, not x\nalso: item\[1\]: \/srv\/v/,
    );
    assert.is(run.of('step').find(({ step }) => step === 'none')?.status, 'ok');
  }));
