/** The project's TypeScript tasks as modules Node can load: the only module that knows esbuild. Cached by content. */

import { promises } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { importModule } from '../../base/import-module.ts';
import type { Place } from '../../base/problem.ts';
import { sourcePlace } from './source-place.ts';
import {
  digest,
  forgetCompiled,
  keepCompiled,
  type Manifest,
  openTaskCache,
  readManifest,
  type TaskCache,
} from './task-cache.ts';
import { writeTypeConfig } from './type-config.ts';

/** A module that cannot be compiled or throws while it is loaded. */
export class TaskFault extends Error {
  readonly place: Place | undefined;
  constructor(message: string, place: Place | undefined) {
    super(message);
    this.place = place;
  }
}

const CACHE_FORMAT = '2';

export interface Imported {
  readonly module: unknown;
  /** Where in the project's sources an error was thrown, with an absolute path; undefined when nobody can tell. */
  placeOf(error: unknown): Place | undefined;
  /** It was compiled just now: what is checked once for each version of a module is to be checked. */
  readonly compiled: boolean;
  /** The SHA-256 of all sources that went into it, by path relative to the root. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Compiled again the next time: for a module that is not fit to be used. */
  forget(): void;
}

/** Imports a task file through the cache below `<root>/.run/cache`. Throws {@link TaskFault}. */
export async function importTask(path: string, root: string, engineUrl: string): Promise<Imported> {
  const cache = cacheOf(root);
  const { folder } = cache;
  const key = digest(`${CACHE_FORMAT}\0${path}\0${engineUrl}`).slice(0, 24);
  const cached = readManifest(folder, key, root);
  const made = cached ?? (await compile(path, root, engineUrl, cache, key));
  const file = join(folder, made.file);
  try {
    const module: unknown = await importModule(pathToFileURL(file).href);
    return {
      module,
      placeOf: (error) => sourcePlace(error, file, root),
      compiled: cached === undefined,
      inputs: made.inputs,
      forget: () => forgetCompiled(folder, key),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const place = sourcePlace(error, file, root) ?? { file: path, line: 1, col: 1 };
    throw new TaskFault(message.split('\n')[0] ?? message, place);
  }
}

function cacheOf(root: string): TaskCache {
  try {
    return openTaskCache(root);
  } catch (error) {
    throw new TaskFault(error instanceof Error ? error.message : String(error), undefined);
  }
}

async function compile(
  path: string,
  root: string,
  engineUrl: string,
  { folder, inProject }: TaskCache,
  key: string,
): Promise<Manifest> {
  keepTypeConfig(root, engineUrl);
  const { build } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const inputs: Record<string, string> = {};
  const result = await build({
    entryPoints: [path],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: inProject ? 'external' : 'bundle',
    sourcemap: 'inline',
    outdir: folder,
    logLevel: 'silent',
    plugins: [engineImport(engineUrl), noteInputs(inputs, root)],
  }).catch((error: unknown) => {
    throw buildFault(error, root);
  });
  return { file: keepCompiled(folder, key, result.outputFiles[0]?.text ?? '', inputs), inputs };
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

/** The checksum of each source as it was when it was compiled: a later look might find another one. */
function noteInputs(inputs: Record<string, string>, root: string): Plugin {
  return {
    name: 'inputs',
    setup(build) {
      // By way of node:fs, which loads them when they are asked for: at every start that would cost milliseconds.
      build.onLoad({ filter: /./, namespace: 'file' }, async ({ path }) => {
        const contents = await promises.readFile(path);
        inputs[relative(root, path)] = digest(contents);
        return { contents, loader: 'default' };
      });
    },
  };
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
