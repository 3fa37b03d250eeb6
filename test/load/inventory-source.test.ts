/** Inventories that a module or a program makes: found, checked as files are, and told by keys where they are wrong. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { formatPlace } from '../../lib/base/problem.ts';
import { loadProject } from '../../lib/load/project.ts';
import { findInventories } from '../../lib/load/source/root.ts';
import { valueTree } from '../../lib/load/source/value-tree.ts';
import type { Inventory } from '../../lib/model/inventory.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('inventory-source');
const scratch: string[] = [];

test.after(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;

/** A throw-away project; what ends in `.sh`, and what has no ending, may be run. */
function lay(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'tightbeam-made-'));
  scratch.push(root);
  const all: Files = {
    'runbooks/site.yaml': 'hosts: all\nsteps: [{ task: note, with: { text: "${{ host.name }}" } }]\n',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
    if (/\.sh$|\/[a-z]+$/.test(name)) chmodSync(join(root, name), 0o755);
  }
  return root;
}

async function load(files: Files, inventory = 'prod'): Promise<Inventory> {
  return (await loadProject(inputFor(lay(files), { runbook: 'site', inventory }))).inventory;
}

/** What is wrong, as `code place: message`. */
async function faults(files: Files, inventory = 'prod'): Promise<readonly string[]> {
  try {
    await load(files, inventory);
    return [];
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return error.problems.map(
      ({ code, place, message }) => `${code} ${place ? formatPlace(place) : '-'}: ${message}`,
    );
  }
}

const TS = `import type { RunEnd } from './nowhere.ts';
const names: readonly string[] = ['roz', 'wro'];
export default async () => ({
  hosts: {
    ...Object.fromEntries(names.map((name, n) => [name, { address: \`10.0.0.\${n + 1}\`, port: undefined, groups: ['web'] }])),
    'pve[1:2]': { vars: { wg: '10.1.0.[1:2]' } },
  },
  groups: { web: { vars: { site: 'north' } } },
});
export type End = RunEnd;
`;

test('an inventory in TypeScript: ranges, groups, files of variables beside it', async () => {
  const { hosts, groups } = await load({
    'inventory/prod/hosts.ts': TS,
    'inventory/prod/group_vars/web.yaml': 'mtu: 1500\n',
    'inventory/prod/host_vars/pve2.yaml': 'disks: [sda]\n',
  });
  assert.equal([...hosts.keys()], ['roz', 'wro', 'pve1', 'pve2']);
  assert.equal(groups.get('web'), ['roz', 'wro']);
  assert.equal(hosts.get('wro')?.vars, { site: 'north', mtu: 1500 });
  assert.is(hosts.get('wro')?.address, '10.0.0.2');
  assert.equal(hosts.get('pve2')?.vars, { wg: '10.1.0.2', disks: ['sda'] });
  const plain = await load({ 'inventory/prod.ts': 'export default { hosts: { roz: {} } };\n' });
  assert.equal([...plain.hosts.keys()], ['roz']);
});

test('an inventory that a program prints', async () => {
  const script = `#!/bin/sh
echo "loading $# $RUN_TEST_COLOUR" >&2
printf '{"hosts": {"roz": {"vars": {"n": 1, "where": "%s"}}}}' "$(basename "$PWD")"
`;
  const json = await load({ 'inventory/prod.sh': script });
  assert.equal(json.hosts.get('roz')?.vars, { n: 1, where: 'inventory' });
  const yaml = await load({ 'inventory/prod/hosts': '#!/bin/sh\necho "hosts: { wro: {}, kre: {} }"\n' });
  assert.equal([...yaml.hosts.keys()], ['wro', 'kre']);
});

test('what is wrong with what they give is told by its keys', async () => {
  const inventory = `export default { hosts: {
    roz: { prot: 22, vars: { 'Bad-Name': 1 } },
    wro: { port: '22', groups: ['wbe'] },
  }, groups: { web: { hosts: ['roz', 'nobody'] } } };`;
  assert.equal(await faults({ 'inventory/prod.ts': inventory }), [
    'unknown-host inventory/prod.ts: groups.web.hosts[1]: no host "nobody"',
    'unknown-key inventory/prod.ts: hosts.roz.prot: unknown key "prot"',
    'bad-value inventory/prod.ts: hosts.roz.vars.Bad-Name: "Bad-Name" cannot be a name here',
    'unknown-group inventory/prod.ts: hosts.wro.groups[0]: no group "wbe"',
    'wrong-type inventory/prod.ts: hosts.wro.port: "port" must be a whole number, not "22"',
  ]);
  const printed = '#!/bin/sh\necho \'{"hosts": {"roz": {"prot": 22}}}\'\n';
  assert.equal(await faults({ 'inventory/prod.sh': printed }), [
    'unknown-key inventory/prod.sh: hosts.roz.prot: unknown key "prot"',
  ]);
  const values =
    'export default { hosts: { roz: { vars: { a: () => 1, b: new Date(0), c: [NaN], d: 1n } } } };';
  assert.equal(await faults({ 'inventory/prod.ts': values }), [
    'inventory-value inventory/prod.ts: hosts.roz.vars.a: a function is no data',
    'inventory-value inventory/prod.ts: hosts.roz.vars.b: Date is no plain map',
    'inventory-value inventory/prod.ts: hosts.roz.vars.c[0]: NaN is no number that can be written down',
    'inventory-value inventory/prod.ts: hosts.roz.vars.d: a bigint is no data',
  ]);
});

test('a module that throws, or gives nothing: file and line', async () => {
  const thrown = `type Nothing = undefined;

export default async function hosts(): Promise<object> {
  await Promise.resolve();
  throw new Error('the CMDB is down');
}
`;
  assert.equal(await faults({ 'inventory/prod.ts': thrown }), [
    'inventory-module inventory/prod.ts:5:9: the inventory cannot be loaded: it throws Error: the CMDB is down',
  ]);
  const [early = ''] = await faults({ 'inventory/prod.ts': '\nconst a: string[] = [];\na[0]!.length;\n' });
  assert.match(early, /^inventory-module inventory\/prod\.ts:3:\d+: .*undefined/);
  const [syntax = ''] = await faults({ 'inventory/prod.ts': 'export default {\n  hosts: [\n};\n' });
  assert.match(syntax, /^inventory-module inventory\/prod\.ts:3:1: /);
  const [none = ''] = await faults({ 'inventory/prod.ts': 'export const hosts = {};\n' });
  assert.match(none, /no inventory: it has no default export$/);
  const [nothing = ''] = await faults({ 'inventory/prod.ts': 'export default () => undefined;\n' });
  assert.match(nothing, /no inventory: its function gives nothing$/);
});

test('a program that fails: what it said, and no more', async () => {
  const failing = '#!/bin/sh\necho "{"\necho "no token: log in first" >&2\nexit 3\n';
  assert.equal(await faults({ 'inventory/prod.sh': failing }), [
    "inventory-program inventory/prod.sh:1:1: the inventory's program failed: exit 3:\n  no token: log in first",
  ]);
  const [broken = ''] = await faults({ 'inventory/prod.sh': '#!/bin/sh\necho "hosts: {"\n' });
  assert.match(broken, /^yaml-syntax inventory\/prod\.sh:1:1: line \d of what it prints: /);
  const [silent = ''] = await faults({ 'inventory/prod.sh': '#!/bin/sh\n' });
  assert.match(silent, /printed nothing$/);
  const [lost = ''] = await faults({ 'inventory/prod.sh': '#!/nowhere/at-all\n' });
  assert.match(lost, /^inventory-program /);
  const ansible = '#!/bin/sh\necho \'{"_meta": {"hostvars": {}}, "web": {"hosts": ["roz"]}}\'\n';
  assert.match((await faults({ 'inventory/prod.sh': ansible }))[0] ?? '', /^ansible-inventory /);
});

test('which file a name means', async () => {
  const both = { 'inventory/prod.yaml': 'hosts: { roz: {} }\n', 'inventory/prod.ts': 'export default {};\n' };
  assert.match(
    (await faults(both))[0] ?? '',
    /^ambiguous-inventory -: "prod" may be inventory\/prod\.ts or /,
  );
  assert.equal([...(await load(both, 'inventory/prod.yaml')).hosts.keys()], ['roz']);
  const twice = {
    'inventory/prod/hosts.yaml': 'hosts: { roz: {} }\n',
    'inventory/prod/hosts.yml': 'hosts: {}\n',
  };
  assert.match((await faults(twice))[0] ?? '', /^ambiguous-inventory /);
  // A script that lies about in the project is no inventory, and is not run.
  const script = { 'prod.sh': '#!/bin/sh\ntouch ran\n', 'inventory/prod.yaml': 'hosts: { roz: {} }\n' };
  assert.equal([...(await load(script)).hosts.keys()], ['roz']);
  const root = lay({
    'inventory/a.yaml': '',
    'inventory/b.ts': '',
    'inventory/c.sh': '',
    'inventory/d/hosts.ts': '',
    'inventory/README.md': '',
    'inventory/e/known_hosts': '',
  });
  assert.equal(findInventories(root), ['a', 'b', 'c', 'd']);
});

test('files of variables: two for one host, in the wrong folder, of nobody', async () => {
  const hosts = 'hosts: { roz: { groups: [web] }, wro: {} }\n';
  assert.equal(
    await faults({
      'inventory/prod/hosts.yaml': hosts,
      'inventory/prod/host_vars/roz.yaml': 'a: 1\n',
      'inventory/prod/host_vars/roz.yml': 'b: 1\n',
      'inventory/prod/host_vars/web.yaml': 'c: 1\n',
      'inventory/prod/host_vars/worz.yaml': 'd: 1\n',
      'inventory/prod/group_vars/web/all.yaml': 'e: 1\n',
      'inventory/prod/group_vars/wro.yaml': 'f: 1\n',
      'inventory/prod/group_vars/web.txt': '',
      'inventory/prod/group_vars/.web.yaml.swp': '',
      'inventory/prod/group_vars/web.yaml~': '',
    }),
    [
      'stray-file inventory/prod/group_vars/web:1:1: group_vars/web is a folder',
      'stray-file inventory/prod/group_vars/web.txt:1:1: group_vars/web.txt is not a .yaml file',
      'unknown-group inventory/prod/group_vars/wro.yaml:1:1: no group "wro" has these variables',
      'duplicate-vars-file inventory/prod/host_vars/roz.yml:1:1: host_vars/roz.yml stands beside roz.yaml',
      'unknown-host inventory/prod/host_vars/web.yaml:1:1: no host "web" has these variables',
      'unknown-host inventory/prod/host_vars/worz.yaml:1:1: no host "worz" has these variables',
    ],
  );
});

test('inventories of one file each share the folders of variables', async () => {
  const files = {
    'inventory/prod.yaml': 'hosts: { "pve[01:03]": { groups: [web] } }\n',
    'inventory/stage.yaml': 'hosts: { roz: { groups: [web, lab] } }\n',
    'inventory/group_vars/web.yaml': 'port: 80\n',
    'inventory/group_vars/lab.yaml': 'lab: true\n',
    'inventory/host_vars/pve02.yaml': 'disk: sda\n',
  };
  const prod = await load(files, 'prod');
  assert.equal(prod.hosts.get('pve02')?.vars, { port: 80, disk: 'sda' });
  const stage = await load(files, 'stage');
  assert.equal(stage.hosts.get('roz')?.vars, { port: 80, lab: true });
  const typo = await faults({ ...files, 'inventory/host_vars/pve04.yaml': 'disk: sdb\n' }, 'prod');
  assert.equal(typo, [
    'unknown-host inventory/host_vars/pve04.yaml:1:1: no host "pve04" has these variables',
  ]);
});

test('values that contain themselves, or go too deep', () => {
  const ring: Record<string, unknown> = {};
  ring.self = { ring };
  assert.equal(
    valueTree('/x.ts', 'x.ts', ring).faults.map(({ message }) => message),
    ['a value that contains itself'],
  );
  let deep: unknown = 1;
  for (let n = 0; n < 500; n += 1) deep = { deep };
  assert.is(valueTree('/x.ts', 'x.ts', deep).faults.length, 1);
});
