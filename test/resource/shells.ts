/** Runs remote shell text as a host would: under dash, and under busybox ash with busybox's applets first. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sh } from '../../lib/base/sh.ts';
import type { Key } from '../../lib/model/key.ts';
import type { Kind, Reading, State, Want } from '../../lib/model/kind.ts';

export interface Shell {
  readonly name: string;
  run(
    script: Sh,
    env?: Readonly<Record<string, string>>,
  ): {
    readonly rc: number;
    readonly out: Buffer;
    readonly err: string;
  };
}

export interface Scratch {
  readonly shells: readonly Shell[];
  /** An empty folder of its own. */
  folder(): string;
  end(): void;
}

/** Two shells and room for files; `end` removes it all. */
export function scratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'tb-shells-'));
  const applets = join(root, 'applets');
  execFileSync('mkdir', [applets]);
  execFileSync('busybox', ['--install', '-s', applets]);
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  // By its whole path: a test may leave the shell itself with an empty PATH.
  const where = (command: string) => execFileSync('which', [command]).toString().trim();
  const shell = (name: string, command: string, args: readonly string[], search: string): Shell => ({
    name,
    run(script, env = {}) {
      const done = spawnSync(command, [...args], {
        input: Buffer.concat([Buffer.from('umask 022; cd /\n'), Buffer.from(script.text, 'latin1')]),
        env: { LC_ALL: 'C', PATH: search, ...env },
        maxBuffer: 1 << 28,
      });
      return { rc: done.status ?? -1, out: done.stdout, err: done.stderr.toString() };
    },
  });
  let count = 0;
  return {
    shells: [
      shell('dash', where('dash'), [], path),
      shell('busybox ash', where('busybox'), ['sh'], `${applets}:${path}`),
    ],
    folder() {
      count += 1;
      const made = join(root, `d${count}`);
      execFileSync('mkdir', [made]);
      return made;
    },
    end: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** One reading per want, by key. */
export function readKind<S extends State, H>(
  shell: Shell,
  kind: Kind<S, H>,
  wants: readonly Want<H>[],
): Map<Key, Reading<S>> {
  const { out } = shell.run(kind.read(wants));
  return new Map(kind.parse(out, wants).map((reading) => [reading.key, reading]));
}

/** The state under the only key, or an error with the reason. */
export function readOne<S extends State, H>(shell: Shell, kind: Kind<S, H>, want: Want<H>): S {
  const reading = readKind(shell, kind, [want]).get(want.key);
  if (!reading || 'unreadable' in reading) throw new Error(`unreadable: ${reading?.unreadable}`);
  return reading.state;
}
