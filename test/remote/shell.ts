/** Channels to shells of this machine for tests: dash or busybox as /bin/sh, connections that are cut or fall silent. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import type { Sh } from '../../lib/base/sh.ts';
import type { Channel, ChannelEnd } from '../../lib/remote/channel.ts';
import type { ApplyChange, ApplyJob, Part, PartResult, Session, Target } from '../../lib/remote/contract.ts';
import { createSession, type Opener, type SessionOptions } from '../../lib/remote/session.ts';

export type Flavour = 'dash' | 'busybox';

export const FLAVOURS: readonly Flavour[] = ['dash', 'busybox'];

export interface Wire {
  readonly pid: number;
  /** As if the connection broke: both directions are gone at once, the shell sees the end of its input. */
  cut(): void;
  /** As if packets were dropped: nothing comes or goes any more, and nobody is told. */
  mute(): void;
}

export interface Shells {
  readonly open: Opener;
  readonly wires: readonly Wire[];
  /** Home folder of the shells, and with it the state folder. */
  readonly state: string;
  /** Everything that was sent, for looking for secrets. */
  readonly sent: () => string;
  remove(): void;
}

export interface ShellOptions {
  readonly flavour?: Flavour;
  /** Goes before the command, as a login shell's start-up files would. */
  readonly login?: string;
  /** Called before each opening after the first; may throw. */
  readonly reopen?: () => void | Promise<void>;
}

/**
 * In a mount namespace of its own /bin/sh is busybox, and its applets come first in the PATH that the session sets.
 * State goes to a scratch folder there too, mounted where root's state lies.
 */
function worldText(flavour: Flavour, state: string): string {
  const lines = [
    'mount -t tmpfs tmpfs /var/lib',
    'mkdir /var/lib/tightbeam',
    `mount --bind ${state} /var/lib/tightbeam`,
    'mkdir -p /etc/cron.d && mount -t tmpfs tmpfs /etc/cron.d',
  ];
  if (flavour === 'busybox') {
    lines.push(
      'mount -t tmpfs tmpfs /usr/local/sbin',
      'busybox --install -s /usr/local/sbin',
      'mount --bind "$(command -v busybox)" "$(readlink -f /bin/sh)"',
    );
  }
  return lines.join(' && ');
}

export function createShells(options: ShellOptions = {}): Shells {
  const state = mkdtempSync(join(tmpdir(), 'tb-state-'));
  const wires: Wire[] = [];
  const sent: Buffer[] = [];
  const open: Opener = async (command: Sh) => {
    if (wires.length > 0) await options.reopen?.();
    const text = Buffer.from(command.text, 'latin1').toString('utf8');
    const world = worldText(options.flavour ?? 'dash', state);
    const [channel, wire] = start(`${world} && { ${options.login ?? ':'}; ${text}; }`, sent);
    wires.push(wire);
    return channel;
  };
  return {
    open,
    wires,
    state,
    sent: () => Buffer.concat(sent).toString('latin1'),
    remove: () => rmSync(state, { recursive: true, force: true }),
  };
}

function start(text: string, sent: Buffer[]): [Channel, Wire] {
  const child = spawn('unshare', ['-m', 'sh', '-c', text], { detached: true, stdio: 'pipe' });
  const listeners: ((end: ChannelEnd) => void)[] = [];
  let ended: ChannelEnd | undefined;
  let muted = false;
  const end = (how: ChannelEnd) => {
    if (ended || muted) return;
    ended = how;
    for (const listener of listeners) listener(how);
  };
  child.on('exit', (rc) => setTimeout(() => end(rc === null ? {} : { rc }), 20));
  child.stdin.on('error', () => undefined);
  const over = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const channel: Channel = {
    async write(data) {
      sent.push(data);
      if (muted || ended || child.stdin.write(data)) return;
      await Promise.race([new Promise((done) => child.stdin.once('drain', done)), over]);
    },
    onOut: (listener) => void child.stdout.on('data', (chunk) => muted || listener(chunk)),
    onErr: (listener) => void child.stderr.on('data', (chunk) => muted || listener(chunk)),
    onEnd: (listener) => (ended ? listener(ended) : void listeners.push(listener)),
    async close() {
      child.stdin.end();
      if (!muted) await over;
    },
  };
  const cut = () => {
    end({ error: 'connection reset' });
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const mute = () => {
    muted = true;
    child.stdout.pause();
    child.stderr.pause();
  };
  return [channel, { pid: child.pid ?? 0, cut, mute }];
}

export const TARGET: Target = {
  name: 'here',
  address: 'here',
  connection: 'ssh',
  connectTimeoutMs: 5000,
  silenceTimeoutMs: 20_000,
  hostKeyPolicy: 'strict',
  knownHosts: [],
};

export function part(tag: string, script: Sh, more: Partial<Part> = {}): Part {
  return { tag, script, limitMs: 10_000, ...more };
}

export function change(id: number, run: Sh, more: Partial<ApplyChange> = {}): ApplyChange {
  return { id, run, limitMs: 10_000, owes: [], pays: [], ...more };
}

export function job(changes: readonly ApplyChange[], more: Partial<ApplyJob> = {}): ApplyJob {
  return { run: 'r1', stretch: 0, changes, settleMs: 0, settleUnits: [], verify: [], ...more };
}

/** Command lines of all processes of this machine that hold `needle`. */
export function processesWith(needle: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(needle));
}

/** Waits until the condition holds; throws when it does not within the limit. */
export async function until(holds: () => boolean, what: string, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs `use` with a session of that flavour, and clears everything away. */
export async function withSession(
  options: ShellOptions & { readonly target?: Partial<Target>; readonly session?: SessionOptions },
  use: (session: Session, shells: Shells) => Promise<void>,
): Promise<void> {
  const shells = createShells(options);
  try {
    const session = await createSession(shells.open, { ...TARGET, ...options.target }, options.session);
    try {
      await use(session, shells);
    } finally {
      await session.close();
    }
  } finally {
    shells.remove();
  }
}

/** The error that the promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<RunError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof RunError) return error;
  throw error;
}

/** stdout of a part as text; anything but a part that ended by itself is shown as what it is. */
export function text(result: PartResult | undefined): string {
  if (result?.ended !== 'done') return `(${result?.ended ?? 'absent'})`;
  return result.out.toString('latin1');
}
