/** The system's ssh as the carrier of sessions: for what our own client cannot do, such as FIDO keys, GSSAPI and host certificates. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { RunError } from '../base/error.ts';
import { type Sh, sh } from '../base/sh.ts';
import type { Channel, ChannelEnd, OpenChannel } from './channel.ts';
import type { Target } from './contract.ts';
import { hostFlags, sharedConfig } from './openssh-args.ts';
import { kindOfText, opensshError } from './openssh-error.ts';
import { backoffMs, pause } from './retry.ts';
import { sshContext } from './ssh-context.ts';
import { type SshWorld, sshWorld } from './ssh-world.ts';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Attempts when the server hangs up, and when nothing listens. */
const ATTEMPTS: Readonly<Partial<Record<string, number>>> = { dropped: 12, refused: 4 };
const BACKOFF = { firstMs: 60, maxMs: 1000 };
/** ssh's own limit ends with the key exchange; after it a person may have to touch a key. */
const LOGIN_MS = 60_000;
const CLOSE_MS = 2000;
const SAID_KEPT = 4096;

/** Logs in by `ssh` and starts the command. Throws RunError `unreachable`, or `interrupted` after an abort. */
export const openOpensshChannel: OpenChannel = async (target, command, signal) => {
  const context = target.ssh ?? sshContext();
  const world = context.world(sshWorld);
  const config = sharedConfig(target, context.options, world.home);
  const address = `${target.address}:${target.port ?? 22}`;
  for (let attempts = 1; ; attempts += 1) {
    if (signal?.aborted) throw interrupted(target);
    const slot = await world.limiter.acquire(address);
    const flags = hostFlags(target, world.control.hold(config));
    const opening = await open(flags, command, world, target, signal);
    const kind = 'said' in opening ? kindOfText(opening.said) : undefined;
    slot.release(kind === 'dropped');
    if (!('said' in opening)) return opening;
    if (signal?.aborted) throw interrupted(target);
    if (attempts >= (ATTEMPTS[kind ?? ''] ?? 1)) throw opensshError(target, opening.said, attempts);
    await pause(backoffMs(BACKOFF, attempts - 1), signal);
  }
};

/** The channel once the command runs, or what ssh said when it ended before. */
async function open(
  flags: readonly string[],
  command: Sh,
  world: SshWorld,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<Channel | { readonly said: string }> {
  const token = `tb${randomBytes(8).toString('hex')}`;
  // The login shell may be any: a word and a `;` mean the same in all of them.
  const text = Buffer.from(sh`echo ${token}; ${command}`.text, 'latin1');
  const child: Child = spawn('ssh', [...flags, text.toString('utf8')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...world.env },
    // Ctrl-C at the terminal reaches us alone, and we end it in order.
    detached: true,
  });
  const ended = endOf(child, () => world.control.release());
  const abort = (): void => void child.kill('SIGTERM');
  const timer = setTimeout(abort, target.connectTimeoutMs + LOGIN_MS);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    return await started(child, token, ended);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function endOf(
  child: Child,
  done: () => void,
): Promise<{ readonly rc: number | null; readonly why?: string }> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT';
      resolve({
        rc: 255,
        why: absent ? 'there is no program `ssh` here: install openssh-client' : error.message,
      });
    });
    // Comes in any case, also after an error.
    child.once('close', (rc) => {
      done();
      resolve({ rc });
    });
    child.stdin.on('error', () => undefined);
  });
}

async function started(
  child: Child,
  token: string,
  ended: Promise<{ readonly rc: number | null; readonly why?: string }>,
): Promise<Channel | { readonly said: string }> {
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(-SAID_KEPT);
  };
  child.stderr.on('data', hear);
  const greeted = greeting(child.stdout, token);
  const first = await Promise.race([greeted, ended]);
  if ('rc' in first) return { said: first.why ?? said };
  child.stderr.off('data', hear);
  return channelOf(child, first.rest, ended, () => said);
}

/** What follows the line with the token; what stood before it is a login shell's own. */
function greeting(stdout: Readable, token: string): Promise<{ readonly rest: Buffer }> {
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      seen = Buffer.concat([seen, chunk]);
      const at = seen.indexOf(`${token}\n`);
      if (at === -1) return;
      stdout.off('data', take);
      stdout.pause();
      resolve({ rest: seen.subarray(at + token.length + 1) });
    };
    stdout.on('data', take);
  });
}

function channelOf(
  child: Child,
  rest: Buffer,
  ended: Promise<{ readonly rc: number | null }>,
  said: () => string,
): Channel {
  let over = false;
  let last = said();
  child.stderr.on('data', (chunk: Buffer) => {
    last = (last + chunk.toString('utf8')).slice(-SAID_KEPT);
  });
  const end: Promise<ChannelEnd> = ended.then(({ rc }) => {
    over = true;
    // ssh's own status for a connection that is gone.
    if (rc === 255 || rc === null) return { error: last.trim().split('\n').pop() || 'connection lost' };
    return { rc };
  });
  return {
    async write(data) {
      if (over || child.stdin.destroyed || child.stdin.write(data)) return;
      await Promise.race([once(child.stdin, 'drain'), ended]).catch(() => undefined);
    },
    onOut(listener) {
      if (rest.length > 0) listener(rest);
      child.stdout.on('data', listener);
      child.stdout.resume();
    },
    onErr: (listener) => void child.stderr.on('data', listener),
    onEnd: (listener) => void end.then(listener),
    async close() {
      child.stdin.end();
      child.stdout.resume();
      const late = setTimeout(() => child.kill('SIGTERM'), CLOSE_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

function interrupted(target: Target): RunError {
  return new RunError('interrupted', `${target.name}: interrupted while connecting`, {
    hint: 'run the same command again',
  });
}
