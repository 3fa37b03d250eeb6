/** Bundles the command and the built-in tasks into dist/: one start-up file, the rest loaded when it is needed. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const temporary = join(root, `dist.${process.pid}`);
const tasks = readdirSync(join(root, 'tasks')).filter((name) => name.endsWith('.ts'));

await build({
  entryPoints: [
    { in: join(root, 'lib/cli/bin.ts'), out: 'cli' },
    { in: join(root, 'lib/index.ts'), out: 'index' },
    ...tasks.map((name) => ({ in: join(root, 'tasks', name), out: `tasks/${name.slice(0, -3)}` })),
  ],
  outdir: temporary,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  // Native addons, and what finds its own files: not to be bundled.
  external: ['ssh2', 'zx', 'zx/core', 'esbuild', 'liquidjs', 'diff'],
  // CommonJS packages in the bundle still call require.
  banner: {
    js: "import { createRequire as tightbeamRequire } from 'node:module'; const require = tightbeamRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
writeFileSync(join(temporary, 'stamp'), '');
// A command that starts meanwhile must find a whole bundle: swap, do not write in place.
mkdirSync(join(root, 'dist'), { recursive: true });
const old = join(root, `dist.old.${process.pid}`);
renameSync(join(root, 'dist'), old);
renameSync(temporary, join(root, 'dist'));
rmSync(old, { recursive: true, force: true });
