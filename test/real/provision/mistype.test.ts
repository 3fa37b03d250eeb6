/** Whatever is mistyped is said with what was probably meant, with exit 1, and before any connection is opened. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { copyBundle, startRun } from '../../fixture/lab-run.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('mistyped');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-mistyped-'));
const world: { cli: string; server?: Server; port: number; connections: number } = {
  cli: '',
  port: 0,
  connections: 0,
};

const GOOD = `name: Good
hosts: all
vars:
  domain: example.net
steps:
  - { id: note, tags: [notes], task: file, with: { path: /srv/note, content: "\${{ vars.domain }}" } }
`;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test.before(async () => {
  world.cli = await copyBundle(join(root, '.package'));
  const server = createServer((socket) => {
    world.connections += 1;
    socket.destroy();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  world.server = server;
  world.port = typeof address === 'object' && address ? address.port : 0;
  write(
    'inventory/prod/hosts.yaml',
    `hosts:\n  roz: { address: 127.0.0.1, port: ${world.port}, groups: [routers] }\n`,
  );
  write('inventory/prod/known_hosts', '');
  write('runbooks/good.yaml', GOOD);
  const broken: Readonly<Record<string, readonly [string, string]>> = {
    task: ['task: file', 'task: fiel'],
    parameter: ['content:', 'contnet:'],
    host: ['hosts: all', 'hosts: rozz'],
    group: ['hosts: all', 'hosts: router'],
    variable: ['vars.domain }}', 'vars.domian }}'],
    key: ['tags:', 'tag:'],
  };
  for (const [name, [from, to]] of Object.entries(broken))
    write(`runbooks/${name}.yaml`, GOOD.replace(from, to));
});
test.after(() => {
  world.server?.close();
  rmSync(root, { recursive: true, force: true });
});

const CASES: readonly (readonly [what: string, words: string, says: RegExp])[] = [
  ['a runbook', 'goood inventory/prod', /no runbook "goood"[\s\S]*did you mean "?good/],
  ['an inventory', 'good inventory/prdo', /no inventory "inventory\/prdo"[\s\S]*did you mean "?prod/],
  ['a task', 'task inventory/prod', /runbooks\/task\.yaml:6:\d+[\s\S]*fiel[\s\S]*did you mean "?file/],
  [
    'a parameter',
    'parameter inventory/prod',
    /parameter\.yaml:6:\d+[\s\S]*contnet[\s\S]*did you mean "?content/,
  ],
  ['a host', 'host inventory/prod', /host\.yaml:2:\d+[\s\S]*rozz[\s\S]*did you mean "?roz/],
  ['a group', 'group inventory/prod', /group\.yaml:2:\d+[\s\S]*router[\s\S]*did you mean "?routers/],
  ['a variable', 'variable inventory/prod', /variable\.yaml:6:\d+[\s\S]*domian[\s\S]*did you mean "?domain/],
  ['a key of a step', 'key inventory/prod', /key\.yaml:6:\d+[\s\S]*tag[\s\S]*did you mean "?tags/],
  ['a host of --limit', 'good inventory/prod --limit rox', /rox[\s\S]*did you mean "?roz/],
  ['a tag', 'good inventory/prod --tags note', /note[\s\S]*did you mean "?notes/],
  ['a tag left out', 'good inventory/prod --skip-tags nots', /nots[\s\S]*did you mean "?notes/],
  ['a flag', 'good inventory/prod --dryrun', /--dryrun[\s\S]*did you mean "?--dry-run/],
  ['a flag’s value', 'good inventory/prod --forks many', /--forks[\s\S]*many/],
  ['a subcommand', 'lba up', /lba[\s\S]*did you mean "run lab"/],
  ['a verb of the lab', 'lab upp', /upp[\s\S]*did you mean "?up/],
];

for (const [what, words, says] of CASES) {
  test(`${what}: run ${words}`, async () => {
    const before = world.connections;
    const list = words.split(' ');
    const run = await (words.startsWith('lab ')
      ? startRun(world.cli, list, { cwd: root, events: false })
      : startRun(world.cli, list, { cwd: root })
    ).done;
    assert.is(run.code, 1, run.out + run.err);
    assert.match(run.err, says);
    assert.not.match(run.err, /\n {4}at /);
    assert.is(run.out, '');
    assert.is(world.connections, before);
  });
}

test('and the right words do open a connection', async () => {
  const run = await startRun(world.cli, ['good', 'inventory/prod', '-T', '2'], { cwd: root }).done;
  assert.is(run.code, 4, run.out + run.err);
  assert.ok(world.connections > 0);
}, 60_000);

test('several at once, each with its place', async () => {
  write(
    'runbooks/several.yaml',
    GOOD.replace('task: file', 'task: fiel').replace('hosts: all', 'hosts: rozz'),
  );
  const run = await startRun(world.cli, ['several', 'inventory/prod', '--json'], { cwd: root }).done;
  assert.is(run.code, 1);
  const [invalid] = run.of('invalid');
  assert.equal(
    invalid?.problems.map(({ place }) => place?.replace(/:\d+$/, '')),
    ['runbooks/several.yaml:2', 'runbooks/several.yaml:6'],
  );
});
