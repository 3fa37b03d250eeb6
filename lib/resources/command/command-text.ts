/** A command as shell text: in its own process, so that `exit`, `exec` or broken syntax end it alone. */
import { createHash } from 'node:crypto';
import { Secret } from '../../base/secret.ts';
import { join, quote, quoteSecret, type Sh, sh } from '../../base/sh.ts';

export interface CommandSpec {
  /** A program with its arguments, or text for /bin/sh. */
  readonly run: { readonly argv: readonly string[] } | { readonly shell: string };
  readonly chdir?: string | undefined;
  readonly env?: Readonly<Record<string, string | Secret>> | undefined;
  readonly stdin?: string | Secret | undefined;
  /** Shell texts: no need to run when this succeeds; need to run only when that does. */
  readonly unless?: string | undefined;
  readonly onlyIf?: string | undefined;
}

/** The command as people read it, one line of at most 80 characters. */
export function commandTitle(spec: CommandSpec): string {
  const text = 'argv' in spec.run ? spec.run.argv.map((word) => quote(word).text).join(' ') : spec.run.shell;
  const line = Buffer.from(
    text.trim().replace(/\s*\n[\s\S]*$/, ' …'),
    'argv' in spec.run ? 'latin1' : 'utf8',
  ).toString();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** Eight hex digits that tell this command, guards included, from all others; values of secrets play no part. */
export function commandHash(spec: CommandSpec, user: string | undefined): string {
  const seen = JSON.stringify([spec, user ?? null], (_, value: unknown) =>
    value instanceof Secret ? value.name : value,
  );
  return createHash('sha256').update(seen).digest('hex').slice(0, 8);
}

/** Folder and environment, for a subshell. `export` is a builtin: no argument list shows a value. */
export function world(spec: CommandSpec): Sh {
  const exports = Object.entries(spec.env ?? {}).map(([name, value]) => sh`export ${name}=${word(value)}`);
  const place = spec.chdir === undefined ? sh`:` : sh`cd -- ${spec.chdir} || exit 1`;
  return join([place, ...exports], '; ');
}

/** The whole command as one compound command, its stdin given or empty. */
export function launch(spec: CommandSpec): Sh {
  const command = 'argv' in spec.run ? sh`exec ${spec.run.argv}` : sh`exec /bin/sh -c ${spec.run.shell}`;
  const inside = sh`( ${world(spec)}; ${command} )`;
  // The status of a pipeline is that of its last part, here the command; printf is a builtin.
  return spec.stdin === undefined ? sh`${inside} </dev/null` : sh`printf %s ${word(spec.stdin)} | ${inside}`;
}

function word(value: string | Secret): Sh {
  return value instanceof Secret ? quoteSecret(value.toBytes()) : quote(value);
}
