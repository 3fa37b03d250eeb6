/** Hosts do not wait for each other unless an edge says so, and one at a time gets there too. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('eight hosts', 8);

const ends = (run: Finished, step: string): readonly string[] =>
  run.of('step').flatMap((event) => (event.step === step && event.status !== 'skipped' ? [event.host] : []));

test('one is slow by 20 s: the other seven end before it, and long before', async () => {
  const [slow] = lab().hosts;
  lab().write(
    'runbooks/slow.yaml',
    `name: Slow
hosts: all
become: true
steps:
  - { id: drag, hosts: ${slow?.name}, task: command, with: { argv: [sleep, "20"] } }
  - { id: note, task: file, with: { path: /srv/note, content: "note\\n" } }
  - { id: last, task: command, with: { shell: "date +%s >/srv/last", creates: /srv/last } }
`,
  );
  const run = lab().start(['slow', 'inventory/lab']);
  await run.until((event) => event.kind === 'step' && event.step === 'last' && event.host !== slow?.name);
  const done = await run.done;
  assert.is(done.code, 0, done.out + done.err);
  assert.is(ends(done, 'last').length, 8);
  assert.is(ends(done, 'last').at(-1), slow?.name);
  const times = new Map(
    await Promise.all(
      lab().hosts.map(async ({ name }) => [name, Number(await lab().byHand(name, 'cat /srv/last'))] as const),
    ),
  );
  for (const [name, time] of times) {
    if (name !== slow?.name) assert.ok((times.get(slow?.name ?? '') ?? 0) - time > 10, `${name} waited`);
  }
  for (const { name } of lab().hosts) assert.is(done.recap(name).seconds > 18, name === slow?.name, name);
}, 90_000);

const EDGES = `name: Edges
hosts: [roz, wro]
become: true
steps:
  - { id: first, hosts: roz, task: command, with: { argv: [hostname], changed: never } }
  - id: second
    hosts: wro
    needs: [first@roz]
    task: file
    with: { path: /srv/second, content: "\${{ hosts.roz.steps.first.outputs.stdout }}\\n" }
  - { id: third, hosts: wro, task: command, with: { argv: [cat, /srv/second], changed: never } }
  - id: fourth
    hosts: roz
    needs: [third@wro]
    task: file
    with: { path: /srv/fourth, content: "\${{ hosts.wro.steps.third.outputs.stdout }} and back\\n" }
`;

test('--forks 1 with edges in both directions ends', async () => {
  lab().write('runbooks/edges.yaml', EDGES);
  const run = await lab().run(['edges', 'inventory/lab', '--forks', '1']);
  assert.is(run.code, 0, run.out + run.err);
  assert.is(await lab().byHand('roz', 'cat /srv/fourth'), 'roz and back\n');
  const again = await lab().run(['edges', 'inventory/lab', '--forks', '1']);
  assert.is(again.code, 0, again.out + again.err);
  assert.equal(again.of('change'), []);
}, 60_000);

test('with forks, hosts are seen to overlap; with one, they are not', async () => {
  lab().write(
    'runbooks/overlap.yaml',
    'name: Overlap\nhosts: [lub, gda]\nbecome: true\nsteps:\n  - { id: wait, task: command, with: { shell: "date +%s.%N >/srv/from; sleep 1; date +%s.%N >/srv/to" } }\n',
  );
  const spans = async (): Promise<readonly (readonly [number, number])[]> =>
    Promise.all(
      ['lub', 'gda'].map(async (name) => {
        const [from = 0, to = 0] = (await lab().byHand(name, 'cat /srv/from /srv/to'))
          .trim()
          .split('\n')
          .map(Number);
        return [from, to] as const;
      }),
    );
  const overlap = ([[a, b] = [0, 0], [c, d] = [0, 0]]: readonly (readonly [number, number])[]): boolean =>
    a < d && c < b;
  assert.is((await lab().run(['overlap', 'inventory/lab'])).code, 0);
  assert.ok(overlap(await spans()));
  assert.is((await lab().run(['overlap', 'inventory/lab', '--forks', '1'])).code, 0);
  assert.not.ok(overlap(await spans()));
}, 60_000);
