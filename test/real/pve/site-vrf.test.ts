/** Sites of Proxmox by runbooks/provision.yaml on kernels that have VRF: their guests reach each other, and verify is green. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { becomeNode, SITE_PACKAGES, siteInventory } from '../../fixture/pve/site.ts';
import { assert } from '../../suite.ts';

const HOSTS = ['roz', 'wro'] as const;
const { test, lab } = labSuite(
  'sites of Proxmox with VRF',
  2,
  async (project) => {
    project.inventory('two', siteInventory(project, HOSTS, {}, false));
    for (const host of HOSTS) await becomeNode(project, host, true);
  },
  {
    driver: 'uml',
    packages: [...SITE_PACKAGES.filter((name) => name !== 'wireguard-go'), 'curl', 'iptables'],
  },
);
const said = (run: Finished): string => run.out + run.err;

test('from nothing to two sites, and a second run that finds nothing', async () => {
  const run = await lab().run(['provision', 'inventory/two']);
  assert.is(run.code, 0, said(run));
  const again = await lab().run(['provision', 'inventory/two']);
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
}, 600_000);

test('guests of the two sites reach each other with whole packets', async () => {
  for (const [host, to] of [
    ['roz', '10.2.1.11'],
    ['wro', '10.1.1.11'],
  ] as const) {
    const ping = `ip netns exec vm123 ping -q -c 2 -W 2 -M do -s ${1370 - 28} ${to}`;
    const answer = await lab().byHand(
      host,
      `for i in $(seq 20); do ${ping} >/dev/null 2>&1 && echo reached && exit; sleep 1; done; ${ping} 2>&1; vtysh -c 'show bgp l2vpn evpn'; true`,
    );
    assert.is(answer, 'reached\n');
  }
}, 240_000);

test('verify is green line by line', async () => {
  const run = await lab().run(['verify', 'inventory/two']);
  assert.is(run.code, 0, said(run));
  assert.ok(run.of('check').length >= 12, run.out);
}, 120_000);
