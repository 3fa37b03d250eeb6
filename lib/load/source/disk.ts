/** What the loader sees of the control machine: its disk, or what an earlier load has read from one. */
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import type { LocalFile } from '../../model/task.ts';

export type Entry = 'file' | 'folder' | 'other';

export interface Disk {
  /** Throws as readFileSync does, with a `code`. */
  bytes(path: string): Buffer;
  /** Undefined where nothing is. */
  what(path: string): Entry | undefined;
  /** Names in a folder; throws where there is none. */
  names(folder: string): readonly string[];
  mayRun(path: string): boolean;
  /** What a parameter names: `list` looks at the real disk. */
  local(path: string, list: () => readonly LocalFile[]): readonly LocalFile[];
  /** The inventory that a module or a program makes: `make` lets it do so. */
  made(path: string, make: () => Promise<unknown>): Promise<unknown>;
  /** Told of a task of the project that was loaded: the SHA-256 of all that went into it, by path below the root. */
  loaded(path: string, inputs: Readonly<Record<string, string>>): void;
  /** False: nothing that is made of its files may be kept beside them. */
  readonly keeps: boolean;
}

/** The one of this machine. */
export const DISK: Disk = {
  bytes: (path) => readFileSync(path),
  what(path) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return undefined;
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  },
  names: (folder) => readdirSync(folder),
  mayRun(path) {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
  local: (_, list) => list(),
  made: (_, make) => make(),
  loaded: () => undefined,
  keeps: true,
};
