/** The lab's wires: a bridge in a namespace of its own, a link from this machine into it, and the way out to real apt. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLAIMS } from './claim.ts';
import { exec, must } from './exec.ts';
import { gatewayOf, type Lab } from './lab.ts';

export const NAMESPACES = '/run/netns';

const KEPT = 'forwarding.';

/**
 * Makes what is missing. The bridge's namespace and this machine's link are both named by the lab's id. True when the
 * bridge is new: hosts that were running have then lost their links.
 */
export async function ensureNetwork(lab: Lab): Promise<boolean> {
  const { id } = lab;
  if (!existsSync(join(NAMESPACES, id))) await must('ip', ['netns', 'add', id]);
  const isNew = (await exec('ip', ['-n', id, 'link', 'show', 'dev', 'br0'])).rc !== 0;
  if (isNew) {
    await must('ip', ['-n', id, 'link', 'add', 'name', 'br0', 'type', 'bridge']);
    await must('ip', ['-n', id, 'link', 'set', 'dev', 'br0', 'up']);
  }
  if (!existsSync(`/sys/class/net/${id}`)) {
    await must('ip', ['link', 'add', 'name', id, 'type', 'veth', 'peer', 'name', 'control', 'netns', id]);
  }
  await must('ip', ['-n', id, 'link', 'set', 'dev', 'control', 'master', 'br0', 'up']);
  await must('ip', ['address', 'replace', `${gatewayOf(lab)}/24`, 'dev', id]);
  await must('ip', ['link', 'set', 'dev', id, 'up']);
  await openWayOut(lab);
  return isNew;
}

/**
 * Masquerading to the uplink. Only the two links involved forward, and the filter lets nobody else use the uplink's
 * forwarding to reach the hosts.
 */
async function openWayOut(lab: Lab): Promise<void> {
  const uplink = await findUplink();
  await must('nft', ['-f', '-'], tableText(lab, uplink));
  writeFileSync(forwardingFile(lab.id), '1');
  if (uplink === undefined) return;
  const kept = join(CLAIMS, `${KEPT}${uplink}`);
  if (!existsSync(kept)) writeFileSync(kept, readFileSync(forwardingFile(uplink), 'utf8').trim());
  writeFileSync(forwardingFile(uplink), '1');
}

function tableText(lab: Lab, uplink: string | undefined): string {
  const { id, net } = lab;
  const out = uplink === undefined ? [] : [`oifname "${uplink}" ip saddr ${net}.0/24 masquerade`];
  // Added and deleted first, in one transaction: the table is then new, whether it was there or not.
  return [
    `table ip ${id} {}`,
    `delete table ip ${id}`,
    `table ip ${id} {`,
    'chain way_out { type nat hook postrouting priority srcnat; policy accept;',
    ...out,
    '}',
    'chain through { type filter hook forward priority filter; policy accept;',
    `iifname "${id}" tcp flags syn tcp option maxseg size set rt mtu`,
    `oifname "${id}" ct state established,related accept`,
    `oifname "${id}" drop`,
    '}',
    '}',
    '',
  ].join('\n');
}

async function findUplink(): Promise<string | undefined> {
  const routes = await must('ip', ['-4', 'route', 'show', 'default']);
  return /\bdev (\S+)/.exec(routes)?.[1];
}

function forwardingFile(link: string): string {
  return `/proc/sys/net/ipv4/conf/${link}/forwarding`;
}

/** Takes bridge, link and table away; what is not there is fine. */
export async function removeNetwork(lab: Lab): Promise<void> {
  await exec('nft', ['delete', 'table', 'ip', lab.id]);
  await exec('ip', ['link', 'delete', 'dev', lab.id]);
  await exec('ip', ['netns', 'delete', lab.id]);
}

/** When the last lab goes: the uplinks' forwarding as it was before the first, and no trace of `ip netns`. */
export async function restoreMachine(): Promise<void> {
  for (const name of readdirSync(CLAIMS).filter((one) => one.startsWith(KEPT))) {
    const file = forwardingFile(name.slice(KEPT.length));
    if (existsSync(file)) writeFileSync(file, readFileSync(join(CLAIMS, name), 'utf8'));
    rmSync(join(CLAIMS, name));
  }
  // `ip netns add` mounts the folder onto itself; with a namespace in it this fails, as it should.
  if (existsSync(NAMESPACES) && readdirSync(NAMESPACES).length === 0) await exec('umount', [NAMESPACES]);
}

/** The hosts' resolv.conf: this machine's name servers, without those that only this machine can reach. */
export function resolverText(): string {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8').split('\n');
    const servers = lines.filter((line) => /^nameserver\s+(?!127\.)\d/.test(line));
    if (servers.length === 0) continue;
    return `${[...lines.filter((line) => /^(search|domain)\s/.test(line)), ...servers].join('\n')}\n`;
  }
  return '';
}
