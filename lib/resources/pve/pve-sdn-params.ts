/** Parameters that the SDN's tasks share, and what Proxmox forgets to check about them. */
import { formatCidr, networkOf, parseAddress, parseCidr } from '../../base/ip-address.ts';
import type { ParamFault } from '../../model/task.ts';

/** Of zones and vnets. */
export const SHORT_ID = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9]{1,7}$',
  $comment: 'must be 2 to 8 letters and digits, a letter first: interfaces are named after it',
} as const;

export const CONTROLLER_ID = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$',
  $comment: 'must be 2 to 64 letters, digits, - and _, a letter first',
} as const;

export const ASN = { type: 'integer', minimum: 1, maximum: 4294967295 } as const;
export const VNI = { type: 'integer', minimum: 1, maximum: 16777215 } as const;
export const NAMES = {
  type: 'array',
  uniqueItems: true,
  items: { type: 'string', minLength: 1 },
} as const;

/** Proxmox takes addresses alone, and says of a name only that it does not look like one. */
export function addressFaults(list: unknown, path: string): readonly ParamFault[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown, index) =>
    typeof each !== 'string' || parseAddress(each)
      ? []
      : [
          {
            path: [path, index],
            message: `"${each}" is no IP address, and Proxmox takes no names here`,
            hint: 'write the address that the name has, as in 10.1.0.1',
          },
        ],
  );
}

/** Proxmox takes host bits, and makes a subnet of an odd id of them. */
export function networkFaults(cidr: unknown, path: string): readonly ParamFault[] {
  if (typeof cidr !== 'string') return [];
  const parsed = cidr.includes('/') ? parseCidr(cidr) : undefined;
  if (!parsed) return [{ path: [path], message: `"${cidr}" is no network`, hint: 'write it as 10.1.1.0/24' }];
  const network = formatCidr(networkOf(parsed));
  if (network === formatCidr(parsed)) return [];
  return [
    {
      path: [path],
      message: `"${cidr}" has bits of a host, which Proxmox would take for a subnet of its own`,
      hint: `write ${network}`,
    },
  ];
}

/** True when the address lies within the network; also when either cannot be told yet. */
export function liesWithin(address: unknown, cidr: unknown): boolean {
  if (typeof address !== 'string' || typeof cidr !== 'string') return true;
  const [one, network] = [parseCidr(address), parseCidr(cidr)];
  if (!one || !network || one.version !== network.version) return false;
  return networkOf({ ...one, prefix: network.prefix }).value === networkOf(network).value;
}
