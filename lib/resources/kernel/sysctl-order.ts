/** Which file of kernel parameters wins at boot where Proxmox has one that sets the same. Pure. */
import { Unknown } from '../../base/unknown.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { fileRef } from '../file/file-kind.ts';
import type { FileHint, FileState } from '../file/file-state.ts';

/** What Proxmox sets. */
export const RP_FILTER = 'net.ipv4.conf.all.rp_filter';

/** The file of Proxmox that sets it, and its value. */
const PROXMOX_FILE = '/usr/lib/sysctl.d/pve-firewall.conf';
const PROXMOX_VALUE = '2';

/** The name of the parameter as it is written, where another value than that of Proxmox is wanted. */
export function setsRpFilter(values: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(values).find((name) => {
    const value = values[name];
    const known = typeof value === 'string' || typeof value === 'number';
    return known && name.replaceAll('/', '.') === RP_FILTER && String(value).trim() !== PROXMOX_VALUE;
  });
}

/**
 * Whether the file is read after that of Proxmox, or instead of it: systemd-sysctl goes by the name alone, whatever the
 * folder, in the order of bytes, and the last value wins (sysctl.d(5)).
 */
export function readLater(file: string): boolean {
  // Debian 12 has it as 99-sysctl.conf, Debian 13 does not read it at all.
  if (file === '/etc/sysctl.conf') return false;
  const name = file.replace(/^.*\//, '');
  return name >= 'pve-firewall.conf';
}

/** The file's resource; where it says what that of Proxmox undoes, hosts that have this one are refused. */
export function keptAtBoot(
  resource: Resource<FileState, FileHint>,
  file: string,
  values: Readonly<Record<string, unknown>>,
): Resource<FileState, FileHint> {
  if (setsRpFilter(values) === undefined || readLater(file)) return resource;
  const other = fileRef(PROXMOX_FILE);
  return {
    ...resource,
    reads: [...(resource.reads ?? []), other],
    plan(state, at, now) {
      const found = at<FileState>(other.key);
      if (found && !(found instanceof Unknown) && found.exists) {
        throw new PlanError(
          `${file} is read before ${PROXMOX_FILE}, which sets ${RP_FILTER} to ${PROXMOX_VALUE}: at the next boot that is what holds (sysctl.d(5))`,
          'name the file so that it comes later: `file: /etc/sysctl.d/zz-sdn.conf`',
        );
      }
      return resource.plan(state, at, now);
    },
  };
}
