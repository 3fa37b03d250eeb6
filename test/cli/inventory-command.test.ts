/** run inventory and run explain in a process of their own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RUN } from '../fixture/command.ts';
import { assert, suite } from '../suite.ts';

const test = suite('inventory command');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-inventory-'));

const FILES = {
  'inventory/prod/hosts.yaml': `hosts:
  roz: { address: 10.0.0.1, port: 2222, user: root, groups: [web], become: true, vars: { mtu: 1400, word: "\\e[31m" } }
  wro: { groups: [web, db] }
  here: { connection: local, vars: { user: nobody } }
groups:
  web: { vars: { site_port: 8080 }, transport: openssh }
  db: {}
  fleet: { children: [web, db], vars: { mtu: 1500, region: north } }
secrets:
  token: { env: TOKEN }
`,
  'inventory/prod/group_vars/all.yaml': 'mtu: 1280\n',
  'runbooks/site.yaml': `hosts: all
become: { user: admin }
vars:
  region: "\${{ host.name }}-\${{ secrets.token }}"
  double: "\${{ vars.mtu * 2 }}"
steps:
  - { id: one, task: directory, vars: { region: west }, with: { path: /srv } }
`,
};
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}
test.after(() => rmSync(root, { recursive: true, force: true }));

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(RUN, words, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: root, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

test('an inventory that ends the process is no success', () => {
  writeFileSync(join(root, 'inventory/gone.ts'), 'process.exit(0);\nexport default { hosts: { h: {} } };\n');
  const { status, stderr } = run('site', 'inventory/gone.ts', '--dry-run');
  rmSync(join(root, 'inventory/gone.ts'));
  assert.equal(status, 1);
  assert.match(stderr, 'a module of the project calls process.exit');
});

test('a line for each host, and a tree of groups', () => {
  const lines = run('inventory', 'prod');
  assert.equal(lines, {
    status: 0,
    stdout: `roz   root@10.0.0.1:2222  fleet, web
wro   wro                 fleet, web, db
here  this machine
3 hosts · 3 groups · secrets: ‹token›
`,
    stderr: '',
  });
  assert.is(
    run('inventory', 'prod', '--graph').stdout,
    `all
├─ fleet:
│  ├─ web:
│  │  ├─ roz
│  │  └─ wro
│  └─ db:
│     └─ wro
└─ here
`,
  );
  assert.is(
    run('inventory', 'prod', '--limit', 'roz', '--graph').stdout,
    'all\n└─ fleet:\n   └─ web:\n      └─ roz\n',
  );
}, 60_000);

test('one host: how it is reached, its variables with their places, no control characters', () => {
  assert.is(
    run('inventory', 'prod', '--host', 'roz').stdout,
    `roz  inventory/prod/hosts.yaml:2:3
  address     10.0.0.1
  port        2222
  user        root
  connection  ssh
  transport   openssh
  become      {"user":"root","method":"sudo"}
  groups      all, fleet, web

Variables
  mtu        1400   host roz, inventory/prod/hosts.yaml:2:90
  region     north  group fleet, inventory/prod/hosts.yaml:8:52
  site_port  8080   group web, inventory/prod/hosts.yaml:6:18
  word       ␛[31m  host roz, inventory/prod/hosts.yaml:2:101
`,
  );
}, 60_000);

test('all of it as JSON: stable names, and secrets by theirs alone', () => {
  const all = JSON.parse(run('inventory', 'prod', '--json').stdout);
  assert.equal(Object.keys(all), ['hosts', 'groups', 'secrets']);
  assert.equal(all.secrets, { token: '‹token›' });
  assert.equal(all.hosts.wro, {
    address: 'wro',
    connection: 'ssh',
    transport: 'openssh',
    groups: ['all', 'fleet', 'web', 'db'],
    vars: { mtu: 1500, region: 'north', site_port: 8080 },
    place: 'inventory/prod/hosts.yaml:3:3',
  });
  assert.equal(all.groups.fleet, { children: ['web', 'db'], hosts: ['roz', 'wro'] });
  assert.is(JSON.parse(run('inventory', 'prod', '--json', '--host', 'here').stdout).connection, 'local');
}, 60_000);

test('explain: every place, lowest first, and the one that wins', () => {
  assert.is(
    run('explain', 'prod', 'roz', 'mtu').stdout,
    `mtu of roz is 1400
  group all    1280  inventory/prod/group_vars/all.yaml:1:1
  group fleet  1500  inventory/prod/hosts.yaml:8:41
  host roz     1400  inventory/prod/hosts.yaml:2:90          ← wins
`,
  );
  assert.is(
    run('explain', 'prod', 'roz', 'region', '--runbook', 'site', '-e', 'region=south').stdout,
    `region of roz is south
  group fleet   north    inventory/prod/hosts.yaml:8:52
  runbook       ‹token›  runbooks/site.yaml:4:3
  step one      west     runbooks/site.yaml:7:41         (in that step alone)
  --extra-vars  south                                    ← wins
`,
  );
  const { stdout } = run('explain', 'prod', 'wro', 'double', '--runbook', 'site', '--json');
  assert.equal(JSON.parse(stdout), {
    host: 'wro',
    found: [
      {
        kind: 'variable',
        name: 'double',
        value: 3000,
        said: [{ by: 'runbook', value: 3000, wins: true, place: 'runbooks/site.yaml:5:3' }],
      },
    ],
  });
}, 60_000);

test('explain: keys of a host', () => {
  assert.is(
    run('explain', 'prod', 'roz', 'become', '--runbook', 'site').stdout,
    `become (how roz is reached) is {"user":"root","method":"sudo"}
  runbook   {"user":"admin","method":"sudo"}  runbooks/site.yaml:2:1
  host roz  {"user":"root","method":"sudo"}   inventory/prod/hosts.yaml:2:68  ← wins
`,
  );
  assert.match(
    run('explain', 'prod', 'wro', 'become', '--runbook', 'site').stdout,
    /is \{"user":"admin".*\n.*← wins/,
  );
  assert.match(
    run('explain', 'prod', 'wro', 'transport').stdout,
    /is openssh\n {2}group web {2}openssh .*:6:\d+ {2}← wins/,
  );
  assert.is(
    run('explain', 'prod', 'wro', 'port').stdout,
    'port (how wro is reached): the inventory does not say; what counts is ~/.ssh/config, else 22\n',
  );
  // A variable that is called like a key.
  assert.match(
    run('explain', 'prod', 'here', 'user').stdout,
    /^user of here is nobody\n.*\n\nuser \(how here is reached\): /,
  );
}, 60_000);

test('what is not there is told with a suggestion', () => {
  const typo = run('explain', 'prod', 'roz', 'site_prot');
  assert.is(typo.status, 1);
  assert.match(
    typo.stderr,
    /roz has no variable or key "site_prot" \[unknown-variable\]\n.*did you mean "site_port"/,
  );
  assert.match(run('explain', 'prod', 'here', 'site_port').stderr, /→ roz, wro have it/);
  assert.match(run('explain', 'prod', 'rozz', 'mtu').stderr, /no host "rozz"\n→ did you mean "roz"/);
  assert.match(run('inventory', 'prod', '--host', 'web').stderr, /it is a group of roz, wro/);
  assert.match(run('explain', 'prod', 'roz').stderr, /which variable or key of roz/);
  assert.match(run('inventory', 'prdo').stderr, /did you mean "prod"/);
  assert.is(run('explain', '-i', 'prod', 'roz', 'mtu').status, 0);
}, 60_000);
