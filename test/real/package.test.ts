/** The package as users get it: packed, installed globally under a prefix, used from a project of their own, on a lab host. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labDown } from '../../lib/lab/down.ts';
import { type ExecResult, exec, must } from '../../lib/lab/exec.ts';
import { assert, suite } from '../suite.ts';

const test = suite('package');
const source = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-package-'));
const project = join(scratch, 'project');
const prefix = join(scratch, 'prefix');
const begun = join(scratch, 'begun');
let tarball = '';

const TASK = `import { defineTask, file, packages, toBytes } from 'tightbeam';
import { shout } from './_shout.ts';

export default defineTask({
  summary: 'A greeting on the host',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['who'],
    properties: { who: { type: 'string', description: 'Who is greeted.' } },
  },
  desire({ who }, ctx) {
    return [...packages(['tree'], { state: 'present' }), file('/etc/greeting', { content: toBytes(\`\${shout(who)} from \${ctx.host.name}\\n\`) })];
  },
});
`;

const RUNBOOK = `name: Greet
hosts: all
become: true
steps:
  - { id: greeting, task: greet, with: { who: nora } }
  - { id: page, task: template, with: { src: page.liquid, dest: /srv/page } }
`;

function put(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

/** The installed command, in the project's folder. */
function run(...words: readonly string[]): Promise<ExecResult> {
  return inFolder(project, join(prefix, 'bin/run'), ...words);
}

function inFolder(folder: string, ...words: readonly string[]): Promise<ExecResult> {
  return exec('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', folder, ...words]);
}

/** The tasks of a folder, with a compiler that is not the package's: none is in there. */
function typesOf(folder: string): Promise<ExecResult> {
  return inFolder(folder, join(source, 'node_modules/.bin/tsc'), '-p', 'tasks');
}

/** That a mistake in the task is found, and that it is well without. */
async function typed(folder: string, file: string): Promise<void> {
  const good = await typesOf(folder);
  assert.is(good.rc, 0, good.out);
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace("mode: '0644'", "moed: '0644'"));
  const bad = await typesOf(folder);
  writeFileSync(path, text);
  assert.is.not(bad.rc, 0);
  assert.match(bad.out, /error TS\d+: .*'moed'/);
}

test.before(async () => {
  const packed = await must('npm', [
    '--prefix',
    source,
    'pack',
    source,
    '--silent',
    '--pack-destination',
    scratch,
  ]);
  tarball = join(scratch, packed.trim().split('\n').at(-1) ?? '');
  await must('npm', [
    'install',
    '--global',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    tarball,
  ]);
  put('tasks/greet.ts', TASK);
  put('tasks/_shout.ts', 'export const shout = (word: string): string => word.toUpperCase();\n');
  put('runbooks/greet.yaml', RUNBOOK);
  put('runbooks/page.liquid', '{{ host.name }}\n');
});
test.after(async () => {
  await labDown({ root: project, log: () => undefined });
  rmSync(scratch, { recursive: true, force: true });
});

test('it holds what it needs, and neither sources nor tests', () => {
  const folder = join(prefix, 'lib/node_modules/tightbeam');
  const names = readdirSync(folder);
  for (const name of ['dist', 'package.json', 'node_modules']) assert.ok(names.includes(name), name);
  for (const name of ['lib', 'test', 'bench', 'inventory']) assert.not.ok(names.includes(name), name);
  assert.ok(existsSync(join(folder, 'dist/stamp')));
});

test('it starts: version, help, a mistyped word', async () => {
  assert.match((await run('--version')).out, /^\d+\.\d+\.\d+\n$/);
  assert.match((await run('--help')).out, 'run <runbook> <inventory>');
  const wrong = await run('grete', 'nowhere');
  assert.is(wrong.rc, 1);
  assert.match(wrong.err, 'did you mean "greet"?');
});

test('a project that it begins: its cases hold, and a compiler knows the types without node_modules', async () => {
  const init = await inFolder(scratch, join(prefix, 'bin/run'), 'init', 'begun');
  assert.is(init.rc, 0, init.out + init.err);
  assert.not(existsSync(join(begun, 'node_modules')));
  const played = await inFolder(begun, join(prefix, 'bin/run'), 'test');
  assert.is(played.rc, 0, played.out + played.err);
  await typed(begun, 'tasks/greeting.ts');
});

test('installed in a project, its types are found as those of any package', async () => {
  const local = join(scratch, 'local');
  mkdirSync(join(local, 'tasks'), { recursive: true });
  writeFileSync(join(local, 'package.json'), '{ "private": true }\n');
  await must('npm', ['install', '--prefix', local, '--silent', '--no-audit', '--no-fund', tarball]);
  writeFileSync(join(local, 'tasks/greeting.ts'), readFileSync(join(begun, 'tasks/greeting.ts')));
  for (const options of [
    { module: 'ESNext', moduleResolution: 'bundler' },
    { module: 'NodeNext', moduleResolution: 'NodeNext' },
  ]) {
    // Not even a declaration of ours may be at fault.
    const compilerOptions = { ...options, target: 'ES2023', types: [], strict: true, noEmit: true };
    writeFileSync(join(local, 'tasks/tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));
    await typed(local, 'tasks/greeting.ts');
  }
}, 120_000);

test('a lab, and a runbook with a task of the project’s own', async () => {
  const up = await run('lab', 'up', '--hosts', '1');
  assert.is(up.rc, 0, up.out + up.err);
  const dry = await run('greet', 'inventory/lab', '--dry-run');
  assert.is(dry.rc, 0, dry.out + dry.err);
  assert.match(dry.out, '+NORA from roz');
  const first = await run('greet', 'inventory/lab');
  assert.is(first.rc, 0, first.out + first.err);
  assert.match(first.out, /roz +: ok=0 +changed=2 /);
  const second = await run('greet', 'inventory/lab');
  assert.is(second.rc, 0, second.out + second.err);
  assert.match(second.out, /roz +: ok=2 +changed=0 .*1 round trip,/);
  const hello = await inFolder(begun, join(prefix, 'bin/run'), 'hello', join(project, 'inventory/lab'));
  assert.is(hello.rc, 0, hello.out + hello.err);
  assert.match(hello.out, 'Hello, world! This is roz, debian');
  const down = await run('lab', 'down');
  assert.is(down.rc, 0, down.out + down.err);
}, 120_000);
