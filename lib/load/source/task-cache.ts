/** Where compiled tasks are kept: a folder that nobody else can write, with what was used within a month. */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { openCache } from './tree.ts';

export interface Manifest {
  /** Name of the compiled file within the cache folder. */
  readonly file: string;
  /** Every source that went into it, relative to the root, with its checksum. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface TaskCache {
  readonly folder: string;
  /** False: packages of the project cannot be found from here. */
  readonly inProject: boolean;
}

/**
 * The project's own cache; where that cannot be written, or is somebody else's, one of this user's among the temporary
 * files. What lies there is run: who cannot write the project must not be able to write there. Throws Error.
 */
export function openTaskCache(root: string): TaskCache {
  const { uid } = userInfo();
  try {
    const folder = openCache(root);
    const found = lstatSync(folder);
    if (found.isDirectory() && (found.uid === uid || found.uid === statSync(root).uid)) {
      if ((found.mode & 0o022) !== 0) chmodSync(folder, 0o700);
      return { folder, inProject: true };
    }
  } catch {
    // It cannot be written.
  }
  const own = join(tmpdir(), `tightbeam-${uid}`);
  const folder = join(own, digest(root).slice(0, 24));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(own);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0)
    return { folder, inProject: false };
  throw new Error(`neither ${join(root, '.run')} nor ${own} is a folder of yours alone to compile into`);
}

const DAY_MS = 86_400_000;
/** Milliseconds after which what nobody used goes. */
const KEPT_MS = 30 * DAY_MS;
/** Milliseconds for which another run may still need what this one has replaced. */
const GRACE_MS = 600_000;

/** The manifest when every source is still what it was and the compiled file is there. */
export function readManifest(folder: string, key: string, root: string): Manifest | undefined {
  const path = join(folder, `${key}.json`);
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const fresh = Object.entries(manifest.inputs).every(
      ([name, sum]) => digest(readFileSync(resolve(root, name))) === sum,
    );
    const file = join(folder, manifest.file);
    // A manifest names a file beside it and no other.
    if (!fresh || basename(manifest.file) !== manifest.file || !existsSync(file)) return undefined;
    stillUsed(path, file);
    return manifest;
  } catch {
    return undefined;
  }
}

/** So that it is not swept away: noted once a day. */
function stillUsed(...paths: readonly string[]): void {
  const now = Date.now();
  for (const path of paths) {
    if (now - statSync(path).mtimeMs < DAY_MS) continue;
    try {
      utimesSync(path, now / 1000, now / 1000);
    } catch {
      // A cache of somebody else's: they will note it.
    }
  }
}

/** The compiled file first: a manifest never names one that is not there. Gives the file's name. */
export function keepCompiled(folder: string, key: string, code: string, inputs: Manifest['inputs']): string {
  const file = `${key}-${digest(code).slice(0, 16)}.mjs`;
  writeAtomically(join(folder, file), code);
  const manifest: Manifest = { file, inputs };
  writeAtomically(join(folder, `${key}.json`), JSON.stringify(manifest));
  sweep(folder, key, file);
  return file;
}

export function forgetCompiled(folder: string, key: string): void {
  rmSync(join(folder, `${key}.json`), { force: true });
}

/** Takes away what this file replaces, and what nobody has used for long: trees of YAML lie there, too. */
function sweep(folder: string, key: string, file: string): void {
  const now = Date.now();
  for (const name of readdirSync(folder)) {
    if (name === file || name === `${key}.json`) continue;
    const limit = name.startsWith(`${key}-`) ? GRACE_MS : KEPT_MS;
    try {
      if (now - statSync(join(folder, name)).mtimeMs > limit) rmSync(join(folder, name), { force: true });
    } catch {
      // Another run was faster.
    }
  }
}

/** Two runs at once may write the same file: each writes its own and renames it. */
function writeAtomically(path: string, text: string): void {
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, path);
}

export function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
