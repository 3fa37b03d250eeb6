/** Which engine runs: its version and the checksum of the program, so that a plan is applied by the one that made it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../plan/plan.ts';
import { packageRoot } from './package-root.ts';
import { version } from './version.ts';

/** The bundle, or the sources where these run. */
export function engineSum(): Engine {
  const root = packageRoot();
  const bundled = !import.meta.url.endsWith('.ts');
  const files = bundled
    ? readdirSync(join(root, 'dist'))
        .filter((name) => /\.c?js$/.test(name))
        .map((name) => `dist/${name}`)
    : ['lib', 'tasks'].flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => `${folder}/${name}`),
      );
  const hash = createHash('sha256');
  for (const name of files.sort()) hash.update(`${name}\0`).update(readFileSync(join(root, name)));
  return { version: version(), sum: hash.digest('hex') };
}
