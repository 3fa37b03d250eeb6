/** A new task is one file and one file of cases: begun by `run new task`, then those of CONTRIBUTING.md, in a copy of the sources. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../lib/model/event.ts';
import { ROOT as root, shownFiles } from './fixture/page.ts';
import { assert, suite } from './suite.ts';

const test = suite('a new task');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-task-'));
const checkout = join(scratch, 'checkout');
const project = join(scratch, 'project');
const PARTS = [
  'lib',
  'tasks',
  'runbooks',
  'test/task',
  'test/cases',
  'test/one.ts',
  'test/run.mjs',
  'test/suite.ts',
  'test/tool.mjs',
];
const FILES = ['package.json', 'tsconfig.json', 'build.mjs', 'run'];

const shown = shownFiles('CONTRIBUTING.md');

function all(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

function sh(command: string, ...args: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(command, args, { cwd: checkout, env, encoding: 'utf8', timeout: 100_000 });
}

function cases() {
  const { status, stdout, stderr } = sh(process.execPath, 'test/run.mjs', 'all', 'task/cases');
  const [, passed = ''] = /^(\d+) passed, \d+ failed, 0 skipped$/m.exec(stdout) ?? [];
  return { status, passed: Number(passed), text: stdout + stderr };
}

function events(text: string): readonly RunEvent[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
}

test.before(() => {
  for (const part of [...PARTS, ...FILES])
    cpSync(join(root, part), join(checkout, part), { recursive: true, verbatimSymlinks: true });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  mkdirSync(project);
  writeFileSync(join(project, 'hosts.yaml'), 'hosts:\n  here: { connection: local }\n');
});
test.after(() => rmSync(scratch, { recursive: true, force: true }));

function runbook(parameters: string): string {
  const path = join(project, 'runbook.yaml');
  writeFileSync(path, `hosts: all\nsteps:\n  - task: login_notice\n    with: ${parameters}\n`);
  return path;
}

test('the page shows two files, one in tasks/ and one in test/cases/', () => {
  assert.equal([...shown.keys()], ['tasks/login_notice.ts', 'test/cases/login_notice.yaml']);
});

test('before: the task is unknown; after: its cases are run, its parameters typed, and it plans on a host', () => {
  const target = join(project, 'issue.net');
  const path = runbook(`{ text: Authorised people only., path: ${target} }`);
  const run = (...flags: readonly string[]) => sh('./run', path, join(project, 'hosts.yaml'), ...flags);
  const unknown = run('--dry-run');
  assert.is(unknown.status, 1);
  assert.match(unknown.stderr, /no task "login_notice"/);
  const before = cases();
  assert.is(before.status, 0, before.text);

  const files = all(checkout);
  const begun = sh('./run', 'new', 'task', 'login_notice');
  assert.is(begun.status, 0, begun.stderr);
  const start = cases();
  assert.is(start.status, 0, start.text);
  // Four cases, and the rule for descriptions.
  assert.is(start.passed, before.passed + 5);
  const played = sh('./run', 'test', 'login_notice');
  assert.match(played.stdout, /^ok {4}login_notice {2}4 cases\n\n4 passed, 0 failed\n$/);
  for (const [name, text] of shown) writeFileSync(join(checkout, name), text);
  assert.equal(
    all(checkout).filter((name) => !files.includes(name)),
    [...shown.keys()],
  );

  const after = cases();
  assert.is(after.status, 0, after.text);
  // Three cases, and the rule for descriptions.
  assert.is(after.passed, before.passed + 4);

  const types = sh(
    'node_modules/.bin/tsc',
    '--noEmit',
    '--ignoreConfig',
    ...compilerFlags(),
    'tasks/login_notice.ts',
  );
  assert.is(types.status, 0, types.stdout);

  const dry = run('--dry-run', '--json');
  assert.is(dry.status, 0, dry.stderr);
  const [change, ...more] = events(dry.stdout).filter((event) => event.kind === 'change');
  assert.equal(more, []);
  assert.is(change?.kind === 'change' && change.key, `file:${target}`);
  assert.is(change?.kind === 'change' && change.action, 'create');
  assert.is(change?.kind === 'change' && change.step, 'login_notice');
  assert.not(existsSync(target), 'a dry run writes nothing');

  runbook('{ txt: Authorised people only. }');
  const misspelt = run('--dry-run');
  assert.is(misspelt.status, 1);
  assert.match(misspelt.stderr, /runbook\.yaml:4:\d+: .*txt[\s\S]*did you mean "text"/);
}, 120_000);

test('a case that does not hold fails, and so does a task without cases', () => {
  const name = 'test/cases/login_notice.yaml';
  const text = readFileSync(join(checkout, name), 'utf8');
  writeFileSync(join(checkout, name), text.replace('action: update', 'action: create'));
  const told = sh('./run', 'test', 'login_notice');
  assert.is(told.status, 1);
  assert.match(
    told.stdout,
    /^FAIL {2}login_notice {2}"another notice" {2}test\/cases\/login_notice\.yaml:1:3\n/,
  );
  assert.match(told.stdout, /- .*"action":"create".*\n +\+ .*"action":"update"/);
  const wrong = cases();
  assert.is(wrong.status, 1);
  assert.match(wrong.text, /FAIL {2}login_notice {2}"another notice"/);
  rmSync(join(checkout, name));
  assert.is(cases().status, 1);
}, 120_000);

/** The compiler's settings of this repository as flags, for one file without the project around it. */
function compilerFlags(): readonly string[] {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    readonly compilerOptions: Readonly<Record<string, unknown>>;
  };
  return Object.entries(compilerOptions)
    .filter(([name]) => name !== 'paths' && name !== 'noEmit')
    .flatMap(([name, value]) => [`--${name}`, Array.isArray(value) ? value.join(',') : String(value)]);
}
