/** Bundles the command and the built-in tasks into dist/: few files at start, the rest loaded when it is needed. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const temporary = join(root, `dist.${process.pid}`);

/** All built-in tasks as one module: a file each would cost a file system's worth of start-up time. */
const tasks = {
  name: 'tasks',
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /[/\\]lib[/\\]cli[/\\]task-table\.ts$/ }, () => {
      const names = readdirSync(join(root, 'tasks')).filter((name) => name.endsWith('.ts'));
      const imports = names.map((name, index) => `import task${index} from '../../tasks/${name}';`);
      const rows = names.map((name, index) => `['${name.slice(0, -3)}', async () => task${index}]`);
      const contents = `${imports.join('\n')}\nexport const taskTable = () => new Map([${rows.join(',\n')}]);\n`;
      return { contents, resolveDir: join(root, 'lib/cli'), loader: 'js' };
    });
  },
};

/**
 * ssh2's client without its server, its HTTP agents (which load all of node:http) and the look at the CPU (without it
 * AES-GCM comes first, as it does on every CPU of the last ten years). The native addon is used where it was built.
 */
const ssh2 = {
  name: 'ssh2',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^ssh2$/ }, () => ({ path: 'ssh2', namespace: 'slim' }));
    pluginBuild.onLoad({ filter: /.*/, namespace: 'slim' }, () => ({
      contents: `const agent = require('ssh2/lib/agent.js');
        const { parseKey } = require('ssh2/lib/protocol/keyParser.js');
        module.exports = { ...agent, Client: require('ssh2/lib/client.js'), utils: { parseKey } };`,
      resolveDir: root,
      loader: 'js',
    }));
    pluginBuild.onResolve({ filter: /^cpu-features$/ }, () => ({
      path: 'cpu-features',
      namespace: 'absent',
    }));
    pluginBuild.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: 'throw new Error("not here")',
    }));
    pluginBuild.onResolve({ filter: /sshcrypto\.node$/ }, () => ({
      path: 'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node',
      external: true,
    }));
  },
};

await build({
  entryPoints: [
    { in: join(root, 'lib/cli/bin.ts'), out: 'cli' },
    { in: join(root, 'lib/index.ts'), out: 'index' },
  ],
  outdir: temporary,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  plugins: [tasks, ssh2],
  // What finds its own files, and what is seldom needed: not to be bundled.
  external: ['zx', 'zx/core', 'esbuild', 'liquidjs', 'diff', 'ajv'],
  // CommonJS packages in the bundle still call require and look for their folder.
  banner: {
    js: `import { createRequire as tightbeamRequire } from 'node:module';
const require = tightbeamRequire(import.meta.url);
const __dirname = import.meta.dirname;`,
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
