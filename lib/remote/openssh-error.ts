/** What the system's ssh says when it cannot log in, in our own words: the same reasons as those of our own client. */
import { RunError } from '../base/error.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Target } from './contract.ts';
import type { FailureKind } from './ssh-failure.ts';

/** First match counts: ssh says several lines, the last of which is often the least. */
const REASONS: readonly (readonly [RegExp, FailureKind])[] = [
  [
    /host key for .* has changed|IDENTIFICATION HAS CHANGED|REVOKED HOST KEY|Host key verification failed/i,
    'host-key',
  ],
  [/Permission denied|Too many authentication failures|No more authentication methods/i, 'auth'],
  [/Could not resolve hostname/i, 'dns'],
  [/Connection refused/i, 'refused'],
  [/No route to host|Network is unreachable/i, 'no-route'],
  [/no matching .* found/i, 'negotiation'],
  [/timed out/i, 'timeout'],
  [/kex_exchange_identification|banner exchange|Connection (closed|reset) by/i, 'dropped'],
];

export function kindOfText(text: string): FailureKind {
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
}

export function opensshError(target: Target, text: string, attempts: number): RunError {
  const kind = kindOfText(text);
  const [message, hint] = wording(target, kind, text);
  const tried = attempts > 1 ? ` (${attempts} attempts)` : '';
  return new RunError('unreachable', `${labelOf(target)}: ${message}${tried}`, { hint, output: text.trim() });
}

function wording(target: Target, kind: FailureKind, text: string): readonly [string, string] {
  switch (kind) {
    case 'host-key':
      return hostKeyWording(text);
    case 'auth': {
      const methods = /Permission denied \(([^)]*)\)/.exec(text)?.[1];
      return [
        `login failed: ssh was refused${methods ? `; the server takes: ${methods.replaceAll(',', ', ')}` : ''}`,
        'check the account (--user, `user:`) and the key (--private-key, `identity:`); ssh never asks here, so a locked key has to be in an agent',
      ];
    }
    case 'dns':
      return [
        `the name ${target.address} does not resolve`,
        'check `address:` in the inventory, or HostName in ssh_config',
      ];
    case 'refused':
      return [
        `connection refused: ${lastLine(text)}`,
        'check that sshd runs there, and `port:` in the inventory',
      ];
    case 'no-route':
      return [
        `no route to ${target.address}`,
        'check that the host is up, and the network and VPN on the way to it',
      ];
    case 'timeout':
      return [
        `no answer within ${target.connectTimeoutMs / 1000} s`,
        'check that the host is up and that no firewall drops the packets; --timeout gives it longer',
      ];
    case 'dropped':
      return [
        `the server hung up during the handshake: ${lastLine(text)}`,
        'check MaxStartups, PerSourcePenalties and hosts.deny there, and its sshd log',
      ];
    case 'negotiation':
      return [
        `no common algorithm: ${lastLine(text)}`,
        'compare `ssh -Q kex` here with the sshd_config there',
      ];
    default:
      return [`ssh failed: ${lastLine(text)}`, `see what \`ssh -v ${target.address}\` says`];
  }
}

function hostKeyWording(text: string): readonly [string, string] {
  const [, file, line] = /(?:Offending \S+ key in|revoked by file|found in) ([^\n]+?):(\d+)/.exec(text) ?? [];
  const place = file ? `${file}:${line}` : 'known_hosts';
  if (/REVOKED/.test(text))
    return [
      `its host key is revoked by ${place}`,
      'do not connect: give the host a new key, then replace the line',
    ];
  if (/CHANGED|has changed/i.test(text)) {
    return [
      `THE HOST KEY HAS CHANGED: it shows another key than ${place} says; somebody may be listening in between`,
      `only if you know that the host was given a new key: remove the line${file ? ` (sed -i ${line}d ${shellWord(file)})` : ''}, then add the new one`,
    ];
  }
  return [
    `unknown host key: ${/No \S+ host key is known for [^\n]*/.exec(text)?.[0].replace(/ and you have.*/, '') ?? 'it is in no known_hosts file'}`,
    'compare its fingerprint with that on the host, then add it to known_hosts, or run once with --host-key accept-new',
  ];
}

function labelOf(target: Target): string {
  const user = target.user === undefined ? '' : `${target.user}@`;
  return `${user}${target.address}${target.port === undefined || target.port === 22 ? '' : `:${target.port}`}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').pop()?.trim() || 'it said nothing';
}
