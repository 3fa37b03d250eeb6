/** The folder for one run's ssh configuration and control sockets: private, and gone when the last connection is. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ControlFolder {
  /** Path of the configuration with this text; makes the folder where it is not there. Each hold needs a release. */
  hold(config: string): string;
  release(): void;
}

/** A socket's path may have some 100 bytes, and ssh adds 58 of its own. */
const PATH_MAX = 40;

export function controlFolder(): ControlFolder {
  let folder: string | undefined;
  let users = 0;
  return {
    hold(config) {
      users += 1;
      // mkdtemp makes it 0700.
      folder ??= mkdtempSync(join(tmpdir().length > PATH_MAX ? '/tmp' : tmpdir(), 'tb-ssh-'));
      // A file that is being read by one ssh is never written for the next: each text has its own.
      const file = join(folder, createHash('sha256').update(config).digest('hex').slice(0, 16));
      if (!existsSync(file)) {
        writeFileSync(file, config.replaceAll('%FOLDER%', folder), { mode: 0o600 });
      }
      return file;
    },
    release() {
      users -= 1;
      if (users > 0 || folder === undefined) return;
      rmSync(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}
