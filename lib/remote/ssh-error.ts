/** Puts failures to connect into words: what happened, where, and what to do next. */
import { RunError } from '../base/error.ts';
import { shellWord } from '../base/shell-word.ts';
import { fingerprint, keyType, recordName, type Verdict } from './known-hosts.ts';
import type { ConnectFailure } from './ssh-failure.ts';
import type { Hop } from './ssh-route.ts';

/** A failure that no further attempt will mend. */
export function connectError(hop: Hop, failure: ConnectFailure, attempts: number): RunError {
  const [message, hint] = wording(hop, failure);
  const tried = attempts > 1 ? ` (${attempts} attempts)` : '';
  return new RunError('unreachable', `${hop.label}: ${message}${tried}`, { hint, cause: failure });
}

function wording(hop: Hop, failure: ConnectFailure): readonly [string, string] {
  switch (failure.kind) {
    case 'dns':
      return [
        `the name ${hop.host} does not resolve`,
        'check `address:` in the inventory, or HostName in ssh_config',
      ];
    case 'refused':
      return [
        `connection refused: nothing listens on port ${hop.port}`,
        'check that sshd runs there, and `port:` in the inventory',
      ];
    case 'no-route':
      return [
        `no route to ${hop.host}`,
        'check that the host is up, and the network and VPN on the way to it',
      ];
    case 'timeout':
      return [
        failure.stage === 'connect'
          ? `no connection within ${hop.timeoutMs / 1000} s: packets get no answer`
          : `connected, but the SSH server said nothing useful within ${hop.timeoutMs / 1000} s`,
        failure.stage === 'connect'
          ? 'check that the host is up and that no firewall drops the packets; --timeout gives it longer'
          : 'check the load of the host and its sshd log; --timeout gives it longer',
      ];
    case 'dropped':
      return [
        `the server hung up during the ${failure.stage}: ${failure.message}`,
        'check MaxStartups, PerSourcePenalties and hosts.deny there, and its sshd log',
      ];
    case 'negotiation':
      return [
        `no common algorithm: ${failure.message}`,
        'allow curve25519-sha256, aes128-gcm@openssh.com and an ed25519, ecdsa or rsa-sha2 host key in its sshd_config',
      ];
    default:
      return [failure.message, `see what \`ssh -v -p ${hop.port} ${hop.user}@${hop.host}\` says`];
  }
}

/** Nobody let us in: what was offered, what the server would take, what to do. */
export function loginError(
  hop: Hop,
  {
    refused,
    taken,
    notes,
    methods,
  }: {
    readonly refused: readonly string[];
    readonly taken: readonly string[];
    readonly notes: readonly string[];
    readonly methods: readonly string[];
  },
): RunError {
  const enough = taken.length > 0 ? `${taken.join(', ')} alone does not do` : 'there was no key to offer';
  const offered = refused.length > 0 ? `refused: ${refused.join(', ')}` : enough;
  const left = notes.length > 0 ? `; not offered: ${notes.join('; ')}` : '';
  const wants = methods.length > 0 ? `; the server takes: ${methods.join(', ')}` : '';
  const keys = methods.length > 0 && !methods.includes('publickey');
  return new RunError('unreachable', `${hop.label}: login failed: ${offered}${left}${wants}`, {
    hint:
      methods.includes('keyboard-interactive') && keys
        ? 'run it at a terminal, where its questions can be answered'
        : keys
          ? 'allow publickey for this account in its sshd_config (Tightbeam logs in with keys alone)'
          : `check the account (--user, \`user:\`), name the key (--private-key, \`identity:\`), ssh-add it, or add it to ~${hop.user}/.ssh/authorized_keys there`,
  });
}

/** The host key did not convince us. */
export function hostKeyError(hop: Hop, verdict: Verdict, blob: Buffer): RunError {
  const name = recordName(hop.keyName);
  const print = `${keyType(blob)} ${fingerprint(blob)}`;
  if (verdict.kind === 'revoked') {
    const { file, line } = verdict.entry;
    return new RunError('unreachable', `${hop.label}: its host key ${print} is revoked by ${file}:${line}`, {
      hint: 'do not connect: give the host a new key, then replace the line',
    });
  }
  if (verdict.kind === 'changed') {
    const { file, line, type, key } = verdict.entry;
    const old = `${type} ${fingerprint(Buffer.from(key, 'base64'))}`;
    return new RunError(
      'unreachable',
      `${hop.label}: THE HOST KEY HAS CHANGED: it shows ${print}, but ${file}:${line} says ${old}; somebody may be listening in between`,
      {
        hint: `only if you know that the host was given a new key: ssh-keygen -R '${name}' -f ${shellWord(file)}, then add the new one`,
      },
    );
  }
  return unknownKey(hop, verdict, name, print);
}

function unknownKey(hop: Hop, verdict: Verdict, name: string, print: string): RunError {
  const authority = verdict.kind === 'unknown' ? verdict.authority : undefined;
  const note = authority
    ? `; ${authority.file}:${authority.line} trusts a certificate authority, but only ssh itself can check host certificates (\`transport: openssh\`)`
    : '';
  const file = hop.knownHosts[0] ?? '~/.ssh/known_hosts';
  const port = hop.port === 22 ? '' : `-p ${hop.port} `;
  const scan =
    hop.keyName.host === hop.host.toLowerCase()
      ? `ssh-keyscan ${port}${hop.host} >> ${shellWord(file)}`
      : `ssh-keyscan ${port}${hop.host} | sed 's/^[^ ]*/${name}/' >> ${shellWord(file)}`;
  return new RunError(
    'unreachable',
    `${hop.label}: unknown host key ${print}: ${name} is in none of ${hop.knownHosts.join(', ')}${note}`,
    {
      hint: `compare the fingerprint with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` (or its like) on the host's console; then \`${scan}\`, or run once with --host-key accept-new`,
    },
  );
}

export function interrupted(hop: Hop): RunError {
  return new RunError('interrupted', `${hop.label}: interrupted while connecting`, {
    hint: 'run the same command again',
  });
}
