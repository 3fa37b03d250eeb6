/** The project's own tasks: compiled once, again when a source changed, and told with file and line when broken. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { formatPlace } from '../../lib/base/problem.ts';
import { PlanError, Secret } from '../../lib/index.ts';
import { loadProject } from '../../lib/load/project.ts';
import { taskSchemaFault } from '../../lib/load/task/task-schema.ts';
import { sourceTasks, taskFiles } from '../../lib/load/task/tasks.ts';
import { ROOT } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('compile');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-compile-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

const task = (body: string): string =>
  `import { defineTask, Secret } from 'tightbeam';\nimport { word } from './_word.ts';\n${body}\nexport default defineTask({ summary: word, params: { type: 'object', additionalProperties: false, properties: {} }, desire: () => [{ key: 'a:b', plan: () => null, kind: { read() {}, parse() {} }, held: new Secret('s', 'x') } as never] });\n`;

async function load(name: string) {
  write('runbooks/provision.yaml', `hosts: all\nsteps:\n  - task: ${name}\n`);
  write('inventory.yaml', 'hosts: { roz: {} }\n');
  return loadProject(inputFor(root, { inventory: 'inventory.yaml' }));
}

async function fault(name: string): Promise<string> {
  try {
    await load(name);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return error.problems.map(({ code, place }) => `${code} ${place ? formatPlace(place) : '-'}`).join('\n');
  }
  throw new Error('it loaded');
}

const compiled = (): readonly string[] =>
  readdirSync(join(root, '.run/cache')).filter((name) => name.endsWith('.mjs'));

test('a task of the project, its helper, and the engine that runs', async () => {
  write('tasks/_word.ts', "export const word = 'one';\n");
  write('tasks/say-it.ts', task(''));
  const first = await load('say_it');
  assert.is(first.runbook.steps[0]?.task.summary, 'one');
  // The same classes as ours: a secret made by the task is a secret to the engine.
  const [made] = first.runbook.steps[0]?.task.desire({}, {} as never) ?? [];
  assert.instance(Reflect.get(made ?? {}, 'held'), Secret);
  assert.is(compiled().length, 1);
  await load('say_it');
  assert.is(compiled().length, 1, 'nothing was compiled again');
  write('tasks/_word.ts', "export const word = 'two';\n");
  const second = await load('say_it');
  assert.is(second.runbook.steps[0]?.task.summary, 'two');
});

test('a module that throws, a module with a syntax error, a module without a task', async () => {
  write('tasks/throws.ts', task("\n\nthrow new Error('no such luck');"));
  assert.is(await fault('throws'), 'task-broken tasks/throws.ts:5:7');
  write('tasks/syntax.ts', 'export default {\n  a: = 1,\n};\n');
  assert.is(await fault('syntax'), 'task-broken tasks/syntax.ts:2:6');
  write('tasks/shape.ts', 'export default { summary: 5 };\n');
  assert.is(await fault('shape'), 'task-shape tasks/shape.ts:1:1');
});

test('a schema that is none is told each time, with the line of the parameter', async () => {
  const schema = (property: string, rest = 'additionalProperties: false'): string =>
    `import { defineTask } from 'tightbeam';\nexport default defineTask({\n  summary: 's',\n  params: { type: 'object', ${rest}, properties: {\n    count: ${property},\n  } },\n  desire: () => [],\n});\n`;
  const messages = async (name: string): Promise<readonly string[]> => {
    try {
      await load(name);
    } catch (error) {
      if (error instanceof RunError) return error.problems.map(({ message }) => message);
    }
    return [];
  };
  for (const [property, message] of [
    ["{ type: 'strng' }", 'count.type: must be equal to one of the allowed values'],
    ["{ type: 'string', minLenght: 1 }", 'count: unknown keyword: "minLenght"'],
    ["{ type: 'string', format: 'abs-pth' }", 'count: unknown format "abs-pth"'],
    ["{ type: 'string', pattern: '(' }", 'Invalid regular expression: /(/u: Unterminated group'],
  ] as const) {
    write('tasks/schema.ts', schema(property));
    for (let time = 0; time < 2; time += 1)
      assert.equal(await messages('schema'), [`the params of task "schema" are no schema: ${message}`]);
  }
  write('tasks/schema.ts', schema("{ type: 'strng' }"));
  assert.is(await fault('schema'), 'task-schema tasks/schema.ts:5:5');
  write('tasks/schema.ts', schema("{ type: 'string' }", "required: ['cuont'], additionalProperties: false"));
  assert.match((await messages('schema'))[0] ?? '', /it requires "cuont", which is none of its properties/);
  write('tasks/schema.ts', schema("{ type: 'string' }", 'required: []'));
  assert.match((await messages('schema'))[0] ?? '', /additionalProperties: false/);
  write('tasks/schema.ts', schema("{ type: 'string', format: 'step:note' }"));
  await load('schema');
});

test('the schemas of the built-in tasks are such', async () => {
  const tasks = sourceTasks(join(ROOT, 'tasks'));
  assert.ok(tasks.size > 20);
  for (const [name, make] of tasks) assert.is(taskSchemaFault((await make()).params), undefined, name);
});

test('code of a task that throws, or gives no list, is told with the line of its source', async () => {
  const body = (code: string): string =>
    `import { defineTask } from 'tightbeam';\nexport default defineTask({ summary: 's', params: { type: 'object', additionalProperties: false, properties: {} },\n  desire: () => ${code} });\n`;
  const refused = async (name: string): Promise<string> => {
    try {
      await load(name);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      const [{ code, message, place } = { code: '', message: '', place: undefined }] = error.problems;
      assert.is(`${code} ${place ? formatPlace(place) : '-'}`, 'task-fault runbooks/provision.yaml:3:11');
      return message;
    }
    throw new Error('nothing was thrown');
  };
  write('tasks/careless.ts', body('(undefined as never as string[]).map(String) as never'));
  assert.match(
    await refused('careless'),
    /^task careless throws TypeError: .*\(tasks\/careless\.ts:3:\d+\) \(on roz\)$/,
  );
  write('tasks/alone.ts', body("'x' as never"));
  assert.is(await refused('alone'), 'desire of task alone gives no list of resources (on roz)');
  write('tasks/odd.ts', body("[{ key: 'x' } as never]"));
  assert.match(
    await refused('odd'),
    /^desire of task odd gives something that is no resource: item 0 has no key/,
  );
  // What it met is not known yet: whether it throws is seen in the run.
  write(
    'tasks/later.ts',
    body('{ throw new Error(ctx.host.facts.arch); }').replace('() =>', '(params, ctx) =>'),
  );
  await load('later');
  write(
    'tasks/planned.ts',
    body('{ throw new PlanError("not so", "do this"); }').replace('defineTask }', 'defineTask, PlanError }'),
  );
  const { runbook } = await load('planned');
  assert.throws(
    () => runbook.steps[0]?.task.desire({}, {} as never),
    (error: unknown) => error instanceof PlanError,
  );
});

test('a project that cannot be written has its tasks compiled elsewhere, in a folder of its own user alone', async () => {
  const shared = join(tmpdir(), `tightbeam-${userInfo().uid}`);
  write('tasks/say-it.ts', task(''));
  rmSync(join(root, '.run'), { recursive: true, force: true });
  // A file where the folder would be: nothing can be made there, not even by root.
  writeFileSync(join(root, '.run'), '');
  try {
    assert.is((await load('say_it')).runbook.steps[0]?.task.summary, 'two');
    assert.is(statSync(shared).mode & 0o777, 0o700);
    chmodSync(shared, 0o777);
    assert.is(await fault('say_it'), 'task-broken runbooks/provision.yaml:3:11');
  } finally {
    rmSync(shared, { recursive: true, force: true });
    rmSync(join(root, '.run'));
  }
});

test('what was compiled before goes: at once what is replaced, after a month what nobody used', async () => {
  const folder = join(root, '.run/cache');
  const age = (name: string, days: number): void => {
    const then = Date.now() / 1000 - days * 86_400;
    utimesSync(join(folder, name), then, then);
  };
  rmSync(folder, { recursive: true, force: true });
  write('tasks/say-it.ts', task(''));
  await load('say_it');
  const [old = ''] = compiled();
  writeFileSync(join(folder, 'dead-1.mjs'), '');
  writeFileSync(join(folder, 'dead-2.mjs'), '');
  age('dead-1.mjs', 31);
  age('dead-2.mjs', 29);
  write('tasks/say-it.ts', task('// another'));
  await load('say_it');
  // Another run may be about to load what this one has replaced a moment ago.
  assert.is(compiled().length, 3);
  assert.not.ok(compiled().includes('dead-1.mjs'));
  age(old, 1);
  write('tasks/say-it.ts', task('// a third'));
  await load('say_it');
  assert.not.ok(compiled().includes(old));
  const [used = ''] = compiled()
    .filter((name) => name !== 'dead-2.mjs')
    .slice(-1);
  age(used, 20);
  for (const name of compiled()) if (name !== 'dead-2.mjs') age(name, 20);
  const before = compiled().length;
  await load('say_it');
  const fresh = compiled().filter((name) => Date.now() - statSync(join(folder, name)).mtimeMs < 60_000);
  assert.is(fresh.length, 1, 'what is used is noted');
  assert.is(compiled().length, before, 'nothing was compiled');
});

test('the cache is its user\u2019s alone: a folder that others could write is closed to them', async () => {
  const folder = join(root, '.run/cache');
  chmodSync(folder, 0o777);
  await load('say_it');
  assert.is(statSync(folder).mode & 0o777, 0o700);
  const ours = compiled().filter((name) => !name.startsWith('dead'));
  for (const name of ours) assert.is(statSync(join(folder, name)).mode & 0o077, 0);
});

test('two runs at once compile the same task, and both have it', async () => {
  rmSync(join(root, '.run/cache'), { recursive: true, force: true });
  write('runbooks/provision.yaml', 'hosts: all\nsteps:\n  - task: say_it\n');
  const input = inputFor(root, { inventory: 'inventory.yaml' });
  const loaded = await Promise.all([1, 2, 3, 4].map(() => loadProject(input)));
  for (const { runbook } of loaded) assert.is(runbook.steps[0]?.task.summary, 'two');
  assert.is(compiled().length, 1);
  assert.equal(
    readdirSync(join(root, '.run/cache')).filter((name) => !/\.(mjs|json)$/.test(name)),
    [],
  );
});

test('a built-in task is replaced where the project says so, and never in silence', async () => {
  const says = (text: string): string => text.replace('summary: word,', 'summary: word, overrides: true,');
  write('tasks/note.ts', task(''));
  assert.match(await fault('note'), /^task-shadows runbooks\/provision.yaml:3:11$/);
  write('tasks/note.ts', says(task('')));
  assert.is((await load('note')).runbook.steps[0]?.task.summary, 'two');
  rmSync(join(root, 'tasks/note.ts'));
  write('tasks/notes.ts', says(task('')));
  await load('notes').catch((error: RunError) => {
    assert.equal(
      error.problems.map(({ code, message, hint }) => `${code}: ${message} → ${hint}`),
      [
        'task-overrides: tasks/notes.ts says `overrides: true`, and there is no built-in task "notes" → did you mean "note"?',
      ],
    );
  });
  assert.is(await fault('notes'), 'task-overrides tasks/notes.ts:1:1');
  rmSync(join(root, 'tasks/notes.ts'));
});

test('a checkout of ours loads each task once, from source', async () => {
  write('tasks/say-it.ts', task(''));
  const folder = join(root, 'tasks');
  assert.ok(taskFiles(folder).has('say_it'));
  assert.not.ok(taskFiles(folder).has('_word'));
  const builtinTasks = new Map([...sourceTasks(folder)].filter(([name]) => name === 'absent'));
  write('runbooks/provision.yaml', 'hosts: all\nsteps:\n  - task: say_it\n');
  const input = inputFor(root, { inventory: 'inventory.yaml', builtinTasks, builtinFolder: folder });
  try {
    await loadProject(input);
    assert.unreachable();
  } catch (error) {
    // The folder is the engine's: what its table does not hold is not there, and nothing was compiled.
    assert.is((error as RunError).problems[0]?.code, 'unknown-task');
  }
});
