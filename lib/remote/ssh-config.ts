/** What ~/.ssh/config and its like say about one host: the words that we act on, and a refusal of those that we cannot. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { type Condition, type Rule, readConfigFile } from './ssh-config-file.ts';
import { criteria } from './ssh-criterion.ts';
import { matchesList } from './ssh-pattern.ts';

/** Settings for one host; undefined where no file says anything. Paths and names still hold their % signs. */
export interface HostSettings {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly identityAgent?: string;
  /** Jump specs, outermost first; empty: `none`. */
  readonly proxyJump?: readonly string[];
  /** A command whose streams lead there; % signs not yet replaced. */
  readonly proxyCommand?: string;
  readonly certificateFiles: readonly string[];
  /** Yes, no, or the socket of an agent. */
  readonly forwardAgent?: boolean | string;
  readonly hostKeyAlias?: string;
  readonly userKnownHosts?: readonly string[];
  readonly globalKnownHosts?: readonly string[];
  readonly hashKnownHosts: boolean;
  readonly connectTimeoutMs?: number;
  readonly addressFamily?: 4 | 6;
  readonly bindAddress?: string;
}

/** What to look up: the name as it was typed, the account if one was named, and the local account. */
export interface HostQuery {
  readonly host: string;
  readonly user?: string;
  readonly localUser: string;
  /** The route is given elsewhere: ProxyJump and ProxyCommand do not count. */
  readonly routeGiven: boolean;
}

export type SshConfig = (query: HostQuery) => HostSettings;

/** Words that would change where we connect, or what we trust, and that we do not act on: refused, never passed over. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    'canonicalizehostname',
    'write the full name as `address:` in the inventory, or leave it to ssh: `transport: openssh`',
  ],
  ['bindinterface', 'use BindAddress'],
  ['revokedhostkeys', 'put @revoked lines into a known_hosts file'],
]);
/** Values with which those words do nothing. */
const HARMLESS = new Set(['none', 'no', 'false']);

/** Reads the files once; the function it gives looks hosts up in them. */
export function loadSshConfig(home: string, configFile: string | undefined): SshConfig {
  const rules = readAll(home, configFile);
  return (query) => settingsFor(rules, query);
}

function readAll(home: string, configFile: string | undefined): readonly Rule[] {
  const includeBase = join(home, '.ssh');
  if (configFile === 'none') return [];
  if (configFile !== undefined) {
    if (statSync(configFile, { throwIfNoEntry: false }) === undefined) {
      throw new RunError('invalid', `${configFile}: no such ssh_config file`, { hint: 'check the path' });
    }
    return readConfigFile(configFile, { home, includeBase });
  }
  const own = join(home, '.ssh', 'config');
  refuseWritable(own);
  return [
    ...readConfigFile(own, { home, includeBase }),
    ...readConfigFile('/etc/ssh/ssh_config', { home, includeBase: '/etc/ssh' }),
  ];
}

/** Whoever can write this file decides where we connect, so OpenSSH refuses it too. */
function refuseWritable(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o022) === 0) return;
  throw new RunError('invalid', `${file}: can be written by others`, { hint: `chmod go-w ${file}` });
}

function settingsFor(rules: readonly Rule[], query: HostQuery): HostSettings {
  const found = new Map<string, readonly string[]>();
  const identityFiles: string[] = [];
  const certificateFiles: string[] = [];
  for (const rule of rules) {
    if (!ADDS_UP.has(rule.word) && found.has(rule.word)) continue;
    if (!rule.conditions.every((condition) => holds(condition, rule, query, found))) continue;
    if (rule.word === 'identityfile') identityFiles.push(...rule.args);
    else if (rule.word === 'certificatefile') certificateFiles.push(...rule.args);
    else if (isRouteTaken(rule, query, found)) continue;
    else if (REFUSED.has(rule.word) && !HARMLESS.has(first(rule.args).toLowerCase())) refuse(rule);
    else found.set(rule.word, rule.args);
  }
  return settings(found, identityFiles, certificateFiles);
}

const ADDS_UP = new Set(['identityfile', 'certificatefile']);

/** The first of ProxyJump and ProxyCommand decides, and neither counts when the inventory gives the route. */
function isRouteTaken(rule: Rule, query: HostQuery, found: ReadonlyMap<string, unknown>): boolean {
  if (rule.word !== 'proxyjump' && rule.word !== 'proxycommand') return false;
  return query.routeGiven || found.has('proxyjump') || found.has('proxycommand');
}

function refuse(rule: Rule): never {
  const block = rule.conditions.map(({ word, args }) => ` (${word} ${args.join(' ')})`).join('');
  throw new RunError('unreachable', `${rule.file}:${rule.line}${block}: ${rule.word} is not supported`, {
    hint:
      REFUSED.get(rule.word) ??
      'write the condition as `Host` patterns, or leave it to ssh: `transport: openssh`',
  });
}

function holds(
  condition: Condition,
  rule: Rule,
  query: HostQuery,
  found: ReadonlyMap<string, readonly string[]>,
): boolean {
  if (condition.word === 'host') return matchesList(condition.args, query.host);
  const user = query.user ?? first(found.get('user') ?? [query.localUser]);
  const host = first(found.get('hostname') ?? [query.host]).replaceAll('%h', query.host);
  const texts: Readonly<Record<string, string>> = {
    host,
    originalhost: query.host,
    user,
    localuser: query.localUser,
  };
  // All that we can judge goes first: what does not hold anyway needs no refusal.
  let unknown = false;
  for (const { name, negated, value } of criteria(condition.args)) {
    if (name === 'all') continue;
    const text = texts[name];
    if (text === undefined) unknown = true;
    else if (matchesList(value.split(','), text) === negated) return false;
  }
  if (unknown && (rule.word in ACTED_ON || REFUSED.has(rule.word))) {
    refuse({ ...rule, word: `Match ${condition.args.join(' ')}`, conditions: [] });
  }
  return !unknown;
}

const first = (args: readonly string[]): string => args[0] ?? '';
const isYes = (args: readonly string[] | undefined): boolean =>
  args !== undefined && /^(yes|true)$/i.test(first(args));

/** The words we act on: a condition that we cannot judge matters only when one of these stands behind it. */
const ACTED_ON: Readonly<Record<string, true>> = {
  hostname: true,
  port: true,
  user: true,
  identityfile: true,
  identitiesonly: true,
  identityagent: true,
  proxyjump: true,
  proxycommand: true,
  certificatefile: true,
  forwardagent: true,
  hostkeyalias: true,
  userknownhostsfile: true,
  globalknownhostsfile: true,
  connecttimeout: true,
  addressfamily: true,
  bindaddress: true,
};

function settings(
  found: ReadonlyMap<string, readonly string[]>,
  identityFiles: readonly string[],
  certificateFiles: readonly string[],
): HostSettings {
  const one = (word: string): string | undefined => found.get(word)?.join(' ');
  const family = one('addressfamily')?.toLowerCase();
  const jump = one('proxyjump');
  const command = one('proxycommand');
  const seconds = Number(one('connecttimeout') ?? Number.NaN);
  const port = Number(one('port') ?? Number.NaN);
  const optional = {
    hostName: one('hostname'),
    port: Number.isInteger(port) ? port : undefined,
    user: one('user'),
    identityAgent: one('identityagent'),
    proxyJump: jump === undefined ? undefined : jumpList(jump),
    proxyCommand: command === undefined || /^none$/i.test(command) ? undefined : command,
    forwardAgent: forwardOf(one('forwardagent')),
    hostKeyAlias: one('hostkeyalias'),
    userKnownHosts: found.get('userknownhostsfile'),
    globalKnownHosts: found.get('globalknownhostsfile'),
    connectTimeoutMs: seconds > 0 ? seconds * 1000 : undefined,
    addressFamily: family === 'inet' ? (4 as const) : family === 'inet6' ? (6 as const) : undefined,
    bindAddress: one('bindaddress'),
  };
  return {
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<HostSettings>),
    identityFiles,
    certificateFiles,
    identitiesOnly: isYes(found.get('identitiesonly')),
    hashKnownHosts: isYes(found.get('hashknownhosts')),
  };
}

function forwardOf(text: string | undefined): boolean | string | undefined {
  if (text === undefined || /^(yes|true)$/i.test(text)) return text === undefined ? undefined : true;
  return /^(no|false)$/i.test(text) ? false : text;
}

function jumpList(text: string): readonly string[] {
  return text.toLowerCase() === 'none' ? [] : text.split(',').map((part) => part.trim());
}
