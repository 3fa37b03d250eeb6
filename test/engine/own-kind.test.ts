/** Kinds of a project's own: what they do wrong is told with their file and line, and harms nobody else's reads. */
import { type Fleet, type Outcome, withFleet } from '../fixture/engine.ts';
import { shownFiles } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('kinds of a project');

interface Parts {
  readonly read?: string;
  readonly parse?: string;
  readonly plan?: string;
  readonly name?: string;
}

const GOOD: Required<Parts> = {
  read: 'sh`echo here`',
  parse: 'wants.map(({ key }) => ({ key, state: { exists: true } }))',
  plan: 'null',
  name: 'odd',
};

/** The kind stands on line 3, its snippet on line 7, its parser on line 8, the plan on line 13. */
function source(parts: Parts): string {
  const { read, parse, plan, name } = { ...GOOD, ...parts };
  return `import { defineKind, defineTask, sh, type Key } from 'tightbeam';

const kind = defineKind({
  name: '${name}',
  limitMs: 5000,
  absent: { exists: false },
  read: (wants) => ${read},
  parse: (out, wants) => ${parse},
});
export default defineTask({
  summary: 'Something odd',
  params: { type: 'object', additionalProperties: false, properties: {} },
  desire: () => [{ kind, key: '${name}:x' as Key, plan: () => ${plan} }],
});
`;
}

/** A step of the odd task, and one of ours that does not wait for it. */
async function outcome(fleet: Fleet, parts: Parts): Promise<Outcome> {
  fleet.file('tasks/odd.ts', source(parts));
  return fleet.run(`steps:
  - { id: odd, task: odd }
  - { id: fine, task: file, needs: [], with: { path: /srv/fine, content: "fine\\n" } }
`);
}

async function message(fleet: Fleet, parts: Parts): Promise<string> {
  const found = await outcome(fleet, parts);
  assert.ok(
    found.steps().some((step) => /^fine (ok|changed)$/.test(step)),
    `another kind is read all the same: ${found.steps().join(', ')}`,
  );
  return found.failure('odd').message;
}

test('a good one is read like ours', () =>
  withFleet(['a'], async (fleet) => {
    assert.equal((await outcome(fleet, {})).steps(), ['odd ok', 'fine changed']);
  }));

test('each fault of a kind is the failure of its step, with the file and the line', () =>
  withFleet(['a'], async (fleet) => {
    const place = /\(tasks\/odd\.ts:3:\d+\)/;
    const thrown = await message(fleet, { parse: '(undefined as never as string[]).map(String) as never' });
    assert.match(thrown, /parse of kind "odd" throws TypeError: .*\(tasks\/odd\.ts:8:\d+\)$/);
    const read = await message(fleet, { read: '(undefined as never as string[]).map(String) as never' });
    assert.match(read, /read of kind "odd" throws TypeError: .*\(tasks\/odd\.ts:7:\d+\)$/);
    const text = await message(fleet, { read: "'echo' as never" });
    assert.match(
      text,
      /read of kind "odd" throws TypeError: what it gives is no shell text: make it with the tag sh/,
    );
    const syntax = await message(fleet, { read: 'sh`echo a; if (`' });
    assert.match(syntax, /the snippet of kind "odd" .* is no shell text: .*[Ss]yntax error/);
    assert.match(syntax, place);
    const none = await message(fleet, { parse: '[]' });
    assert.match(none, /parse of kind "odd" .* gives no reading for it \(status 0\)/);
    assert.match(none, place);
    const list = await message(fleet, { parse: 'undefined as never' });
    assert.match(list, /parse of kind "odd" .* gives no list of readings/);
    const state = await message(fleet, { parse: 'wants.map(({ key }) => ({ key, state: {} as never }))' });
    assert.match(state, /parse of kind "odd" .* gives no state for it/);
    assert.match(state, place);
  }));

test('code of its resource that throws is told with the line', () =>
  withFleet(['a'], async (fleet) => {
    const plan = '(undefined as never as string[]).map(String) as never';
    // Nothing is written on a host of which a part cannot be planned.
    assert.match(
      (await outcome(fleet, { plan })).failure('odd').message,
      /^the code of task odd is at fault: TypeError: .*\(tasks\/odd\.ts:13:\d+\)$/,
    );
  }));

test('a kind with the name of another one is refused, and the other is read', () =>
  withFleet(['a'], async (fleet) => {
    const text = await message(fleet, { name: 'file' });
    assert.match(text, /two kinds have one name: kind "file"( \(tasks\/odd\.ts:3:\d+\))? and kind "file"/);
  }));

test('one kind in a helper of two tasks is one kind', () =>
  withFleet(['a'], async (fleet) => {
    const text = source({});
    const [kind = '', task = ''] = text.split('export default');
    fleet.file('tasks/_kind.ts', kind.replace('const kind', 'export const kind').replace('defineTask, ', ''));
    const rest = `import { defineTask, type Key } from 'tightbeam';\nimport { kind } from './_kind.ts';\nexport default${task}`;
    fleet.file('tasks/odd.ts', rest);
    fleet.file('tasks/even.ts', rest.replace('odd:x', 'odd:y'));
    const found = await fleet.run('steps:\n  - { id: odd, task: odd }\n  - { id: even, task: even }\n');
    assert.equal(found.steps(), ['odd ok', 'even ok']);
  }));

test('docs/authoring.md: the time zone of a host is set, found set, and refused where the host has none such', () =>
  withFleet(['a'], async (fleet) => {
    fleet.file('tasks/timezone.ts', shownFiles('docs/authoring.md').get('tasks/timezone.ts') ?? '');
    const run = (zone: string) =>
      fleet.run(`steps:\n  - { id: zone, task: timezone, with: { zone: ${zone} } }\n`);
    const [change, ...more] = (await run('Pacific/Auckland')).changes();
    assert.match(change ?? '', /^timezone:host update \S+ → Pacific\/Auckland$/);
    assert.equal(more, []);
    const again = await run('Pacific/Auckland');
    assert.equal(again.steps(), ['zone ok']);
    assert.is(again.host('a').roundTrips, 1);
    assert.equal((await run('Europe/Lisbon')).changes(), [
      'timezone:host update Pacific/Auckland → Europe/Lisbon',
    ]);
    const refused = (await run('Europe/Lisbno')).failure('zone');
    assert.is(refused.message, 'the host has no zone Europe/Lisbno');
    assert.is(refused.hint, 'install tzdata, or mend the name');
  }));
