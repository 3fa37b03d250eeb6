/** The folder of the package that runs: from source (lib/cli) or bundled (dist). */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('the package of this command has lost its package.json');
    folder = dirname(folder);
  }
  return folder;
}
