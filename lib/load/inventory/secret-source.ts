/** `secrets:` of inventory and runbook: fetched from environment, file or command, only when something uses them. */
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { formatPlace } from '../../base/problem.ts';
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import { child, type Entry, entryOf, listOf, type Node, placeOf, plain, textOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { expandPath } from './inventory-host.ts';

/** A secret as it is declared, and the folder that its relative path starts from. */
export interface SecretSource {
  readonly entry: Entry;
  readonly folder: string;
}

export interface SecretWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Told of all that were fetched before any of them is used. */
  secretsKnown?(secrets: readonly Secret[]): void;
}

const COMMAND_LIMIT_MS = 30_000;

/** Sources by name; the runbook's win over the inventory's. */
export function secretSources(
  given: readonly { readonly node: Node | undefined; readonly folder: string }[],
): ReadonlyMap<string, SecretSource> {
  const sources = new Map<string, SecretSource>();
  for (const { node, folder } of given) {
    if (node?.kind !== 'map') continue;
    for (const entry of node.entries) sources.set(entry.name, { entry, folder });
  }
  return sources;
}

/** Names that two runbooks of a run (one imports the other) give different sources: which was meant nobody can tell. */
export function tellClashes(
  runbooks: readonly { readonly node: Node | undefined; readonly folder: string }[],
  report: Report,
): void {
  const seen = new Map<string, SecretSource>();
  for (const { node, folder } of runbooks) {
    for (const entry of node?.kind === 'map' ? node.entries : []) {
      const first = seen.get(entry.name);
      if (!first) seen.set(entry.name, { entry, folder });
      else if (!sameSource(first, { entry, folder })) {
        const message = `secret "${entry.name}" has another source at ${formatPlace(placeOf(first.entry.key))}`;
        report.add('secret-clash', message, entry.key, 'rename one of them, or give both the same source');
      }
    }
  }
}

/** A relative path means another file in another folder. */
function sameSource(one: SecretSource, other: SecretSource): boolean {
  const said = ({ entry }: SecretSource): string => JSON.stringify(plain(entry.value));
  const rests = entryOf(one.entry.value, 'env') === undefined && one.folder !== other.folder;
  return said(one) === said(other) && !rests;
}

/** The secrets named, all at once; what cannot be had is reported where it is declared. */
export async function fetchSecrets(
  sources: ReadonlyMap<string, SecretSource>,
  used: ReadonlySet<string>,
  world: SecretWorld,
  report: Report,
): Promise<Record<string, Secret>> {
  const secrets: Record<string, Secret> = {};
  const wanted = [...sources].filter(([name]) => used.has(name));
  await Promise.all(
    wanted.map(async ([name, source]) => {
      const text = await fetchOne(name, source, world, report);
      if (text === undefined) return;
      const value = text.replace(/\r?\n$/, '');
      if (value === '') report.add('secret-empty', `secret "${name}" is empty`, source.entry.key);
      else secrets[name] = new Secret(name, value);
    }),
  );
  // Before anything is made of them.
  report.conceal(Object.values(secrets));
  world.secretsKnown?.(Object.values(secrets));
  return secrets;
}

/** In the place of those that are not fetched, where a plan goes on without them. */
export function unknownSecrets(names: readonly string[]): Readonly<Record<string, Unknown>> {
  return Object.fromEntries(
    names.map((name) => [name, new Unknown(`the secret ${name}, which is not known here`)]),
  );
}

async function fetchOne(
  name: string,
  { entry, folder }: SecretSource,
  world: SecretWorld,
  report: Report,
): Promise<string | undefined> {
  const env = textOf(child(entry.value, 'env'));
  if (env !== undefined) {
    const value = world.env[env];
    if (value === undefined) {
      const at = entryOf(entry.value, 'env')?.value;
      report.add(
        'secret-env',
        `secret "${name}": ${env} is not set in the environment`,
        at,
        `export ${env}=…`,
      );
    }
    return value;
  }
  const file = textOf(child(entry.value, 'file'));
  if (file !== undefined) {
    return readSecretFile(
      name,
      expandPath(file, folder, world.home),
      entryOf(entry.value, 'file')?.value,
      report,
    );
  }
  const argv = listOf(child(entry.value, 'command')).flatMap((item) => textOf(item) ?? []);
  return argv.length === 0 ? undefined : runSecretCommand(name, argv, folder, entry, world, report);
}

function readSecretFile(
  name: string,
  path: string,
  at: Node | undefined,
  report: Report,
): string | undefined {
  try {
    const mode = statSync(path).mode & 0o077;
    if (mode !== 0) {
      report.add('secret-file-open', `secret "${name}": others may read its file`, at, `chmod 600 ${path}`);
      return undefined;
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    report.add('secret-file', `secret "${name}": its file cannot be read: ${why}`, at);
    return undefined;
  }
}

function runSecretCommand(
  name: string,
  argv: readonly string[],
  cwd: string,
  entry: Entry,
  world: SecretWorld,
  report: Report,
): Promise<string | undefined> {
  const at = entryOf(entry.value, 'command')?.value;
  const [program = '', ...args] = argv;
  return new Promise((done) => {
    const options = {
      cwd,
      env: { ...world.env },
      timeout: COMMAND_LIMIT_MS,
      encoding: 'utf8',
      maxBuffer: 1 << 20,
    } as const;
    const running = execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return done(stdout);
      // Its stdout may hold half a secret: only what it said on stderr is shown, and only the end of that.
      const said = stderr.trim().split('\n').at(-1) ?? '';
      const why = error.killed
        ? `no end after ${COMMAND_LIMIT_MS / 1000} s`
        : `exit ${error.code ?? 'by a signal'}`;
      report.add('secret-command', `secret "${name}": ${program}: ${why}${said ? `: ${said}` : ''}`, at);
      done(undefined);
    });
    running.stdin?.end();
  });
}
