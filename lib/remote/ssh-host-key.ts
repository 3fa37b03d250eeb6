/** Whether a host is who it claims to be, and which of its keys it is asked for. */
import { RunError } from '../base/error.ts';
import { judgeHostKey, type KnownKey } from './known-hosts.ts';
import { hostKeyError } from './ssh-error.ts';
import type { Hop } from './ssh-route.ts';
import type { SshWorld } from './ssh-world.ts';

/** Host key algorithms in our order; SHA-1 signatures (ssh-rsa) are left out. */
const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Undefined when the key convinces; adds it where the policy says so and nothing at all is known of the host. */
export function checkHostKey(
  hop: Hop,
  blob: Buffer,
  entries: readonly KnownKey[],
  world: SshWorld,
): RunError | undefined {
  // Under accept-new another connection may have added the key since.
  const now = hop.hostKeyPolicy === 'accept-new' ? world.knownHosts.entries(hop.knownHosts) : entries;
  const verdict = judgeHostKey(now, hop.keyName, blob);
  if (verdict.kind === 'known') return undefined;
  const file = hop.knownHosts[0];
  if (verdict.kind !== 'unknown' || hop.hostKeyPolicy !== 'accept-new' || file === undefined) {
    return hostKeyError(hop, verdict, blob);
  }
  try {
    world.knownHosts.append(file, hop.keyName, blob, hop.hashKnownHosts);
    return undefined;
  } catch (error) {
    return error instanceof RunError ? error : new RunError('unreachable', String(error), { cause: error });
  }
}

/** Types that are known first: a server that is asked for another one would look unknown. */
export function algorithmsFor(types: readonly string[]): readonly string[] {
  const known = types.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]));
  const first = known.filter((name) => HOST_KEY_ALGORITHMS.includes(name));
  return [...first, ...HOST_KEY_ALGORITHMS.filter((name) => !first.includes(name))];
}
