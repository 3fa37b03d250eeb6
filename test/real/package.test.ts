/** The package as users get it: packed, installed globally under a prefix, used from a project of their own, on a lab host. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
  return exec('sh', [
    '-c',
    'cd "$1" && shift && exec "$@"',
    'sh',
    project,
    join(prefix, 'bin/run'),
    ...words,
  ]);
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
  const tarball = join(scratch, packed.trim().split('\n').at(-1) ?? '');
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
  const down = await run('lab', 'down');
  assert.is(down.rc, 0, down.out + down.err);
}, 120_000);
