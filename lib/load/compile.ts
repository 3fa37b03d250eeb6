/** The project's TypeScript tasks as modules Node can load: the only module that knows esbuild. Cached by content. */

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { importModule } from '../base/import-module.ts';
import type { Place } from '../base/problem.ts';
import { openCache } from './tree.ts';
import { writeTypeConfig } from './type-config.ts';

/** A module that cannot be compiled or throws while it is loaded. */
export class TaskFault extends Error {
  readonly place: Place | undefined;
  constructor(message: string, place: Place | undefined) {
    super(message);
    this.place = place;
  }
}

interface Manifest {
  /** Name of the compiled file within the cache folder. */
  readonly file: string;
  /** Every source that went into it, relative to the root, with its checksum. */
  readonly inputs: Readonly<Record<string, string>>;
}

const CACHE_FORMAT = '1';

export interface Imported {
  readonly module: unknown;
  /** Where in the project's sources an error was thrown, with an absolute path; undefined when nobody can tell. */
  placeOf(error: unknown): Place | undefined;
}

/** Imports a task file through the cache below `<root>/.run/cache`. Throws {@link TaskFault}. */
export async function importTask(path: string, root: string, engineUrl: string): Promise<Imported> {
  const folder = taskCache(root);
  const key = digest(`${CACHE_FORMAT}\0${path}\0${engineUrl}`).slice(0, 24);
  const cached = readManifest(join(folder, `${key}.json`), root);
  const file = join(folder, cached?.file ?? (await compile(path, root, engineUrl, folder, key)));
  try {
    const module: unknown = await importModule(pathToFileURL(file).href);
    return { module, placeOf: (error) => thrownAt(error, file, root) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TaskFault(message.split('\n')[0] ?? message, thrownAt(error, file, root));
  }
}

/** The project's own cache; where the project cannot be written, one of this user's among the temporary files. */
function taskCache(root: string): string {
  try {
    return openCache(root);
  } catch {
    const { uid } = userInfo();
    const own = join(tmpdir(), `tightbeam-${uid}`);
    const folder = join(own, digest(root).slice(0, 24));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // What lies there is run: nobody else may have made the folder, or be able to write to it.
    const found = lstatSync(own);
    if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return folder;
    throw new TaskFault(
      `neither ${join(root, '.run')} nor ${own} is a folder of yours alone to compile into`,
      undefined,
    );
  }
}

/** The manifest when every source is still what it was and the compiled file is there. */
function readManifest(path: string, root: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const fresh = Object.entries(manifest.inputs).every(
      ([name, sum]) => digest(readFileSync(resolve(root, name))) === sum,
    );
    return fresh && existsSync(join(dirname(path), manifest.file)) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

async function compile(
  path: string,
  root: string,
  engineUrl: string,
  folder: string,
  key: string,
): Promise<string> {
  keepTypeConfig(root, engineUrl);
  const { build } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const result = await build({
    entryPoints: [path],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    outdir: folder,
    logLevel: 'silent',
    plugins: [engineImport(engineUrl)],
  }).catch((error: unknown) => {
    throw buildFault(error, root);
  });
  const code = result.outputFiles[0]?.text ?? '';
  const inputs = Object.keys(result.metafile.inputs).map((name) => {
    const source = resolve(root, name);
    return [relative(root, source), digest(readFileSync(source))] as const;
  });
  const file = `${key}-${digest(code).slice(0, 16)}.mjs`;
  writeAtomically(join(folder, file), code);
  const manifest: Manifest = { file, inputs: Object.fromEntries(inputs) };
  writeAtomically(join(folder, `${key}.json`), JSON.stringify(manifest));
  return file;
}

/** What runs has been compiled against an engine: editors are told of the same one. */
function keepTypeConfig(root: string, engineUrl: string): void {
  try {
    writeTypeConfig(root, engineUrl);
  } catch {
    // A read-only project runs without.
  }
}

/** `import … from 'tightbeam'` is the engine that runs, wherever it is installed. */
function engineImport(url: string): Plugin {
  return {
    name: 'engine',
    setup(build) {
      build.onResolve({ filter: /^tightbeam$/ }, () => ({ path: url, external: true }));
    },
  };
}

/** Two runs at once may write the same file: each writes its own and renames it. */
function writeAtomically(path: string, text: string): void {
  const beside = `${path}.${digest(`${path}${performance.now()}`).slice(0, 8)}`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

function buildFault(error: unknown, root: string): TaskFault {
  const errors = (error as { readonly errors?: readonly BuildMessage[] }).errors;
  const first = errors?.[0];
  if (!first) return new TaskFault(error instanceof Error ? error.message : String(error), undefined);
  const at = first.location;
  const place = at ? { file: resolve(root, at.file), line: at.line, col: at.column + 1 } : undefined;
  return new TaskFault(first.text, place);
}

interface BuildMessage {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** The line of the TypeScript source where it was thrown: from the stack as it is, or through the source map. */
function thrownAt(error: unknown, file: string, root: string): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const frame of stack.matchAll(/(?:file:\/\/|\()?(\/[^\n]*?):(\d+):(\d+)\)?$/gm)) {
    const path = decodeURI(frame[1] ?? '');
    const [line, col] = [Number(frame[2]), Number(frame[3])];
    if (path === file) return mapped(file, line, col);
    // Where Node maps stacks itself, the frame names the source already.
    if (path.startsWith(join(root, '/')) && path.endsWith('.ts')) return { file: path, line, col };
  }
  return undefined;
}

function mapped(file: string, line: number, col: number): Place | undefined {
  const text = readFileSync(file, 'utf8');
  const encoded = /\/\/# sourceMappingURL=data:[^,]*;base64,(\S+)\s*$/.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  const payload = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as SourceMapPayload;
  const entry = new SourceMap(payload).findEntry(line - 1, col - 1);
  if (!('originalSource' in entry)) return undefined;
  const source = resolve(dirname(file), entry.originalSource);
  return { file: source, line: entry.originalLine + 1, col: entry.originalColumn + 1 };
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
