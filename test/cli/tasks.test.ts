/** `run tasks` and `run schema` as a person meets them: the project's own tasks, broken ones, misspelt names. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeParams, typeWords } from '../../lib/load/task/param-doc.ts';
import { RUN } from '../fixture/command.ts';
import { ROOT, shownFiles } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('run tasks');
const project = mkdtempSync(join(tmpdir(), 'tightbeam-tasks-'));
mkdirSync(join(project, 'runbooks'));
mkdirSync(join(project, 'tasks'));
const own = shownFiles('docs/runbooks.md').get('tasks/login_notice.ts') ?? '';
writeFileSync(join(project, 'tasks/login_notice.ts'), own);
test.after(() => rmSync(project, { recursive: true, force: true }));

function run(...argv: readonly string[]) {
  const words = [...argv, '--project', project];
  const { status, stdout, stderr } = spawnSync(RUN, words, { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('all tasks with what they are for, the project\u2019s own marked', () => {
  const { status, stdout } = run('tasks');
  assert.is(status, 0);
  assert.match(stdout, /^hostname +What the host is called, now and at boot$/m);
  assert.match(stdout, /^login_notice +What people are told before they log in {2}\(of this project\)$/m);
});

test('one task: parameters in plain words, what must be given, defaults, an example', () => {
  const { stdout } = run('tasks', 'file');
  assert.match(stdout, /^ {2}path {2}path on the host, must be given\n {8}Where the file is/m);
  assert.match(stdout, /^ {2}seed {2}true or false, false when left out$/m);
  assert.match(stdout, /^Example\n {2}- task: file\n {4}with:$/m);
  assert.match(stdout, /^Also checked\n {2}content and base64 exclude each other$/m);
  const mine = run('tasks', 'login_notice').stdout;
  assert.match(mine, /^ {2}path {2}path on the host, "\/etc\/issue\.net" when left out$/m);
});

test('for programs', () => {
  const all = JSON.parse(run('tasks', '--json').stdout);
  assert.equal(
    all.find(({ name }: { readonly name: string }) => name === 'login_notice'),
    { name: 'login_notice', summary: 'What people are told before they log in', own: true },
  );
  const one = JSON.parse(run('tasks', 'wireguard_key', '--json').stdout);
  assert.is(one.params[0].name, 'path');
  assert.equal(one.outputs[0].name, 'public_key');
});

test('a misspelt task is told, with the one that was meant', () => {
  const { status, stderr } = run('tasks', 'wiregaurd');
  assert.is(status, 1);
  assert.match(stderr, /no task "wiregaurd"\n→ did you mean "wireguard"\?/);
});

test('schemas are written where editors look, renewed by what loads all tasks, and ignored by git', () => {
  const path = join(project, '.run/schema/runbook.json');
  assert.not(existsSync(path), 'nobody asked for them yet');
  assert.is(run('schema').status, 0);
  assert.ok(readFileSync(path, 'utf8').includes('login_notice parameters'));
  assert.is(readFileSync(join(project, '.run/.gitignore'), 'utf8'), '*\n');
  writeFileSync(join(project, 'tasks/second.ts'), own);
  run('tasks');
  assert.ok(readFileSync(path, 'utf8').includes('second parameters'));
  assert.equal(JSON.parse(run('schema', 'runbook').stdout), JSON.parse(readFileSync(path, 'utf8')));
  const out = join(project, 'elsewhere');
  assert.is(run('schema', 'config', '--out', out).status, 0);
  assert.is(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).properties.forks.type, 'integer');
  assert.not(existsSync(join(out, 'runbook.json')));
});

test('a task that cannot be loaded is told, and the others are there all the same', () => {
  writeFileSync(join(project, 'tasks/broken.ts'), 'export default {\n');
  const tasks = run('tasks');
  assert.is(tasks.status, 1);
  assert.match(tasks.stdout, /^login_notice /m);
  assert.match(tasks.stderr, /tasks\/broken\.ts:\d+:\d+: task "broken" cannot be loaded/);
  assert.is(run('tasks', 'login_notice').status, 0);
  assert.match(run('tasks', 'broken').stderr, /cannot be loaded/);
  const schema = run('schema');
  assert.is(schema.status, 1);
  assert.match(schema.stderr, /task "broken" cannot be loaded/);
  assert.ok(
    readFileSync(join(project, '.run/schema/runbook.json'), 'utf8').includes('login_notice parameters'),
  );
});

test('types in the words of people', () => {
  assert.is(typeWords({ type: 'integer', minimum: 1, maximum: 9 }), 'whole number from 1 to 9');
  assert.is(typeWords({ type: 'number', minimum: 0 }), 'number from 0');
  assert.is(typeWords({ type: ['string', 'array'], items: { type: 'string' } }), 'text or list of text');
  assert.is(typeWords({ enum: ['a', 2, true] }), '`a`, `2`, `true`');
  assert.is(typeWords({ anyOf: [{ const: 'none' }, { type: 'boolean' }] }), '`none` or `true` or `false`');
  assert.is(typeWords({ type: 'string', format: 'step:wireguard' }), 'id of a `wireguard` step');
  assert.is(typeWords({ type: 'object', additionalProperties: { type: 'integer' } }), 'map of whole numbers');
  assert.is(typeWords({ type: 'array', items: { type: 'object' } }), 'list of maps');
  const paths = { type: 'string', format: 'abs-path' };
  assert.is(
    typeWords({ type: 'array', items: { anyOf: [paths, { type: 'integer' }] } }),
    'list of (paths on the host or whole numbers)',
  );
  assert.is(typeWords({}), 'anything');
  const docs = describeParams({
    required: ['list'],
    properties: {
      list: {
        type: 'array',
        items: {
          anyOf: [
            { type: 'string' },
            { type: 'object', properties: { port: { type: 'integer', default: 1 } } },
          ],
        },
      },
    },
  });
  assert.equal(
    docs.map(({ name, required, default: value, depth }) => [name, required, value, depth]),
    [
      ['list', true, undefined, 0],
      ['list[].port', false, '1', 1],
    ],
  );
});
