/** The way to a host: hops from the outermost jump to the host itself, each with its settings filled in. */
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import type { Target } from './contract.ts';
import type { HostKeyName } from './known-hosts.ts';
import type { HostSettings, SshConfig } from './ssh-config.ts';

/** One login on the way. */
export interface Hop {
  /** `user@host:port`, for people. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Named for this target (inventory, --private-key): tried first. */
  readonly identity?: string;
  /** Of ssh_config; empty: the usual files are tried. */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly certificateFiles: readonly string[];
  /** True: the agent that is asked for keys; a text: the socket of another one. */
  readonly forwardAgent: boolean | string;
  /** A command of this machine whose streams lead there. */
  readonly proxyCommand?: string;
  /** Path of the agent's socket. */
  readonly agent?: string;
  readonly keyName: HostKeyName;
  /** All that are looked in; the first one that a person may write to takes new keys. */
  readonly knownHosts: readonly string[];
  readonly hashKnownHosts: boolean;
  readonly hostKeyPolicy: Target['hostKeyPolicy'];
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly family?: 4 | 6;
  readonly bindAddress?: string;
}

/** What the routes of one run have in common. */
export interface RouteWorld {
  readonly config: SshConfig;
  readonly home: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Stop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

const MAX_HOPS = 8;

/** Hops to the target, the target last. Throws RunError for jumps that make no sense. */
export function routeTo(target: Target, world: RouteWorld): readonly Hop[] {
  const end: Stop = {
    host: target.address,
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.port === undefined ? {} : { port: target.port }),
  };
  return extend(end, target.jump, target, world, 0);
}

/** A stop behind its jumps: those named for it, else those of ssh_config; the first jump may have its own. */
function extend(
  stop: Stop,
  given: readonly string[] | undefined,
  target: Target,
  world: RouteWorld,
  depth: number,
): readonly Hop[] {
  if (depth > MAX_HOPS) {
    throw new RunError('unreachable', `${target.name}: more than ${MAX_HOPS} jumps`, {
      hint: `look for a ProxyJump that leads back to itself: ssh -G ${stop.host}`,
    });
  }
  const settings = world.config({
    host: stop.host,
    ...(stop.user === undefined ? {} : { user: stop.user }),
    localUser: world.user,
    routeGiven: given !== undefined,
  });
  const jumps = (given ?? settings.proxyJump ?? []).map((text) => parseStop(text, target.name));
  const before = jumps.flatMap((jump, index) =>
    extend(jump, index === 0 ? undefined : [], target, world, depth + 1),
  );
  return [...before, hopOf(stop, settings, target, world, depth === 0)];
}

/** `[user@]host[:port]`, `[v6]:port`, `ssh://user@host:port`. */
export function parseStop(text: string, name: string): Stop {
  const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@/[\]]+))(?::(\d+))?\/?$/.exec(text);
  const host = match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  if (host === undefined || host === '' || (port !== undefined && (port < 1 || port > 65535))) {
    throw new RunError('unreachable', `${name}: jump "${text}" is not [user@]host[:port]`, {
      hint: 'an IPv6 address stands in brackets: [2001:db8::1]:22',
    });
  }
  return { host, ...(match?.[1] ? { user: match[1] } : {}), ...(port === undefined ? {} : { port }) };
}

function hopOf(stop: Stop, settings: HostSettings, target: Target, world: RouteWorld, last: boolean): Hop {
  const host = (settings.hostName ?? '%h').replaceAll(/%([%h])/g, (_, sign) =>
    sign === 'h' ? stop.host : '%',
  );
  const port = stop.port ?? settings.port ?? 22;
  const user = stop.user ?? settings.user ?? world.user;
  const words = { world, original: stop.host, host, port, user };
  const path = (text: string): string => expandPath(text, words);
  const userFiles = settings.userKnownHosts ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
  const globalFiles = settings.globalKnownHosts ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
  const agent = agentPath(settings.identityAgent, world, path);
  const limit = settings.connectTimeoutMs;
  return {
    label: `${user}@${host}${port === 22 ? '' : `:${port}`}`,
    host,
    port,
    user,
    ...(target.identity === undefined ? {} : { identity: target.identity }),
    identityFiles: settings.identityFiles.map(path),
    certificateFiles: settings.certificateFiles.map(path),
    forwardAgent: last ? forwardOf(target.forwardAgent ?? settings.forwardAgent ?? false, path) : false,
    ...(settings.proxyCommand === undefined
      ? {}
      : { proxyCommand: expandSigns(settings.proxyCommand, words) }),
    identitiesOnly: settings.identitiesOnly,
    ...(agent === undefined ? {} : { agent }),
    keyName: settings.hostKeyAlias
      ? { host: settings.hostKeyAlias.toLowerCase(), port: 22 }
      : { host: host.toLowerCase(), port },
    knownHosts: [
      ...target.knownHosts,
      ...[...userFiles, ...globalFiles].filter((file) => file !== 'none').map(path),
    ],
    hashKnownHosts: settings.hashKnownHosts,
    hostKeyPolicy: target.hostKeyPolicy,
    timeoutMs: limit === undefined ? target.connectTimeoutMs : Math.min(limit, target.connectTimeoutMs),
    silenceMs: target.silenceTimeoutMs,
    ...(settings.addressFamily === undefined ? {} : { family: settings.addressFamily }),
    ...(settings.bindAddress === undefined ? {} : { bindAddress: settings.bindAddress }),
  };
}

function agentPath(
  setting: string | undefined,
  world: RouteWorld,
  path: (text: string) => string,
): string | undefined {
  if (setting === 'none') return undefined;
  const named = setting === undefined || setting === 'SSH_AUTH_SOCK' ? world.env.SSH_AUTH_SOCK : setting;
  if (named === undefined || named === '') return undefined;
  if (named.startsWith('$') && !named.startsWith('${')) return world.env[named.slice(1)] || undefined;
  return path(named);
}

interface PathWords {
  readonly world: RouteWorld;
  readonly original: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

function forwardOf(said: boolean | string, path: (text: string) => string): boolean | string {
  return typeof said === 'string' ? path(said) : said;
}

/** `~`, `${NAME}` and the % signs of ssh_config in a path. */
function expandPath(text: string, words: PathWords): string {
  const { world } = words;
  const named = text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    const value = world.env[name];
    if (value !== undefined) return value;
    throw new RunError('unreachable', `ssh_config: \${${name}} in "${text}" is not set`, {
      hint: `set ${name} in the environment`,
    });
  });
  const expanded = expandSigns(named, words);
  if (expanded === '~' || expanded.startsWith('~/')) return join(world.home, expanded.slice(1));
  return expanded;
}

function expandSigns(text: string, words: PathWords): string {
  const { world } = words;
  const signs: Readonly<Record<string, string>> = {
    '%': '%',
    d: world.home,
    h: words.host,
    n: words.original,
    p: String(words.port),
    r: words.user,
    u: world.user,
  };
  return text.replace(/%(.?)/g, (_, sign: string) => {
    const value = signs[sign];
    if (value !== undefined) return value;
    throw new RunError('unreachable', `ssh_config: %${sign} in "${text}" is not supported`, {
      hint: `known: ${Object.keys(signs)
        .map((each) => `%${each}`)
        .join(' ')}`,
    });
  });
}
