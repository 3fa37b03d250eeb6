/** Writes the lab's inventory: the hosts, the key that opens them and the host keys that prove them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostKeyOf } from './disk.ts';
import { must } from './exec.ts';
import { hasWireGuard } from './kernel-module.ts';
import { gatewayOf, inventoryFolder, type Lab, type LabHost } from './lab.ts';

const KEY = 'id_ed25519';

/** The public half of the lab's key; the pair is made on the first call. */
export async function ensureKey(root: string): Promise<string> {
  const folder = inventoryFolder(root);
  mkdirSync(folder, { recursive: true });
  // Its own: the folder holds a private key, and the project's .gitignore may not know of it.
  writeFileSync(join(folder, '.gitignore'), '*\n');
  const key = join(folder, KEY);
  if (!existsSync(key)) await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', key]);
  return readFileSync(`${key}.pub`, 'utf8');
}

/** hosts.yaml and known_hosts; every disk must be there by now, since that is where the host keys are. */
export function writeInventory(lab: Lab, hosts: readonly LabHost[]): void {
  const folder = inventoryFolder(lab.root);
  writeFileSync(
    join(folder, 'hosts.yaml'),
    inventoryText(lab, hosts, lab.driver === 'uml' && hasWireGuard(lab.cacheDir)),
  );
  const keys = hosts.map((host) => `${host.name},${host.address} ${hostKeyOf(lab, host)}\n`);
  writeFileSync(join(folder, 'known_hosts'), keys.join(''));
}

/** The text of hosts.yaml: each host a site of a fabric, numbered from 1 in the order of the hosts. */
export function inventoryText(
  lab: Pick<Lab, 'net' | 'driver'>,
  hosts: readonly LabHost[],
  isKernelWireGuard: boolean,
): string {
  const entries = hosts.map(({ name, address }, index) => {
    const site = index + 1;
    return [
      `  ${name}: { address: ${address}, user: root, identity: ${KEY}, groups: [lab, fabric, linux], vars: {`,
      `site: ${site}, wg_address: 10.${site}.0.1/32, wg_endpoint: ${address},`,
      `subnet: 10.${site}.1.0/24, gateway: 10.${site}.1.1/24 } }\n`,
    ].join(' ');
  });
  // The kernel of a container has neither WireGuard nor VRF devices.
  const vrf = lab.driver === 'uml' ? 'vrf_site' : '""';
  const vars = [`wg_userspace: ${!isKernelWireGuard}, vrf: ${vrf}`, `asn: 65000, outside: ${gatewayOf(lab)}`];
  return [
    '# Written by `run lab up`, taken away by `run lab down`.\n',
    `hosts:\n${entries.join('')}`,
    `groups:\n  lab: { vars: { ${vars.join(', ')} } }\n  fabric: {}\n  linux: {}\n  proxmox: {}\n`,
  ].join('');
}
