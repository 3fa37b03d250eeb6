/** Parameters of services that the SDN tells of its addresses, and what Proxmox forgets to check about them. */
import { Secret } from '../../base/secret.ts';
import type { ParamFault } from '../../model/task.ts';

export const SERVICE_ID = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9]*[A-Za-z0-9]$',
  $comment: 'must be 2 or more letters and digits, a letter first',
} as const;

export const FINGERPRINT = {
  type: 'string',
  pattern: '^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$',
  $comment: 'must be a SHA-256 fingerprint: 32 pairs of hex digits with colons',
  description: 'SHA-256 fingerprint of the server’s certificate, where no authority vouches for it.',
} as const;

/** Paths are put behind it as they are. */
export function urlFaults(url: unknown): readonly ParamFault[] {
  if (typeof url !== 'string') return [];
  if (!/^https?:\/\/[^/\s]+/.test(url))
    return [{ path: ['url'], message: `"${url}" is no URL`, hint: 'begin it with https:// or http://' }];
  if (!url.endsWith('/')) return [];
  return [
    {
      path: ['url'],
      message: 'Proxmox puts paths behind this URL, and two slashes lead nowhere',
      hint: `write ${url.replace(/\/+$/, '')}`,
    },
  ];
}

/** A secret that is written into the runbook itself is one all the same. */
export function secretOf(name: string, value: unknown): Secret | undefined {
  if (value === undefined || value instanceof Secret) return value;
  return new Secret(name, String(value));
}
