/** Bundles the command and the built-in tasks into dist/: a small front, and the engine as one file with a code cache. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const temporary = join(root, `dist.${process.pid}`);
for (const name of readdirSync(root))
  if (isAbandoned(name)) rmSync(join(root, name), { recursive: true, force: true });

/** The folder of a build that was killed in its middle. */
function isAbandoned(name) {
  const pid = /^dist\.(?:old\.)?([0-9]+)$/.exec(name)?.[1];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** All built-in tasks in the one file: a file each would cost a file system's worth of start-up time. Those used are made. */
const tasks = {
  name: 'tasks',
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /[/\\]lib[/\\]cli[/\\]task-table\.ts$/ }, () => {
      const names = readdirSync(join(root, 'tasks')).filter((name) => name.endsWith('.ts'));
      const rows = names.map(
        (name) => `['${name.slice(0, -3)}', async () => (await import('../../tasks/${name}')).default]`,
      );
      const contents = `export const taskTable = () => new Map([${rows.join(',\n')}]);\n`;
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

/** The command's small front takes the engine from its bundle, by way of the code cache. */
const front = {
  name: 'front',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^\.\/command\.ts$/ }, ({ importer }) =>
      importer.endsWith('main.ts') ? { path: join(root, 'lib/cli/engine-bundle.ts') } : undefined,
    );
  },
};

/**
 * The verbs, and the library for projects' own tasks. Such a task is loaded as a module of its own; it must get the
 * very classes that this engine compares with.
 */
const ENGINE = `import * as library from '../index.ts';
export * from './command.ts';
export { library };
Object.defineProperty(globalThis, Symbol.for('tightbeam.library'), { value: library });`;

const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // What finds its own files, and what is seldom needed: not to be bundled.
  external: ['zx', 'zx/core', 'esbuild', 'liquidjs', 'diff', 'ajv'],
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
};

const declared = declarations();
await build({
  ...common,
  entryPoints: [join(root, 'lib/cli/bin.ts')],
  outfile: join(temporary, 'cli.cjs'),
  plugins: [front],
});
await build({
  ...common,
  stdin: { contents: ENGINE, resolveDir: join(root, 'lib/cli'), sourcefile: 'engine.ts', loader: 'ts' },
  outfile: join(temporary, 'engine.cjs'),
  minifyWhitespace: true,
  // As a function, so that the front can hand the file to V8 as it is (see lib/cli/engine-bundle.ts).
  banner: { js: `(function (require, module, exports, __filename, __dirname) {${common.banner.js}` },
  footer: { js: '})' },
  plugins: [tasks, ssh2],
});
asciiAlone(join(temporary, 'engine.cjs'));
writeFileSync(join(temporary, 'index.js'), await libraryModule());

/** The engine is read byte by byte, as one string of bytes; what esbuild leaves as it is stands in regular expressions. */
function asciiAlone(file) {
  const code = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, code));
}

/** What a project's task imports: the names of lib/index.ts, taken from the engine that runs. */
async function libraryModule() {
  const { metafile } = await build({
    ...common,
    format: 'esm',
    entryPoints: [join(root, 'lib/index.ts')],
    outfile: join(temporary, 'library.js'),
    metafile: true,
    write: false,
    plugins: [ssh2],
  });
  const [output] = Object.values(metafile.outputs);
  return `import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
/** Outside of the command (a test of a task): an engine of one's own. */
function load() {
  const file = fileURLToPath(new URL('./engine.cjs', import.meta.url));
  const module = { exports: {} };
  const wrapper = runInThisContext(readFileSync(file, 'latin1'), { filename: file });
  wrapper(createRequire(file), module, module.exports, file);
  return module.exports.library;
}
const library = globalThis[Symbol.for('tightbeam.library')] ?? load();
export const { ${output.exports.join(', ')} } = library;
`;
}

/** dist/types: what `import … from 'tightbeam'` means to a compiler. The code runs without it. */
async function declarations() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) {
    console.warn('no declarations for editors: typescript is not installed here');
    return;
  }
  const types = join(temporary, 'types');
  const config = join(temporary, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, 'lib'),
    outDir: types,
    paths: {},
  };
  const files = [join(root, 'lib/index.ts')];
  mkdirSync(temporary, { recursive: true });
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [], files, compilerOptions }),
  );
  // What is wrong with types is told by `npm run types`; declarations are written all the same.
  await new Promise((resolve) => spawn(process.execPath, [compiler, '-p', config]).on('close', resolve));
  rmSync(config);
  for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const text = readFileSync(join(types, name), 'utf8');
    writeFileSync(join(types, name), text.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"));
  }
}

await declared;
writeFileSync(join(temporary, 'stamp'), '');
// A command that starts meanwhile must find a whole bundle: swap, do not write in place.
mkdirSync(join(root, 'dist'), { recursive: true });
const old = join(root, `dist.old.${process.pid}`);
renameSync(join(root, 'dist'), old);
renameSync(temporary, join(root, 'dist'));
rmSync(old, { recursive: true, force: true });
