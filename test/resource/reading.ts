/** Runs a kind's read text under a real shell, with commands of the test's own first in PATH. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sh } from '../../lib/base/sh.ts';
import type { Kind, Reading, State, Want } from '../../lib/model/kind.ts';

/** dash, and busybox ash with busybox's applets alone. */
export const SHELLS = ['dash', 'busybox'] as const;
export type Shell = (typeof SHELLS)[number];

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class Scratch {
  readonly root = mkdtempSync(join(tmpdir(), 'tb-kind-'));
  readonly bin = join(this.root, 'bin');
  constructor() {
    mkdirSync(this.bin);
  }
  /** A command that comes first in PATH; `body` is sh text. */
  command(name: string, body: string): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }
  run(shell: Shell, script: Sh, path = `${this.bin}:${SYSTEM_PATH}`): Buffer {
    const [command, args] = shell === 'dash' ? ['dash', []] : ['busybox', ['sh']];
    return execFileSync(`/usr/bin/${command}`, args as string[], {
      input: Buffer.from(script.text, 'latin1'),
      env: { PATH: path, LC_ALL: 'C', TB_STATE: join(this.root, 'state') },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
  read<S extends State, H>(
    shell: Shell,
    kind: Kind<S, H>,
    wants: readonly Want<H>[],
    path?: string,
  ): readonly Reading<S>[] {
    return kind.parse(this.run(shell, kind.read(wants), path), wants);
  }
  /** The state of each want; a reading that failed throws its reason. */
  states<S extends State, H>(shell: Shell, kind: Kind<S, H>, wants: readonly Want<H>[], path?: string): S[] {
    return this.read(shell, kind, wants, path).map((each) => {
      if ('unreadable' in each) throw new Error(each.unreadable);
      return each.state;
    });
  }
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
