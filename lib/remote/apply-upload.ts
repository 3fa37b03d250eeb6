/** Sends the large files of an apply job ahead of its script, over the same shell and in the same flight. */
import { createReadStream } from 'node:fs';
import { RunError } from '../base/error.ts';
import { type Sh, sh } from '../base/sh.ts';
import { runFolder } from './apply-text.ts';
import type { ApplyJob } from './contract.ts';
import { printFrame } from './frame.ts';
import { interrupted } from './read-watch.ts';
import type { Supervisor } from './supervisor.ts';

/** Bytes per here-document: a multiple of 3, so that base64 needs no padding in between. */
const CHUNK = 3 * 65_536;

/**
 * Here-documents of base64, appended by the supervisor itself, one after the other. Raw bytes would be a third
 * fewer, but a shell reads ahead on its stdin: another process can take its bytes from there only after a round
 * trip of its own. What arrived is proved by its checksum in the script. Throws RunError `failed` when a file
 * cannot be read here.
 */
export async function sendUploads(
  link: Supervisor,
  job: ApplyJob,
  attempt: number,
  signal?: AbortSignal,
): Promise<void> {
  if (!job.changes.some((change) => change.upload)) return;
  const folder = runFolder(job, attempt);
  await link.send(sh`umask 077; mkdir -p ${folder} 2>/dev/null`);
  try {
    for (const { id, upload } of job.changes) {
      if (upload) await sendFile(link, upload.path, sh`${folder}/upload.${id}`, signal);
    }
    await link.send(sh`umask 022`);
  } catch (error) {
    link.tell(sh`umask 022; rm -rf ${folder} 2>/dev/null`);
    throw error;
  }
}

async function sendFile(link: Supervisor, path: string, target: Sh, signal?: AbortSignal): Promise<void> {
  const alive = printFrame({ nonce: link.nonce, job: 0 }, 'P');
  const delimiter = `TB${link.nonce}up`;
  const head = sh`base64 -d >>${target} 2>/dev/null <<\\${delimiter}`;
  await link.send(sh`{ printf '' >${target}; } 2>/dev/null`);
  try {
    for await (const chunk of chunks(path)) {
      if (signal?.aborted) throw interrupted();
      const text = [head.text, chunk.toString('base64'), delimiter, alive.text, ''].join('\n');
      await link.during(link.send(Buffer.from(text, 'latin1')));
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new RunError('failed', `cannot read ${path}: ${error.message}`, {
      hint: 'check that the file is still there and readable, then run it again',
      cause: error,
    });
  }
}

/** The file in pieces of exactly CHUNK bytes, the last one shorter. */
async function* chunks(path: string): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of createReadStream(path, { highWaterMark: CHUNK })) {
    held.push(piece);
    size += piece.length;
    if (size < CHUNK) continue;
    const all = Buffer.concat(held);
    let from = 0;
    for (; size - from >= CHUNK; from += CHUNK) yield all.subarray(from, from + CHUNK);
    held = [all.subarray(from)];
    size -= from;
  }
  if (size > 0) yield Buffer.concat(held);
}
