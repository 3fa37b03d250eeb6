/** The known_hosts files of a run: each is read once, and what we append is known to the connections that follow. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RunError } from '../base/error.ts';
import { type HostKeyName, type KnownKey, knownHostsLine, parseKnownHosts } from './known-hosts.ts';

export interface KnownHostsStore {
  /** The entries of the files in this order; files that are not there count as empty. */
  entries(files: readonly string[]): readonly KnownKey[];
  /** Adds a key by one appending write; makes the file (0600) and its folder (0700) where they are missing. */
  append(file: string, name: HostKeyName, blob: Buffer, hashed: boolean): void;
}

export function knownHostsStore(): KnownHostsStore {
  const files = new Map<string, readonly KnownKey[]>();
  const read = (file: string): readonly KnownKey[] => {
    const have = files.get(file) ?? parseKnownHosts(readText(file), file);
    files.set(file, have);
    return have;
  };
  return {
    entries: (names) => names.flatMap(read),
    append(file, name, blob, hashed) {
      appendLine(file, knownHostsLine(name, blob, hashed));
      files.delete(file);
    },
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    // Passing over it could pass over a @revoked line.
    throw new RunError('unreachable', `${file}: cannot be read (${code})`, {
      hint: 'make it readable for the account that runs this command',
      cause: error,
    });
  }
}

function appendLine(file: string, line: string): void {
  try {
    const before = readText(file);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const fd = openSync(file, 'a', 0o600);
    try {
      writeSync(fd, before === '' || before.endsWith('\n') ? line : `\n${line}`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError('unreachable', `${file}: the host key could not be added: ${String(error)}`, {
      hint: 'make the file writable, or name another one in UserKnownHostsFile',
      cause: error,
    });
  }
}
