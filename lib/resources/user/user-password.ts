/** Setting a user's password hash without showing it to anyone: chpasswd reads it from stdin. */
import { sha256 } from '../../base/bytes.ts';
import { fingerprint } from '../../base/fingerprint.ts';
import type { Secret } from '../../base/secret.ts';
import { quoteSecret, type Sh, sh } from '../../base/sh.ts';
import { type Difference, PlanError } from '../../model/resource.ts';

/** Checksum by which a wanted hash is compared; throws PlanError for what is not a crypt hash. */
export function passwordSum(user: string, password: Secret): string {
  if (!/^(\$[A-Za-z0-9./$,=_-]+|[A-Za-z0-9./]{13})$/.test(password.reveal())) {
    throw new PlanError(
      `the password of user ${user} (secret ${password.name}) is not a crypt hash`,
      'make one with `openssl passwd -6` or `mkpasswd`',
    );
  }
  return sha256(password.toBytes());
}

/** Checksums of the hash before, empty without one, and after. */
export function passwordDifference(before: string, after: string): Difference {
  const from = before === '' ? null : fingerprint(before);
  return { kind: 'secret', name: 'password', from, to: fingerprint(after) };
}

/** A lock is written together with the hash, so that the account is never open in between. */
export function setPassword(user: string, password: Secret, locked: boolean): Sh {
  const line = password.derive(`${user}:${locked ? '!' : ''}${password.reveal()}`);
  return sh`printf '%s\\n' ${quoteSecret(line.toBytes())} | chpasswd -e || exit $?`;
}
