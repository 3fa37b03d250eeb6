/**
 * Loads the bundled engine with V8's code cache: what has been compiled once is not parsed and compiled again at each
 * start, which is a quarter of the CPU of a run with nothing to do. Takes the place of command.ts in the bundle.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { FRONT_IMPORT } from '../base/import-module.ts';

type Commands = typeof import('./command.ts');
type Wrapper = (
  require: NodeJS.Require,
  module: { exports: unknown },
  exports: unknown,
  file: string,
  folder: string,
) => void;

const folder = dirname(fileURLToPath(import.meta.url));
const file = join(folder, 'engine.cjs');
const cacheFile = join(folder, 'engine.cache');

const source = readFileSync(file, 'latin1');
const cachedData = readCache();
const script = new Script(source, {
  filename: file,
  ...(cachedData ? { cachedData } : {}),
});
Reflect.set(globalThis, FRONT_IMPORT, (url: string) => import(url));
const module = { exports: {} };
(script.runInThisContext() as Wrapper)(createRequire(file), module, module.exports, file, folder);
const commands = module.exports as Commands;

/** The first run may have been on this machine alone, and its cache knows no SSH: now and then it is looked whether more is known by now. */
const LOOK_AGAIN = 64;

export const callCommand: Commands['callCommand'] = async (verb, args) => {
  const code = await commands.callCommand(verb, args);
  // A run refused before it began has compiled too little to be worth keeping.
  if (verb === undefined && code !== 1) {
    const known = script.cachedDataRejected === true ? 0 : (cachedData?.length ?? 0);
    if (known === 0 || process.pid % LOOK_AGAIN === 0) keepCache(known);
  }
  return code;
};

export const openPlainFormat: Commands['openPlainFormat'] = (format) => commands.openPlainFormat(format);

export const completeWords: Commands['completeWords'] = (words) => commands.completeWords(words);

export const callTrial: Commands['callTrial'] = (file) => commands.callTrial(file);

function readCache(): Buffer | undefined {
  try {
    return readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}

/** After a run, when its functions have been compiled. Where the folder is not ours to write, starts stay slower. */
function keepCache(known: number): void {
  try {
    const data = script.createCachedData();
    // V8 lets go of what was not used for a while: two kinds of runs must not take each other's away for ever.
    if (data.length <= known) return;
    const temporary = `${cacheFile}.${process.pid}`;
    writeFileSync(temporary, data);
    renameSync(temporary, cacheFile);
  } catch {
    // A read-only installation.
  }
}
