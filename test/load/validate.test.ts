/** run validate: which runbooks are checked with which inventories, and what is told of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { loadProject } from '../../lib/load/project.ts';
import { namesInventory, type ValidateInput, validate } from '../../lib/load/validate.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('validate');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-validate-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

const NOTE = 'steps: [{ task: note, with: { text: "${{ vars.word }}" } }]\n';
const PROD =
  'hosts: { roz: { groups: [web], vars: { word: a } }, wro: { groups: [web], vars: { word: b } } }\n';

function project(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(scratch, 'p-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

async function check(files: Readonly<Record<string, string>>, input: Partial<ValidateInput> = {}) {
  const cwd = project(files);
  const verbs = ['validate', 'lab'];
  const found = await validate({
    ...inputFor(cwd),
    runbook: undefined,
    inventory: undefined,
    verbs,
    ...input,
  });
  const problems = found.problems.map(({ code, place, message, severity }) =>
    [severity ?? 'error', code, place ? `${place.file}:${place.line}:${place.col}` : '-', message].join(' '),
  );
  const pairs = (list: typeof found.checked) =>
    list.map(({ runbook, inventory }) => `${runbook} ${inventory ?? '-'}`);
  return { problems, checked: pairs(found.checked), left: pairs(found.left) };
}

test('all runbooks with all inventories that have their hosts', async () => {
  const found = await check({
    'runbooks/site.yaml': `hosts: web\n${NOTE}`,
    'runbooks/any.yml': 'hosts: all\nsteps: [{ task: note, with: { text: a } }]\n',
    'inventory/prod.yaml': PROD,
    'inventory/test/hosts.yaml': 'hosts: { one: {} }\n',
  });
  assert.equal(found.problems, []);
  assert.equal(found.checked, ['any inventory/prod', 'any inventory/test', 'site inventory/prod']);
  assert.equal(found.left, ['site inventory/test']);
});

test('all of a project is its own tasks, too: one that no runbook names, and one that a runbook names once', async () => {
  const files = {
    'runbooks/site.yaml': 'hosts: web\nsteps: [{ task: named }]\n',
    'inventory/prod.yaml': PROD,
    'tasks/unnamed.ts': 'export default { a: = 1 };\n',
    'tasks/named.ts': 'export default 5;\n',
  };
  const named = 'error task-shape tasks/named.ts:1:1 tasks/named.ts has no task as its default export';
  const found = await check(files);
  assert.equal(found.problems, [
    named,
    'error task-broken tasks/unnamed.ts:1:21 task "unnamed" cannot be loaded: Unexpected "="',
  ]);
  assert.equal((await check(files, { runbook: 'site' })).problems, [named]);
});

test('what several items or hosts lack is told once, with how many they are', async () => {
  const found = await check({
    'runbooks/site.yaml': [
      'hosts: all',
      'vars: { list: [{ a: x }, { a: y }, { b: z }, { a: v }] }',
      'steps:',
      '  - { id: each, task: note, foreach: "${{ vars.list }}", with: { text: "${{ item.b }}" } }',
      '  - { id: both, task: note, foreach: "${{ vars.list }}", with: { text: "${{ vars.none }}" } }',
      '  - { id: some, task: note, with: { text: "${{ vars.word }}" } }',
      '',
    ].join('\n'),
    'inventory/prod.yaml': 'hosts: { a: {}, b: { vars: { word: x } }, c: {}, d: {} }\n',
  });
  assert.equal(found.problems, [
    'error unknown-variable runbooks/site.yaml:4:77 "item.b" is not defined of item[0] and 2 more',
    'error unknown-variable runbooks/site.yaml:5:77 "vars.none" is not defined on a and 3 more',
    'error unknown-variable runbooks/site.yaml:6:48 "vars.word" is not defined on a and 2 more',
  ]);
});

test('a runbook whose hosts are nowhere is told so, once', async () => {
  const found = await check({
    'runbooks/site.yaml': `hosts:\n  - web\n${NOTE}`,
    'inventory/a.yaml': 'hosts: { one: {} }\n',
    'inventory/b.yaml': 'hosts: { two: {} }\n',
  });
  assert.equal(found.problems, ['error unknown-host runbooks/site.yaml:2:5 no host or group "web"']);
  assert.equal(found.left, []);
});

test('what only one inventory brings to light names it; what all do is told once', async () => {
  const found = await check({
    'runbooks/site.yaml': `hosts: web\n${NOTE.replace('note', 'note, loud: 1')}`,
    'inventory/prod.yaml': PROD,
    'inventory/test.yaml': 'hosts: { one: { groups: [web] } }\n',
  });
  assert.equal(found.problems, [
    'error unknown-key runbooks/site.yaml:2:23 unknown key "loud"',
    'error unknown-variable runbooks/site.yaml:2:51 "vars.word" is not defined on one (with inventory/test)',
  ]);
});

test('what is wrong with an inventory is told once, also when no runbook fits it', async () => {
  const found = await check({
    'runbooks/one.yaml': `hosts: web\n${NOTE}`,
    'runbooks/two.yaml': `hosts: web\n${NOTE}`,
    'inventory/prod.yaml': PROD,
    'inventory/test.yaml': 'hosts: { one: { prot: 22 } }\n',
  });
  assert.equal(found.problems, ['error unknown-key inventory/test.yaml:1:17 unknown key "prot"']);
});

test('one runbook and one inventory: it must have the hosts', async () => {
  const files = {
    'runbooks/site.yaml': `hosts: web\n${NOTE}`,
    'inventory/test.yaml': 'hosts: { one: {} }\n',
  };
  const found = await check(files, { runbook: 'site', inventory: 'test' });
  assert.equal(found.problems, ['error unknown-host runbooks/site.yaml:1:8 no host or group "web"']);
});

test('without an inventory: as far as that goes', async () => {
  const steps = `steps:
  - { task: note, with: { text: a, group: web } }
  - { task: note, id: b, needs: [note@web], when: host.name in groups.web, with: { texd: a } }
  - { task: fiel }
`;
  const found = await check({ 'runbooks/site.yaml': `hosts: web\n${steps}` });
  assert.equal(found.problems, [
    'error unknown-parameter runbooks/site.yaml:4:84 unknown parameter "texd"',
    'error unknown-task runbooks/site.yaml:5:13 no task "fiel"',
  ]);
  assert.equal(found.checked, ['site -']);
});

test('secrets are not fetched', async () => {
  const found = await check({
    'runbooks/site.yaml':
      'hosts: all\nsecrets: { s: { command: [exit 1] } }\nsteps: [{ task: note, with: { text: a, psk: "${{ secrets.s }}" } }]\n',
    'inventory/prod.yaml': PROD,
  });
  assert.equal(found.problems, []);
});

test('a runbook with the name of a command is warned of', async () => {
  const found = await check({ 'runbooks/lab.yaml': `hosts: web\n${NOTE}`, 'inventory/prod.yaml': PROD });
  assert.is(found.problems.length, 1);
  assert.match(found.problems[0] ?? '', /^warning runbook-name runbooks\/lab\.yaml:1:1 `run lab` /);
});

const PROD_ONLY = { 'inventory/prod.yaml': PROD };

async function problemsOf(runbook: string, inventory = PROD): Promise<readonly string[]> {
  const found = await check({ 'runbooks/site.yaml': runbook, 'inventory/prod.yaml': inventory });
  return found.problems.map((line) =>
    line.replace(/ (runbooks\/site|inventory\/prod)\.yaml:(\d+:\d+) .*/, ' $2'),
  );
}

test('a step that no host can reach is warned of', async () => {
  const when = (condition: string, more = '') =>
    problemsOf(`hosts: web\n${more}steps: [{ task: note, when: '${condition}', with: { text: a } }]\n`);
  assert.equal(await when('host.name == "none"'), ['warning step-never-runs 2:29']);
  assert.equal(await when('false'), ['warning step-never-runs 2:29']);
  assert.equal(await when('vars.word == "c"'), ['warning step-never-runs 2:29']);
  assert.equal(await when('vars.word == "b"'), []);
  // Only the host knows.
  assert.equal(await when('facts.arch == "none"'), []);
  // A default of the runbook, which --extra-vars may change.
  assert.equal(await when('vars.extra', 'vars: { extra: false }\n'), []);
});

test('a step that one inventory has no use for is no matter when another one has', async () => {
  const files = {
    'runbooks/site.yaml': `hosts: all\nsteps: [{ task: note, when: host.name == "roz", with: { text: a } }]\n`,
    ...PROD_ONLY,
    'inventory/test.yaml': 'hosts: { one: {} }\n',
  };
  assert.equal((await check(files)).problems, []);
  assert.is((await check(files, { inventory: 'test' })).problems.length, 1);
});

test('braces of Jinja are warned of, those of others are not', async () => {
  const text = (value: string) =>
    problemsOf(`hosts: web\nsteps: [{ task: note, with: { text: '${value}' } }]\n`);
  assert.equal(await text('{{ port }}'), ['warning jinja-braces 2:37']);
  assert.equal(await text('a {{ port | default(80) }} b'), ['warning jinja-braces 2:37']);
  for (const other of ['{{ .Name }}', '{{ $labels.job }}', '{ { a } }', '{{}}', '${{ "a" }}'])
    assert.equal(await text(other), [], other);
});

const STEP = 'steps: [{ task: note, with: { text: "${{ vars.a }}" } }]\n';
/** One mistake, told once: what would follow from it is not told. */
const ONCE: readonly (readonly [name: string, runbook: string, wanted: string, inventory?: string])[] = [
  ['vars', `hosts: all\nvras: { a: x }\n${STEP}`, 'unknown-key 2:1'],
  ['vars that are no map', `hosts: all\nvars: [a]\n${STEP}`, 'wrong-type 2:7'],
  ['vars of a host', `hosts: all\n${STEP}`, 'unknown-key 1:17', 'hosts: { roz: { vras: { a: x } } }\n'],
  [
    'groups of a host',
    'hosts: web\nsteps: [{ task: note, with: { text: a } }]\n',
    'unknown-key 1:17',
    'hosts: { roz: { gropus: [web] } }\n',
  ],
  ['with', 'hosts: all\nsteps: [{ task: note, whit: { text: a } }]\n', 'unknown-key 2:23'],
  ['with as text', 'hosts: all\nsteps: [{ task: note, with: text=a }]\n', 'wrong-type 2:29'],
  [
    'handlers',
    'hosts: all\nsteps: [{ task: note, notify: h, with: { text: a } }]\nhandelrs: [{ id: h, task: note }]\n',
    'unknown-key 3:1',
  ],
  [
    'the name of a handler',
    'hosts: all\nsteps: [{ task: note, notify: relaod, with: { text: a } }]\nhandlers: [{ id: reload, task: note, with: { text: a } }]\n',
    'unknown-handler 2:31',
  ],
  [
    'the task of a step that another one needs',
    'hosts: all\nsteps: [{ id: a, tsak: note }, { task: note, needs: [a], with: { text: a } }]\n',
    'unknown-key 2:18',
  ],
  ['a task as a key', 'hosts: all\nsteps: [{ name: x, note: { text: a } }]\n', 'task-as-key 2:20'],
];

for (const [name, runbook, wanted, inventory] of ONCE) {
  test(`told once: ${name}`, async () => {
    assert.equal(await problemsOf(runbook, inventory), [`error ${wanted}`]);
  });
}

test('nothing to check is said', async () => {
  for (const files of [{ 'run.yaml': '' }, { 'inventory/prod.yaml': PROD }] as const) {
    const refused = await check(files).catch((error: unknown) => error);
    assert.ok(refused instanceof RunError && refused.problems[0]?.code === 'no-runbook', String(refused));
  }
});

test('one word may be a runbook or an inventory', () => {
  const root = project({
    'runbooks/site.yaml': '',
    'inventory/prod.yaml': PROD,
    'inventory/t/hosts.yaml': PROD,
  });
  for (const word of [
    'prod',
    'inventory/prod',
    'inventory/prod.yaml',
    'inventory/t',
    'inventory/t/hosts.yaml',
  ])
    assert.is(namesInventory(word, root, undefined), true, word);
  for (const word of ['site', 'runbooks/site.yaml'])
    assert.is(namesInventory(word, root, undefined), false, word);
  assert.throws(() => namesInventory('sitee', root, undefined), /no runbook "sitee"/);
});

test('a runbook that only others import is checked by itself; to run it is refused', async () => {
  const part = (steps: string): string =>
    `inputs: { port: { type: integer } }\nvars_schema: { rack: { type: string } }\nsteps:\n${steps}`;
  const files = {
    'runbooks/part.yaml': part(
      '  - { task: note, with: { text: "${{ vars.rack }}", count: "${{ inputs.port }}" } }\n',
    ),
    'inventory/prod.yaml': PROD,
  };
  assert.equal((await check(files)).problems, []);
  const wrong = {
    ...files,
    'runbooks/part.yaml': part('  - { task: note, with: { text: "${{ inputs.prot }}" } }\n'),
  };
  assert.equal((await check(wrong)).problems, [
    'error unknown-input runbooks/part.yaml:4:38 no input "prot"',
  ]);
  const run = inputFor(project(files), { runbook: 'part', inventory: 'prod' });
  const refused: unknown = await loadProject(run).catch((error: unknown) => error);
  assert.instance(refused, RunError);
  const codes = (refused as RunError).problems.map(({ code }) => code);
  assert.ok(codes.includes('missing-key') && codes.includes('missing-input'), codes.join());
});
