/** docs/architecture.md against the code: layers, vendors, cycles, sizes, names, and what no tracked file may hold. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { assert, suite } from './suite.ts';

const test = suite('architecture');
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LONGEST = 220;
const FIXED = ['ssh2', 'zx', 'yaml', 'ajv', 'p-queue'];

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/architecture.md');
const modules = ['lib', 'tasks'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);

interface Import {
  readonly from: string;
  /** A module of ours as a path from the root, else the specifier as written. */
  readonly to: string;
  readonly ours: boolean;
  readonly typeOnly: boolean;
}

/** Everything a module names in `import`, `export … from`, `import()` and `require()`, types included. */
function importsOf(from: string): readonly Import[] {
  const text = read(from);
  const statements = [
    ...text.matchAll(/^(?:import|export)\b[^'";]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'/gm),
  ];
  const calls = [
    ...text.matchAll(/\bimport\('([^']+)'\)|\b(?:require|createRequire\([^()]*\))\('([^']+)'\)/g),
  ];
  return [...statements, ...calls].map((match) => {
    const name = match[1] ?? match[2] ?? '';
    const ours = name.startsWith('.');
    const to = ours ? relative(root, resolve(root, dirname(from), name)) : name;
    return { from, to, ours, typeOnly: /^(?:import|export) type\b/.test(match[0]) };
  });
}

const imports = modules.flatMap(importsOf);

/** `lib/engine`, `tasks`, or the file itself where it stands in lib/ alone. */
function layerOf(path: string): string {
  const [first = '', second = '', third] = path.split('/');
  if (first === 'tasks') return first;
  return third === undefined ? `${first}/${second}` : `${first}/${second}`;
}

/** The layer table of the page: folder to the folders it may import. */
const layers = new Map(
  [...page.matchAll(/^\| `((?:lib\/|tasks)[^`]*)` \|[^|]*\| ([^|]*) \|$/gm)].map(
    ([, folder = '', may = '']) => [
      folder.replace(/\/$/, ''),
      new Set([...may.matchAll(/`([^`]+)`/g)].map(([, name]) => `lib/${name}`)),
    ],
  ),
);

/** Modules as esbuild sees them: what is loaded when a module is. */
/** All modules behind one entry: an entry each would write each of them out with all that it loads. */
async function bundle(): Promise<Metafile['inputs']> {
  const { metafile } = await build({
    stdin: { contents: modules.map((path) => `import './${path}';`).join('\n'), resolveDir: root },
    absWorkingDir: root,
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  const { '<stdin>': _, ...inputs } = metafile.inputs;
  return inputs;
}

test('the table names every layer, and no other', () => {
  const folders = new Set(modules.map(layerOf));
  assert.equal([...layers.keys()].sort(), [...folders].sort());
  assert.ok(modules.length > 100, `${modules.length} modules`);
});

test('every import goes where the table allows', () => {
  const wrong = imports.filter(({ from, to, ours }) => {
    const [own, other] = [layerOf(from), layerOf(to)];
    return ours && own !== other && !layers.get(own)?.has(other);
  });
  assert.equal(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test('within lib/load no folder imports a later one', () => {
  const said = /^Within `lib\/load` ([\s\S]*?)\n\n/m.exec(page)?.[1] ?? '';
  const order = [...said.matchAll(/`([a-z]+)`/g)].map(([, name = '']) => name);
  const rank = (path: string): number => order.indexOf(path.split('/')[2] ?? '');
  const inside = (path: string): boolean => path.startsWith('lib/load/');
  const folders = new Set(modules.filter((path) => inside(path) && path.split('/').length === 4).map(rank));
  assert.equal([...folders].sort(), [...order.keys()]);
  const wrong = imports.filter(({ from, to, ours }) => {
    if (!ours || !inside(from) || !inside(to) || rank(from) === -1) return false;
    return rank(to) === -1 || rank(to) > rank(from);
  });
  assert.equal(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
});

test('every import that is loaded was seen by the check above', async () => {
  const seen = new Set(imports.map(({ from, to }) => `${from} ${to}`));
  const loaded = Object.entries(await bundle()).flatMap(([from, input]) =>
    input.imports.map(({ path }) => `${from} ${path}`),
  );
  assert.ok(loaded.length > 300, `${loaded.length} imports`);
  assert.equal(
    loaded.filter((each) => !seen.has(each)),
    [],
  );
});

test('no two modules load each other, not even through others', async () => {
  const inputs = await bundle();
  const edges = (path: string): readonly string[] =>
    inputs[path]?.imports
      .filter(({ kind, external }) => kind === 'import-statement' && !external)
      .map((i) => i.path) ?? [];
  const done = new Set<string>();
  const rings: string[] = [];
  const visit = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) rings.push([...above.slice(above.indexOf(path)), path].join(' → '));
    if (done.has(path) || above.includes(path)) return;
    for (const next of edges(path)) visit(next, [...above, path]);
    done.add(path);
  };
  for (const path of Object.keys(inputs)) visit(path, []);
  assert.equal(rings, []);
});

/** `ajv/dist/2020.js` is ajv, `@scope/name/x` is @scope/name. */
function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

test('one package, one module', () => {
  const vendors = new Map<string, Set<string>>();
  for (const { from, to, ours } of imports) {
    if (ours || to.startsWith('node:')) continue;
    vendors.set(packageOf(to), (vendors.get(packageOf(to)) ?? new Set()).add(from));
  }
  const shared = [...vendors].filter(([, files]) => files.size > 1);
  assert.equal(
    shared.map(([name, files]) => `${name}: ${[...files].join(', ')}`),
    [],
  );
  const { dependencies } = JSON.parse(read('package.json')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  assert.equal([...vendors.keys()].sort(), Object.keys(dependencies).sort());
  const table = [...page.matchAll(/^\| `([^`]+)` \| `(lib\/[^`]+)` \|/gm)].map(
    ([, name, file]) => `${name} ${file}`,
  );
  assert.equal(table.sort(), [...vendors].map(([name, files]) => `${name} ${[...files][0]}`).sort());
});

test('the fixed libraries are loaded, not only named in types', () => {
  for (const name of FIXED) {
    const used = imports.some(({ to, typeOnly }) => packageOf(to) === name && !typeOnly);
    assert.ok(used, `${name} is loaded by no module`);
  }
  assert.match(read('test/suite.ts'), /from 'uvu'/);
});

test(`no module is longer than ${LONGEST} lines, but those that the page gives a reason for`, () => {
  const lines = (path: string): number => read(path).split('\n').length - 1;
  const excused = [...page.matchAll(/^- `((?:lib|tasks)\/[^`]+\.ts)`: \S/gm)].map(([, path = '']) => path);
  assert.equal(
    modules.filter((path) => lines(path) > LONGEST && !excused.includes(path)),
    [],
  );
  // An excuse that is needed no more goes, once the file is clearly shorter.
  assert.equal(
    excused.filter((path) => !modules.includes(path) || lines(path) < LONGEST - 10),
    [],
  );
});

test('names say what is inside', () => {
  const vague = /(^|[-_])(utils?|helpers?|common|misc|manager|data|handle|stuff)([-_]|$)/;
  assert.equal(
    modules.filter((path) => vague.test(basename(path, '.ts'))),
    [],
  );
  assert.equal(
    modules.filter((path) => path.startsWith('lib/') && !/^[a-z0-9/-]+\.ts$/.test(path)),
    [],
  );
});

test('every module begins with a sentence on what it is for', () => {
  const mute = modules.filter((path) => !/^(#!.*\n)?\/\*\*[\s*]*[^\s*]/.test(read(path)));
  assert.equal(mute, []);
});

/** The code without comments and texts, line by line. */
function bare(path: string): readonly string[] {
  const text = read(path).replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''));
  return text
    .split('\n')
    .map((line) => line.replace(/(['"`])(?:\\.|(?!\1).)*\1/g, "''").replace(/\/\/.*/, ''));
}

function linesWith(pattern: RegExp, paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) =>
    bare(path).flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

test('process and console belong to the command line and the renderers', () => {
  const others = modules.filter((path) => !/^lib\/(cli|render)\//.test(path));
  assert.equal(linesWith(/(?<![\w.$])(process|console)\s*[.[]|\{[^}]*\}\s*=\s*process\b/, others), []);
  assert.equal(
    imports.filter(({ to, from }) => to === 'node:process' && others.includes(from)),
    [],
  );
});

test('only the modules that the page names start programs on the control machine', () => {
  const starters = imports.filter(({ to }) => to === 'node:child_process').map(({ from }) => from);
  const named = /Programs are started [\s\S]*?\n\n/.exec(page)?.[0] ?? '';
  assert.equal(
    starters.filter((path) => !named.includes(`\`${path}\``)),
    [],
  );
});

test('no enum, no namespace, no state of a module, no any', () => {
  assert.equal(linesWith(/^\s*(export\s+)?(const\s+)?(enum|namespace)\s/, modules), []);
  assert.equal(linesWith(/^(export\s+)?(let|var)\s/, modules), []);
  const excused = (path: string): number =>
    (read(path).match(/biome-ignore lint\/suspicious\/noExplicitAny/g) ?? []).length;
  for (const path of modules) {
    const used = linesWith(/[<:|,(\s]any\b\s*[>,;)|[\]=]/, [path]);
    assert.ok(used.length <= excused(path), used.join('\n'));
  }
});

/** Tracked files and those about to be: whoever owns the checkout. */
const tracked = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '');

function findings(pattern: RegExp, paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    let text = '';
    try {
      text = read(path);
    } catch {
      // Removed in the working tree.
      return [];
    }
    return text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : []));
  });
}

test('text for hosts is ASCII: the bundle is read byte by byte, and a template with a tag stays as it was written', () => {
  let seen = 0;
  for (const name of modules) {
    if (name === 'lib/base/sh.ts') continue;
    for (const [text] of read(name).matchAll(/\bsh`(?:[^`\\]|\\[\s\S])*`/g)) {
      seen += 1;
      assert.is(/[^\x00-\x7f]/.exec(text)?.[0], undefined, `${name}: ${text.slice(0, 60)}`);
    }
  }
  assert.ok(seen > 100);
});

test('nothing is left for later', () => {
  const shipped = tracked.filter((path) => /^(lib|tasks|runbooks|docs)\/|^[^/]*\.(md|mjs)$|^run$/.test(path));
  assert.ok(shipped.length > 150, `${shipped.length} files`);
  const words = [
    ['TO', 'DO'],
    ['FIX', 'ME'],
    ['X', 'XX'],
    ['place', 'holder'],
    ['st', 'ubs?'],
  ].map((word) => word.join(''));
  assert.equal(findings(new RegExp(`\\b(${words.join('|')})\\b`), shipped), []);
});

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('no tracked file knows this machine', () => {
  const deep = root.split('/').length > 2 ? [literally(root)] : [];
  const paths = [...deep, ['', 'work', '(main|shared|\\.library)\\b'].join('/')];
  assert.equal(findings(new RegExp(`(?<![\\w.-])(${paths.join('|')})`), tracked), []);
});

/** Hosts of the registry that npm uses here, and of any other that a lock file would name. */
test('no tracked file names a package registry', () => {
  const url = execFileSync('npm', ['config', 'get', 'registry'], { cwd: root, encoding: 'utf8' }).trim();
  const hosts = [/^https?:\/\/([^/:]+)/.exec(url)?.[1], ['registry', 'npmjs', 'org'].join('.')];
  const names = hosts.flatMap((host) =>
    host === undefined || host === 'localhost' ? [] : [literally(host)],
  );
  assert.equal(findings(new RegExp(names.join('|')), tracked), []);
  assert.equal(findings(/"resolved":/, ['package-lock.json']), []);
});
