/** What a lab is: its names, addresses and places, all derived from the project root. */
import { join } from 'node:path';
import { RunError } from '../base/error.ts';

export interface LabOptions {
  /** Project root, absolute. */
  readonly root: string;
  /** Where bases and disks are kept; default {@link DEFAULT_CACHE}. */
  readonly cacheDir?: string;
  /** Progress for people, one line each. */
  readonly log: (line: string) => void;
}

export const DEFAULT_CACHE = '/var/cache/tightbeam-lab';

/** How hosts are made: in containers, which share this machine's kernel, or under kernels of their own (user-mode Linux). */
export type Driver = 'container' | 'uml';

export const DRIVERS: readonly Driver[] = ['container', 'uml'];

export function isDriver(word: string): word is Driver {
  return DRIVERS.some((driver) => driver === word);
}

/** The lab of one project root. */
export interface Lab {
  /** `tb` and four hex digits; every namespace, link, table and machine of the lab begins with it. */
  readonly id: string;
  readonly root: string;
  readonly cacheDir: string;
  /** Third and second byte of 198.18.0.0/15, as `198.18.7`. */
  readonly net: string;
  readonly driver: Driver;
}

export interface LabHost {
  readonly name: string;
  /** IPv4. */
  readonly address: string;
  /** Name of its machine and of its network namespace. */
  readonly machine: string;
}

const TOWNS = [
  'roz',
  'wro',
  'lub',
  'gda',
  'kra',
  'poz',
  'lod',
  'szc',
  'byd',
  'kat',
  'rad',
  'tor',
  'kie',
  'rze',
];
const MOST_HOSTS = 200;
const FIRST_ADDRESS = 11;
// A link is named `v-` and the host; the kernel takes 15 characters.
const HOST_NAME = /^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/;

/** Names for so many hosts: short towns, then h15, h16 …; or the given names, checked. */
export function hostNames(hosts: number | readonly string[]): readonly string[] {
  if (typeof hosts === 'number') {
    if (!Number.isInteger(hosts) || hosts < 1 || hosts > MOST_HOSTS) {
      throw new RunError('invalid', `lab: ${hosts} hosts cannot be made`, {
        hint: `give a whole number from 1 to ${MOST_HOSTS}`,
      });
    }
    return Array.from({ length: hosts }, (_, index) => TOWNS[index] ?? `h${index + 1}`);
  }
  const wrong = hosts.find((name, index) => !HOST_NAME.test(name) || hosts.indexOf(name) !== index);
  if (wrong !== undefined || hosts.length > MOST_HOSTS) {
    throw new RunError('invalid', `lab: "${wrong ?? 'so many hosts'}" cannot be used as names of hosts`, {
      hint: 'a name is 1 to 12 of a-z, 0-9 and hyphen, begins with a letter and stands once',
    });
  }
  return hosts;
}

export function hostOf(lab: Lab, name: string, index: number): LabHost {
  return { name, address: `${lab.net}.${FIRST_ADDRESS + index}`, machine: `${lab.id}-${name}` };
}

export function gatewayOf(lab: Pick<Lab, 'net'>): string {
  return `${lab.net}.1`;
}

/** Folder of the lab's disks, in the cache. */
export function diskFolder(lab: Pick<Lab, 'cacheDir' | 'id'>): string {
  return join(lab.cacheDir, 'labs', lab.id);
}

/** The file in which a host under user-mode Linux has its root file system. */
export function imageOf(lab: Lab, host: LabHost): string {
  return join(diskFolder(lab), host.name, 'root.ext4');
}

/** The host's file tree: mounted while a lab of containers is up, or while an image is made from it. */
export function treeOf(lab: Lab, host: LabHost): string {
  return join(diskFolder(lab), host.name, 'tree');
}

/** Folder in the project root for state and logs. */
export function runFolder(root: string): string {
  return join(root, '.run', 'lab');
}

export function logOf(lab: Lab, host: LabHost): string {
  return join(runFolder(lab.root), `${host.name}.log`);
}

export function inventoryFolder(root: string): string {
  return join(root, 'inventory', 'lab');
}
