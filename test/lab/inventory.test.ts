/** The lab's inventory as the loader takes it: groups and the values that a fabric needs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inventoryText } from '../../lib/lab/inventory.ts';
import { type Driver, hostNames, hostOf } from '../../lib/lab/lab.ts';
import { loadProject } from '../../lib/load/project.ts';
import { inputFor } from '../load/world.ts';
import { assert, suite } from '../suite.ts';

const test = suite('lab inventory');
const lab = { id: 'tb0000', root: '/x', cacheDir: '/y', net: '198.18.7', driver: 'container' as const };
const RUNBOOK = 'name: n\nhosts: fabric\nsteps:\n  - { task: note, with: { text: hello } }\n';

async function load(count: number, driver: Driver = 'container') {
  const root = mkdtempSync(join(tmpdir(), 'tightbeam-inventory-'));
  try {
    for (const folder of ['inventory/lab', 'runbooks']) mkdirSync(join(root, folder), { recursive: true });
    const hosts = hostNames(count).map((name, index) => hostOf(lab, name, index));
    writeFileSync(
      join(root, 'inventory/lab/hosts.yaml'),
      inventoryText({ ...lab, driver }, hosts, driver === 'uml'),
    );
    writeFileSync(join(root, 'runbooks/provision.yaml'), RUNBOOK);
    const { inventory } = await loadProject(inputFor(root, { inventory: 'inventory/lab' }));
    return inventory;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

test('each host is a site with a tunnel address, an endpoint and a network', async () => {
  const { hosts, groups } = await load(2);
  assert.equal([...(groups.get('fabric') ?? [])], ['roz', 'wro']);
  const vars = hosts.get('wro')?.vars;
  assert.equal(
    { ...vars },
    {
      site: 2,
      wg_address: '10.2.0.1/32',
      wg_endpoint: '198.18.7.12',
      subnet: '10.2.1.0/24',
      gateway: '10.2.1.1/24',
      wg_userspace: true,
      vrf: '',
      asn: 65000,
      outside: '198.18.7.1',
    },
  );
});

test('two hundred sites have networks of their own', async () => {
  const { hosts } = await load(200);
  const subnets = [...hosts.values()].map((host) => host.vars.subnet);
  assert.is(new Set(subnets).size, 200);
  assert.is(subnets[199], '10.200.1.0/24');
});

test('a site under a kernel of its own has WireGuard and a VRF', async () => {
  const { hosts } = await load(1, 'uml');
  const vars = hosts.get('roz')?.vars;
  assert.equal([vars?.vrf, vars?.wg_userspace], ['vrf_site', false]);
});
