/** The project's own tasks: compiled once, again when a source changed, and told with file and line when broken. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { formatPlace } from '../../lib/base/problem.ts';
import { PlanError, Secret } from '../../lib/index.ts';
import { loadProject } from '../../lib/load/project.ts';
import { sourceTasks, taskFiles } from '../../lib/load/tasks.ts';
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

test('code of a task that throws, or gives no list, is told with the line of its source', async () => {
  const body = (code: string): string =>
    `import { defineTask } from 'tightbeam';\nexport default defineTask({ summary: 's', params: { type: 'object', additionalProperties: false, properties: {} },\n  desire: () => ${code} });\n`;
  const refused = async (name: string): Promise<string> => {
    const { runbook } = await load(name);
    try {
      runbook.steps[0]?.task.desire({}, {} as never);
    } catch (error) {
      if (error instanceof RunError) return error.message;
      throw error;
    }
    throw new Error('nothing was thrown');
  };
  write('tasks/careless.ts', body('(undefined as never as string[]).map(String) as never'));
  assert.match(
    await refused('careless'),
    /^task careless throws TypeError: .*\(tasks\/careless\.ts:3:\d+\)$/,
  );
  write('tasks/alone.ts', body("'x' as never"));
  assert.is(await refused('alone'), 'desire of task alone gives no list of resources');
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
