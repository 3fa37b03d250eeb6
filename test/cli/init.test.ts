/** A project from nothing: `run init`, `run new task`, `run test`, each next command as it is printed. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('a project from nothing');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-init-'));
const demo = join(scratch, 'demo');
const GREETING = '/tmp/greeting';

/** The command is on the PATH, as where it is installed. */
function sh(command: string, cwd = scratch) {
  const env = { ...process.env, PATH: `${join(scratch, 'bin')}:${process.env.PATH}`, NO_COLOR: '1' };
  return spawnSync('sh', ['-c', command], { cwd, env, encoding: 'utf8', timeout: 100_000 });
}

function tsc(folder: string, project = 'tasks') {
  return spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project], { cwd: folder, encoding: 'utf8' });
}

test.before(() => {
  mkdirSync(join(scratch, 'bin'));
  writeFileSync(join(scratch, 'bin/run'), `#!/bin/sh\nexec '${join(ROOT, 'run')}' "$@"\n`);
  chmodSync(join(scratch, 'bin/run'), 0o755);
  rmSync(GREETING, { force: true });
});
test.after(() => {
  rmSync(scratch, { recursive: true, force: true });
  rmSync(GREETING, { force: true });
});

test('run init: what it wrote, and the next commands, which do what they say', () => {
  const { status, stdout, stderr } = sh('run init demo');
  assert.is(status, 0, stderr);
  const wrote = [...stdout.matchAll(/^wrote (\S+)$/gm)].map(([, name = '']) => name);
  assert.ok(wrote.length > 6);
  for (const name of wrote) assert.ok(existsSync(join(demo, name)), name);
  const there = readdirSync(demo, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const visible = there.filter(({ parentPath }) => !parentPath.includes('/.run'));
  assert.is(visible.length, wrote.length);
  for (const name of ['runbook', 'inventory'])
    assert.match(readFileSync(join(demo, `.run/schema/${name}.json`), 'utf8'), /^\{/);
  const next = [...(/^next:\n((?: {2}.*\n)+)/m.exec(stdout)?.[1] ?? '').matchAll(/^ {2}(.*)$/gm)];
  const [cd, ...commands] = next.map(([, command = '']) => command);
  assert.is(cd, 'cd demo');
  assert.is(commands.length, 3);
  const [played, dry, real] = commands.map((command) => sh(`${cd} && ${command}`));
  assert.is(played?.status, 0, played?.stderr);
  assert.match(played?.stdout ?? '', /4 passed, 0 failed/);
  assert.is(dry?.status, 0, dry?.stderr);
  assert.match(dry?.stdout ?? '', /\+ file:\/tmp\/greeting {2}create/);
  assert.is(real?.status, 0, real?.stderr);
  assert.match(readFileSync(GREETING, 'utf8'), /^Hello, world! This is \S+, \w+ .*\.\n$/);
  const again = sh(`${cd} && ${commands[2]}`);
  assert.match(again.stdout, /here +: ok=1 +changed=0 /);
}, 60_000);

test('run init a second time overwrites nothing', () => {
  writeFileSync(join(demo, 'run.yaml'), '# mine\n');
  const { status, stdout } = sh('run init', demo);
  assert.is(status, 0);
  assert.not.match(stdout, /^wrote/m);
  assert.match(stdout, /^kept {2}run\.yaml/m);
  assert.not.match(stdout, /^ {2}cd /m);
  assert.is(readFileSync(join(demo, 'run.yaml'), 'utf8'), '# mine\n');
  writeFileSync(join(scratch, 'file'), '');
  const wrong = sh('run init file');
  assert.is(wrong.status, 1);
  assert.match(wrong.stderr, /cannot be written[\s\S]*→ see who owns/);
});

test('their own tsc finds the types of tightbeam without node_modules, and what is wrong with a task', () => {
  assert.not(existsSync(join(demo, 'node_modules')));
  const good = tsc(demo);
  assert.is(good.status, 0, good.stdout);
  const path = join(demo, 'tasks/greeting.ts');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('desire({ text, path })', 'desire({ txt: text, path })'));
  const bad = tsc(demo);
  writeFileSync(path, text);
  assert.is.not(bad.status, 0);
  assert.match(bad.stdout, /^tasks\/greeting\.ts\(\d+,\d+\): error TS2339: Property 'txt' does not exist/);
});

test('run new task: two files whose cases hold at once, and nothing overwritten', () => {
  const before = new Set(readdirSync(join(demo, 'tasks')));
  const made = sh('run new task motd_text', demo);
  assert.is(made.status, 0, made.stderr);
  assert.equal(
    readdirSync(join(demo, 'tasks')).filter((name) => !before.has(name)),
    ['motd_text.ts'],
  );
  const next = /^next: (.*)$/m.exec(made.stdout)?.[1] ?? '';
  assert.is(next, 'run test motd_text');
  const played = sh(next, demo);
  assert.is(played.status, 0, played.stdout);
  assert.is(tsc(demo).status, 0);
  assert.match(readFileSync(join(demo, '.run/schema/runbook.json'), 'utf8'), /"motd_text"/);
  const refused = (words: string, message: RegExp): void => {
    const { status, stderr } = sh(`run new ${words}`, demo);
    assert.is(status, 1, words);
    assert.match(stderr, message);
  };
  refused('task motd_text', /tasks\/motd_text\.ts and test\/cases\/motd_text\.yaml: there already/);
  refused('task Motd-Text', /no name of a task\n→ .*: motd_text$/m);
  refused('task ../x', /no name of a task/);
  refused('task file', /"file" is a built-in task/);
  refused('tsak x', /did you mean "task"/);
  refused('task', /which name/);
  assert.match(sh('run new task x', '/').stderr, /no project here or above\n→ run init/);
}, 60_000);

test('run new policy: one that works and has its types checked, and nothing overwritten', () => {
  const made = sh('run new policy no-removal', demo);
  assert.is(made.status, 0, made.stderr);
  const path = join(demo, 'policies/no-removal.ts');
  const text = readFileSync(path, 'utf8');
  const good = tsc(demo, 'policies');
  assert.is(good.status, 0, good.stdout);
  writeFileSync(path, text.replace('changes })', 'chnages })'));
  const bad = tsc(demo, 'policies');
  writeFileSync(path, text);
  assert.match(
    bad.stdout,
    /^policies\/no-removal\.ts\(\d+,\d+\): error TS\d+: Property 'chnages' does not exist/,
  );
  const dry = sh('run hello local --dry-run', demo);
  assert.is(dry.status, 0, dry.stdout + dry.stderr);
  const again = sh('run new policy no-removal', demo);
  assert.is(again.status, 1);
  assert.match(again.stderr, /policies\/no-removal\.ts: there already/);
  assert.match(sh('run new policy ../x', demo).stderr, /no name of a policy/);
}, 60_000);

test('run test: exit codes, one JSON line each, and files that belong together', () => {
  const lines = sh('run test motd_text --json', demo).stdout.trim().split('\n');
  assert.equal(
    lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind),
    ['case', 'case', 'case', 'case', 'end'],
  );
  assert.match(sh('run test motd_txt', demo).stderr, /did you mean "motd_text"/);
  const stray = join(demo, 'test/cases/motd_txt.yaml');
  writeFileSync(stray, '[]\n');
  const odd = sh('run test', demo);
  assert.is(odd.status, 1);
  assert.match(odd.stderr, /test\/cases\/motd_txt\.yaml:1:1: these are cases of no task.*\n.*\n?.*motd_text/);
  rmSync(stray);
  writeFileSync(join(demo, 'tasks/broken.ts'), 'export default { a: = 1 };\n');
  const broken = sh('run test', demo);
  assert.is(broken.status, 1);
  assert.match(broken.stdout, /FAIL {2}broken\n +tasks\/broken\.ts:1:21: .*\[task-broken\]/);
  assert.match(broken.stdout, /ok {4}motd_text {2}4 cases/);
  assert.match(broken.stdout, /8 passed, 1 failed/);
  rmSync(join(demo, 'tasks/broken.ts'));
  rmSync(join(demo, 'test/cases/motd_text.yaml'));
  assert.match(
    sh('run test', demo).stdout,
    /^none {2}motd_text {2}no cases: write test\/cases\/motd_text\.yaml$/m,
  );
  const named = sh('run test motd_text', demo);
  assert.is(named.status, 1);
  assert.match(named.stderr, /task "motd_text" has no cases/);
}, 60_000);
