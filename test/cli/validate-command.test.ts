/** run validate in a process of its own: exit codes, formats, and the name that people know it by. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN } from '../fixture/command.ts';
import { ROOT } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('validate command');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-validate-'));

for (const folder of ['runbooks', 'inventory']) mkdirSync(join(root, folder));
writeFileSync(join(root, 'inventory/prod.yaml'), 'hosts: { roz: { address: 127.0.0.1, port: 9 } }\n');
writeFileSync(
  join(root, 'runbooks/good.yaml'),
  'hosts: all\nsteps: [{ task: directory, with: { path: /srv } }]\n',
);
writeFileSync(
  join(root, 'runbooks/bad.yaml'),
  'hosts: all\nsteps: [{ task: directroy, with: { path: /srv } }]\n',
);
test.after(() => rmSync(root, { recursive: true, force: true }));

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(RUN, [...words, '--project', root], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: root, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

test('0 when nothing is wrong, 1 when something is; the answer is on stdout', () => {
  const good = run('validate', 'good');
  assert.equal(good, { status: 0, stdout: 'nothing wrong (good with inventory/prod)\n', stderr: '' });
  const bad = run('validate');
  assert.is(bad.status, 1);
  assert.match(
    bad.stdout,
    /bad\.yaml:2:17: error: no task "directroy" \[unknown-task\]\n.*\n.*\n.*"directory"/,
  );
  assert.match(bad.stdout, /\n1 error in 1 file \(2 runbooks with 1 inventory\)\n$/);
  assert.is(bad.stderr, '');
});

test('each format is what it is called', () => {
  assert.is(JSON.parse(run('validate', '--json').stdout).errors, 1);
  assert.match(run('validate', '--format', 'github').stdout, /^::error file=[^:]*bad\.yaml,line=2,col=17,/);
  assert.is(JSON.parse(run('validate', '--format', 'sarif').stdout).version, '2.1.0');
  const unknown = run('validate', '--format', 'sarf');
  assert.is(unknown.status, 1);
  assert.match(unknown.stderr, /did you mean "sarif"/);
});

test('what a run would refuse before it connects is told, too, with both places', () => {
  const book = join(root, 'runbooks/two.yaml');
  const many = join(root, 'inventory/many.yaml');
  const step = (word: string): string =>
    `  - { id: ${word}, task: file, with: { path: /tmp/x, content: ${word} } }\n`;
  writeFileSync(book, `hosts: all\nsteps:\n${step('a')}${step('b')}`);
  try {
    const found = run('validate', 'two', 'prod');
    assert.is(found.status, 1, found.stdout);
    assert.match(
      found.stdout,
      /two\.yaml:3:\d+: error: step a wants file:\/tmp\/x otherwise than step b \([^)]*two\.yaml:4:\d+\): .*\[step-conflict\]/,
    );
    const refused = run('two', 'prod');
    assert.is(refused.status, 1);
    assert.match(refused.stderr, /two\.yaml:3:\d+: step a wants file:\/tmp\/x .*\[step-conflict\]/);
    writeFileSync(book, `hosts: all\nsteps:\n${step('a')}`);
    assert.is(run('validate', 'two', 'prod').status, 0);
    // Of many hosts one of each combination of groups is looked at.
    writeFileSync(many, 'hosts: { "h[001:300]": {} }\ngroups: { odd: { hosts: [h251] } }\n');
    writeFileSync(book, `hosts: all\nsteps:\n${step('a')}${step('b').replace('task', 'hosts: odd, task')}`);
    assert.match(run('validate', 'two', 'many').stdout, /\[step-conflict\]/);
  } finally {
    rmSync(book);
    rmSync(many, { force: true });
  }
});

test('a template is checked behind the first value that nobody knows yet, with its place', () => {
  const book = join(root, 'runbooks/templates.yaml');
  const template = join(root, 'runbooks/motd.liquid');
  writeFileSync(
    book,
    'hosts: all\nsteps: [{ task: template, with: { src: motd.liquid, dest: /etc/motd } }]\n',
  );
  writeFileSync(template, '{{ facts.hostname }}\n{{ vars.nope }} {{ hots.name }}\n');
  try {
    const found = run('validate', 'templates', 'prod').stdout;
    assert.match(found, /motd\.liquid:2:4: undefined variable: vars\.nope \[bad-parameter\]/);
    assert.match(found, /motd\.liquid:2:20: undefined variable: hots .*\n.*\n.*\n.*did you mean "host"/);
  } finally {
    for (const path of [book, template]) rmSync(path);
  }
});

test('--syntax-check of a run does the same, and begins nothing', () => {
  assert.is(run('good', 'prod', '--syntax-check').status, 0);
  const bad = run('bad', 'prod', '--syntax-check');
  assert.is(bad.status, 1);
  assert.match(bad.stdout, /\[unknown-task\]/);
});

test('--explain tells what a code means', () => {
  assert.match(run('validate', '--explain', 'unknown-task').stdout, /^unknown-task: there is no task/);
  const unknown = run('validate', '--explain', 'unknown-tusk');
  assert.is(unknown.status, 1);
  assert.match(unknown.stderr, /did you mean "unknown-task"/);
});

test('--strict: a warning is enough', () => {
  writeFileSync(
    join(root, 'runbooks/lab.yaml'),
    'hosts: all\nsteps: [{ task: directory, with: { path: /srv } }]\n',
  );
  const words = ['validate', join(root, 'runbooks/lab.yaml'), 'prod'];
  assert.is(run(...words).status, 0);
  assert.is(run(...words, '--strict').status, 1);
});

test('a run that is refused shows a line of a file without letting it move the cursor', () => {
  const path = join(root, 'runbooks/nasty.yaml');
  writeFileSync(path, 'hosts: all # \u001b[2J\nsteps: []\n');
  const { status, stderr } = run(path, 'prod');
  rmSync(path);
  assert.is(status, 1);
  assert.match(stderr, /\[yaml-control\]\n.*␛\[2J/);
  assert.not.match(stderr.replaceAll('\n', ''), /\p{Cc}/u);
});
