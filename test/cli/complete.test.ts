/** Completion: what may stand at the end of a command line, asked directly and by real shells. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complete } from '../../lib/cli/complete.ts';
import { completionScript } from '../../lib/cli/completion-script.ts';
import { VERBS } from '../../lib/cli/verbs.ts';
import { RUN } from '../fixture/command.ts';
import { assert, suite } from '../suite.ts';

const test = suite('completion');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-complete-'));

function lay(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

lay(
  'runbooks/provision.yaml',
  `hosts: all
steps:
  - { id: key, task: wireguard_key, tags: [net, keys], with: {} }
  - { task: package, tags: net }
  - name: several
    steps:
      - { id: inner, task: nonsense }
`,
);
lay('runbooks/verify.yaml', 'this: [is broken');
lay(
  'inventory/prod/hosts.yaml',
  'hosts: { roz: { vars: { n: 1 } }, wro: { groups: [west] }, pve-01: { groups: [west] } }\ngroups: { west: { vars: { side: w } } }\n',
);
lay('inventory/dev.yaml', 'hosts: { localhost: {} }\n');
lay('inventory/bad.yaml', 'hosts: [');
lay('tasks/own_thing.ts', '');
lay('.run/20261122195125-abcdef/journal.jsonl', '');

test.after(() => rmSync(root, { recursive: true, force: true }));

async function of(line: string, env: Record<string, string> = {}): Promise<readonly string[]> {
  const found = await complete(line.split(' '), { cwd: root, env });
  return found.map(({ value }) => value);
}

test('the first word: runbooks and verbs', async () => {
  assert.equal(await of('pro'), ['provision', 'prove']);
  const all = await of('');
  for (const { name } of VERBS) assert.ok(all.includes(name), name);
  assert.ok(all.includes('verify'));
});

test('runs that were written down, where a verb asks for one', async () => {
  for (const verb of ['undo', 'show', 'diff', 'resume'])
    assert.equal((await of(`${verb} `)).slice().sort(), ['20261122195125-abcdef', '@last'], verb);
});

test('inventories by name and by path, for runs, for verbs and as a flag', async () => {
  const names = ['bad', 'dev', 'prod', 'inventory/bad', 'inventory/dev', 'inventory/prod'];
  assert.equal(await of('provision '), names);
  assert.equal(await of('exec '), names);
  assert.equal(await of('prove '), ['provision', 'verify']);
  assert.equal(await of('provision -i p'), ['prod']);
  assert.equal(await of('provision inventory/p'), ['inventory/prod']);
  assert.equal(await of('provision prod '), []);
});

test('hosts and groups, in lists, behind marks, joined to the flag; of the inventory that is meant', async () => {
  assert.equal([...(await of('provision prod --limit '))].sort(), ['all', 'pve-01', 'roz', 'west', 'wro']);
  assert.equal(await of('provision prod -l roz,w'), ['roz,west', 'roz,wro']);
  assert.equal(await of('provision prod --limit=all,!p'), ['--limit=all,!pve-01']);
  assert.equal(await of('exec -i inventory/dev --limit lo'), ['localhost']);
  assert.equal(await of('exec --limit lo', { RUN_INVENTORY: 'dev' }), ['localhost']);
  assert.equal(await of('exec dev --forks 3 --limit lo'), ['localhost']);
});

test('explain and inventory: hosts, then variables of any host', async () => {
  assert.equal(await of('explain prod '), ['roz', 'wro', 'pve-01']);
  assert.equal(await of('explain prod roz '), ['n', 'side']);
  assert.equal(await of('explain prod roz side --runbook v'), ['verify']);
  assert.equal(await of('inventory prod --host r'), ['roz']);
});

test('steps and tags of the runbook, those within steps included', async () => {
  assert.equal(await of('provision prod --from '), ['key', 'package', 'inner']);
  assert.equal(await of('provision prod --start-at-task p'), ['package']);
  assert.equal(await of('provision prod -t '), ['net', 'keys']);
  assert.equal(await of('provision prod --tags net,k'), ['net,keys']);
});

test('flags: those of the verb, once each unless they add up; values where there are few', async () => {
  assert.equal(await of('exec --sh'), ['--shell']);
  assert.equal(await of('provision --dry'), ['--dry-run']);
  assert.equal(await of('provision --dry-run --dry'), []);
  assert.equal(await of('provision --limit a --lim'), ['--limit']);
  assert.equal(await of('provision --transport '), ['builtin', 'openssh']);
  assert.equal(await of('provision --host-key=a'), ['--host-key=accept-new']);
});

test('words of verbs, tasks, and nothing after --', async () => {
  assert.equal(await of('lab re'), ['reboot']);
  assert.equal(await of('help comp'), ['completion']);
  assert.equal(await of('completion '), ['bash', 'zsh', 'fish']);
  assert.equal(await of('tasks own'), ['own_thing']);
  assert.equal(await of('explain prod --runbook v'), ['verify']);
  assert.equal(await of('graph provision --format '), ['text', 'mermaid', 'dot', 'svg']);
  assert.equal(await of('validate --explain yaml-t'), ['yaml-tab', 'yaml-tag']);
  assert.equal(await of('exec prod -- --l'), []);
});

test('what is broken or not there gives nothing, and nobody is told', async () => {
  assert.equal(await of('verify prod --from '), []);
  assert.equal(await of('provision bad --limit '), []);
  const line = 'provision nowhere --limit ';
  const silent = await complete(line.split(' '), { cwd: root, env: {} }).catch(() => 'refused');
  assert.is(silent, 'refused');
  const ran = run(['__complete', ...line.split(' ')]);
  assert.equal([ran.status, ran.stdout, ran.stderr], [0, '', '']);
  assert.equal(await of('provision --project /nowhere '), []);
  assert.equal(await of('provision prod --fr', { RUN_FORKS: 'bad' }), ['--from']);
});

const program = join(root, 'bin/run');
lay('bin/run', `#!/bin/sh\nexec '${RUN}' "$@"\n`);
chmodSync(program, 0o755);
const env = { PATH: `${join(root, 'bin')}:${process.env.PATH}`, HOME: root };

function run(argv: readonly string[]) {
  return spawnSync(program, argv, { cwd: root, env, encoding: 'utf8' });
}

function shell(name: string, argv: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync(name, argv, { cwd: root, env, encoding: 'utf8' });
  assert.is(stderr, '');
  return stdout.trimEnd().split('\n');
}

test('run completion prints the script of a shell, and nothing else', () => {
  const bash = run(['completion', 'bash']);
  assert.is(bash.stdout, completionScript('bash'));
  const csh = run(['completion', 'csh']);
  assert.is(csh.status, 1);
  assert.match(csh.stderr, /no completion for "csh"/);
});

test('bash: words, and the part behind = alone', () => {
  lay('completion.bash', completionScript('bash'));
  /** As readline calls it: `words` are taken apart at blanks, `=` and `:`. */
  const ask = (line: string, words: string): string => `
    COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1))
    _run_complete; echo "\${COMPREPLY[*]}"`;
  const script = `. ./completion.bash; complete -p run
    ${ask('run prov', 'run prov')}
    ${ask('run provision prod --limit=w', 'run provision prod --limit = w')}
    ${ask('run provision prod --host-key=', 'run provision prod --host-key =')}
    ${ask('run provision ', "run provision ''")}
    ${ask('run provision prod --limit "!p', "run provision prod --limit '\"!p'")}`;
  assert.equal(shell('bash', ['--norc', '-c', script]), [
    'complete -o default -F _run_complete run',
    'provision prove',
    'west wro',
    'strict accept-new',
    'bad dev prod inventory/bad inventory/dev inventory/prod',
    '!pve-01',
  ]);
});

test('zsh: values with their words, files where there are none', () => {
  lay('completion.zsh', completionScript('zsh'));
  const script = `
    compdef() { : }
    _files() { print files }
    compadd() { print -r -- "$values[*]"; print -r -- "$shown[1]" }
    source ./completion.zsh
    words=(run provision prod --limit=w); CURRENT=4; _run
    words=(run provision --dry); CURRENT=3; _run
    words=(run provision prod --private-key ''); CURRENT=5; _run`;
  assert.equal(shell('zsh', ['-f', '-c', script]), [
    '--limit=west --limit=wro',
    '--limit=west',
    '--dry-run',
    '--dry-run  show what would change; nothing is touched',
    'files',
  ]);
});

test('fish: by its own word for completing a line', () => {
  lay('completion.fish', completionScript('fish'));
  const ask = (line: string): readonly string[] =>
    shell('fish', ['--no-config', '-c', `source completion.fish; complete -C '${line}'`]);
  assert.equal(
    ask('run provision prod --limit roz,'),
    ['roz,all', 'roz,west', 'roz,wro', 'roz,pve-01'].sort(),
  );
  assert.equal(ask('run provision --dry'), ['--dry-run\tshow what would change; nothing is touched']);
});
