/** What an editor makes of our schemas: yaml-language-server, spoken to as editors do, in a project with a task of its own. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STEP_KEYS } from '../../lib/load/runbook/runbook-schema.ts';
import { RUN } from '../fixture/command.ts';
import { type Diagnostic, type Editor, openEditor } from '../fixture/language-server.ts';
import { pages, ROOT, shownFiles } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('editor');
const project = mkdtempSync(join(tmpdir(), 'tightbeam-editor-'));
const opened: Editor[] = [];

test.after(async () => {
  for (const editor of opened) await editor.close();
  rmSync(project, { recursive: true, force: true });
});

/** The project is this one with a task of its own, and settings as this repository has them. */
async function editor(): Promise<Editor> {
  const [known] = opened;
  if (known) return known;
  for (const name of ['runbooks', 'inventory', '.vscode'])
    cpSync(join(ROOT, name), join(project, name), { recursive: true });
  mkdirSync(join(project, 'tasks'));
  for (const page of ['docs/runbooks.md', 'docs/authoring.md'])
    for (const [name, text] of shownFiles(page))
      if (name.startsWith('tasks/')) writeFileSync(join(project, name), text);
  run('schema', '--project', project);
  const settings = JSON.parse(readFileSync(join(project, '.vscode/settings.json'), 'utf8'));
  const made = await openEditor(project, settings);
  opened.push(made);
  return made;
}

function run(...argv: readonly string[]): string {
  return execFileSync(RUN, argv, {
    cwd: ROOT,
    encoding: 'utf8',
  });
}

const said = (diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map(({ range, message }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`);

/** Completes at the mark `|` in a step of this text. */
async function offered(name: string, text: string): Promise<ReadonlyMap<string, string>> {
  const lines = text.split('\n');
  const line = lines.findIndex((each) => each.includes('|'));
  const character = lines[line]?.indexOf('|') ?? 0;
  const made = await editor();
  await made.open(name, text.replace('|', ''));
  return made.complete(name, line, character);
}

test('parameters of the task of the step are completed, with what they mean', async () => {
  const words = await offered(
    'runbooks/one.yaml',
    'hosts: all\nsteps:\n  - task: file\n    with:\n      path: /etc/motd\n      |\n',
  );
  assert.ok(words.get('content')?.includes('The whole content'));
  assert.ok(words.has('mode'));
  for (const other of ['argv', 'path', 'values', 'needs']) assert.not.ok(words.has(other), other);
});

test('tasks are completed, those of the project too, and their parameters', async () => {
  const tasks = await offered('runbooks/two.yaml', 'hosts: all\nsteps:\n  - task: |\n');
  assert.match(tasks.get('hostname') ?? '', /What the host is called/);
  assert.match(tasks.get('login_notice') ?? '', /What people are told/);
  const params = await offered(
    'runbooks/three.yaml',
    'hosts: all\nsteps:\n  - task: login_notice\n    with:\n      |\n',
  );
  // Beside them, all that must be given as one piece.
  assert.equal([...params.keys()].sort(), ['login_notice parameters', 'path', 'text']);
});

test('parameters deep inside, words to choose from, and keys of a handler are completed', async () => {
  const deep = await offered(
    'runbooks/four.yaml',
    'hosts: all\nsteps:\n  - task: frr\n    with:\n      bgp:\n        asn: 1\n        |\n',
  );
  assert.ok(deep.has('router_id'));
  const states = await offered(
    'runbooks/five.yaml',
    'hosts: all\nsteps:\n  - task: file\n    with:\n      path: /a\n      state: |\n',
  );
  assert.ok(states.has('absent') && states.has('present'));
  const handler = await offered(
    'runbooks/six.yaml',
    'hosts: all\nsteps: [{ task: group, with: { name: a } }]\nhandlers:\n  - task: service\n    |\n',
  );
  assert.ok(handler.has('when'));
  assert.not.ok(handler.has('needs'));
});

test('every key that a step may have is offered, and none that it has', async () => {
  const words = await offered('runbooks/keys.yaml', 'hosts: all\nsteps:\n  - task: file\n    |\n');
  for (const key of Object.keys(STEP_KEYS)) assert.is(words.has(key), key !== 'task', key);
});

test('groups, imports and steps are offered where an entry begins, and steps within groups are as all others', async () => {
  const start = await offered('runbooks/start.yaml', 'hosts: all\nsteps:\n  - |\n');
  for (const key of ['task', 'group', 'import']) assert.ok(start.has(key), key);
  const group = [
    'hosts: all',
    'steps:',
    '  - group: tuning',
    '    steps:',
    '      - group: deeper',
    '        steps:',
  ];
  const deep = '          - task: file\n            with:\n              path: /a\n              ';
  const words = await offered('runbooks/group.yaml', `${group.join('\n')}\n${deep}|\n`);
  assert.ok(words.has('seed'));
  const wrong = `${group.join('\n')}\n${deep}sed: true\n  - import: parts/a.yaml\n    wiht: {}\n  - group: empty\n`;
  const found = said(await (await editor()).open('runbooks/groups.yaml', wrong));
  assert.match(found.join('\n'), /10:15 Property sed is not allowed/);
  assert.match(found.join('\n'), /12:5 Property wiht is not allowed/);
  assert.match(found.join('\n'), /13:5 Missing property "steps"/);
});

test('a runbook says its hosts, one that others import need not', async () => {
  const steps = 'steps: [{ task: wireguard_key }]\n';
  const made = await editor();
  assert.match(said(await made.open('runbooks/hostless.yaml', steps)).join('\n'), /Missing property "hosts"/);
  assert.equal(said(await made.open('runbooks/part.yaml', `inputs: { a: { type: integer } }\n${steps}`)), []);
});

test('what is wrong is flagged at its place, and an expression in place of a value is not', async () => {
  const text = [
    'hosts: all',
    'steps:',
    '  - { task: sysctl, with: { values: { a: 1 }, running: maybe } }',
    '  - { task: file, id: b, with: { pth: /etc/motd } }',
    '  - { task: fiel, id: c }',
    '  - { task: file, id: d, with: { path: etc, mode: 644, state: gone } }',
    '  - { task: wireguard, id: e, with: { address: 10.1.0.1, listen_port: "${{ vars.port }}", topology: "${{ vars.t }}" } }',
    '  - { task: service, id: f, with: { name: nginx, settle: "${{ vars.s }}", restart_on: "${{ vars.files }}" } }',
    '  - { task: disk_space, id: g, with: { path: /, megabytes: much } }',
    '  - { task: package, id: h, with: { name: a, names: "${{ vars.names }}" } }',
    '  - { task: hostname, id: i }',
    '  - { task: hostname, id: j, wiht: { name: a } }',
    '',
  ].join('\n');
  const found = said(await (await editor()).open('runbooks/wrong.yaml', text));
  const expected = [
    [3, 54, /true or false, or an expression/],
    [4, 26, /Missing property "path"/],
    [4, 34, /pth is not allowed/],
    [5, 11, /Value is not accepted/],
    [6, 40, /begins with "\/"/],
    [6, 51, /Incorrect type. Expected "string"/],
    [6, 63, /"present", "absent"/],
    [9, 60, /a whole number, or an expression/],
  ] as const;
  for (const [line, col, message] of expected) {
    const one = found.find((each) => each.startsWith(`${line}:${col} `));
    assert.match(one ?? `nothing at ${line}:${col}: ${found.join('\n')}`, message);
  }
  for (const line of [7, 8])
    assert.equal(
      found.filter((each) => each.startsWith(`${line}:`)),
      [],
    );
  for (const line of [10, 11, 12])
    assert.ok(
      found.some((each) => each.startsWith(`${line}:`)),
      `line ${line}`,
    );
});

test('hovering tells what a parameter and a key mean', async () => {
  const made = await editor();
  const text = 'hosts: all\nsteps:\n  - task: file\n    with: { path: /a, seed: true }\n    notify: [b]\n';
  await made.open('runbooks/hover.yaml', text);
  assert.match(
    await made.hover('runbooks/hover.yaml', 3, 23),
    /Write the content only when the file is not there/,
  );
  assert.match(await made.hover('runbooks/hover.yaml', 4, 6), /Handlers to run once/);
});

test('no runbook of ours and none of a page is flagged, nor any inventory', async () => {
  const made = await editor();
  const ours = [
    'runbooks/provision.yaml',
    'runbooks/server.yaml',
    'runbooks/verify.yaml',
    'inventory/prod/hosts.yaml',
  ];
  for (const path of ours) assert.equal(said(await made.open(path)), [], path);
  let shown = 0;
  for (const page of pages()) {
    for (const [name, text] of shownFiles(page)) {
      if (!/^(runbooks\/[^/]+|inventory\/\w+\/hosts)\.yaml$/.test(name)) continue;
      shown += 1;
      const folder = name.startsWith('runbooks/') ? 'runbooks' : `inventory/shown${shown}`;
      const path = `${folder}/${name.startsWith('runbooks/') ? `shown${shown}` : 'hosts'}.yaml`;
      assert.equal(said(await made.open(path, text)), [], `${page}: ${name}`);
    }
  }
  assert.ok(shown >= 6, `${shown} files shown`);
});

test('run.yaml is completed and checked', async () => {
  const made = await editor();
  const found = said(await made.open('run.yaml', 'forks: many\nlimit: web\n\n'));
  assert.match(found.join('\n'), /1:8 Incorrect type/);
  assert.match(found.join('\n'), /2:1 Property limit is not allowed/);
  const words = await made.complete('run.yaml', 2, 0);
  assert.match(words.get('host-key') ?? '', /strict/);
  assert.not.ok(words.has('limit'));
});

test('a wrong inventory is flagged', async () => {
  const text = 'hosts:\n  roz: { adress: roz.example.net, port: many }\n';
  const found = said(await (await editor()).open('inventory/wrong/hosts.yaml', text));
  assert.match(found.join('\n'), /2:10 Property adress is not allowed/);
  assert.match(found.join('\n'), /2:41 Incorrect type/);
});
