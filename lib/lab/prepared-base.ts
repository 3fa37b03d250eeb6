/** A base system with more packages in it, for labs whose hosts are to have them from the start. */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, toBytes } from '../base/bytes.ts';
import { APART } from './base.ts';
import { must } from './exec.ts';
import { withLock } from './lock.ts';
import { unmountUnder } from './mount.ts';

// No service starts in there, and what a bare machine does not have, package lists above all, goes again.
const INSTALL = `
tree=$1; shift
policy=$tree/usr/sbin/policy-rc.d
mount -t proc proc "$tree/proc" &&
printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy" &&
chroot "$tree" apt-get update -q &&
DEBIAN_FRONTEND=noninteractive chroot "$tree" apt-get install -qy --no-install-recommends "$@" &&
chroot "$tree" apt-get clean && rm -rf "$tree"/var/lib/apt/lists/* "$policy"
`;

/** Path of the base's copy with the packages, made now when the cache does not hold it. */
export async function ensurePreparedBase(
  base: string,
  packages: readonly string[],
  log: (line: string) => void,
): Promise<string> {
  if (packages.length === 0) return base;
  const names = [...packages].sort();
  const prepared = `${base}-${sha256(toBytes(names.join(' '))).slice(0, 8)}`;
  if (existsSync(prepared)) return prepared;
  return await withLock(`${prepared}.lock`, log, async () => {
    if (!existsSync(prepared)) await build(base, prepared, names, log);
    return prepared;
  });
}

async function build(
  base: string,
  prepared: string,
  names: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  log(`installing ${names.join(', ')} into a copy of the base system, once`);
  const part = `${prepared}.part`;
  await unmountUnder(part);
  rmSync(part, { recursive: true, force: true, maxRetries: 5 });
  await must('cp', ['-a', `${base}/.`, part]);
  copyFileSync('/etc/resolv.conf', join(part, 'etc/resolv.conf'));
  await must('setpriv', [...APART, 'sh', '-c', INSTALL, 'sh', part, ...names]);
  rmSync(join(part, 'etc/resolv.conf'));
  renameSync(part, prepared);
}
