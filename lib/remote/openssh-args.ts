/** What the system's ssh is told: a configuration that all connections of a run share, and flags for one host. */
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import type { Target } from './contract.ts';
import type { SshOptions } from './ssh-context.ts';

/**
 * Ours come first, as ssh takes the first value of a word; what they leave open is the user's. ssh hands the file on to
 * the connections it makes to jump hosts, so these are judged by the same known_hosts, offered the same key, and shared.
 * %FOLDER% stands for where the file lies.
 */
export function sharedConfig(target: Target, options: SshOptions, home: string): string {
  const own = options.configFile ?? join(home, '.ssh', 'config');
  const includes =
    options.configFile === 'none'
      ? []
      : [own, ...(options.configFile === undefined ? ['/etc/ssh/ssh_config'] : [])];
  const known = [...target.knownHosts, join(home, '.ssh', 'known_hosts'), join(home, '.ssh', 'known_hosts2')];
  return [
    'ControlMaster auto',
    'ControlPath "%FOLDER%/%C"',
    'ControlPersist no',
    // Many hosts at once cannot ask at one keyboard: locked keys belong into an agent.
    'BatchMode yes',
    'RequestTTY no',
    'RemoteCommand none',
    'PermitLocalCommand no',
    'ForwardX11 no',
    'Tunnel no',
    'ConnectionAttempts 1',
    `ConnectTimeout ${Math.max(1, Math.ceil(target.connectTimeoutMs / 1000))}`,
    `ServerAliveInterval ${Math.max(1, Math.round(target.silenceTimeoutMs / 4000))}`,
    'ServerAliveCountMax 3',
    'LogLevel ERROR',
    `StrictHostKeyChecking ${target.hostKeyPolicy === 'strict' ? 'yes' : 'accept-new'}`,
    ...(target.knownHosts.length > 0 ? [`UserKnownHostsFile ${known.map(word).join(' ')}`] : []),
    ...(target.identity === undefined ? [] : [`IdentityFile ${word(target.identity)}`]),
    ...includes.map((file) => `Include ${word(file)}`),
    '',
  ].join('\n');
}

/** The flags in front of the command. */
export function hostFlags(target: Target, config: string): readonly string[] {
  const settings = [
    ...(target.fresh ? ['ControlMaster=no', 'ControlPath=none'] : []),
    ...(target.forwardAgent === undefined ? [] : [`ForwardAgent=${target.forwardAgent ? 'yes' : 'no'}`]),
    ...(target.port === undefined ? [] : [`Port=${target.port}`]),
    ...(target.user === undefined ? [] : [`User=${target.user}`]),
    ...(target.jump === undefined
      ? []
      : [`ProxyJump=${target.jump.length > 0 ? target.jump.join(',') : 'none'}`]),
  ];
  return ['-F', config, '-T', ...settings.flatMap((setting) => ['-o', setting]), '--', addressOf(target)];
}

function addressOf(target: Target): string {
  if (/^[^-\s][^\s]*$/.test(target.address)) return target.address;
  throw new RunError('unreachable', `${target.name}: "${target.address}" is no address`, {
    hint: 'check `address:` in the inventory',
  });
}

/** A word of ssh_config. */
function word(text: string): string {
  if (/["\n]/.test(text)) {
    throw new RunError(
      'unreachable',
      `the path ${JSON.stringify(text)} cannot be written into an ssh_config`,
      {
        hint: 'use a path without quotation marks',
      },
    );
  }
  return `"${text.replaceAll('%', '%%')}"`;
}
