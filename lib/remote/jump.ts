/** Streams to a host: straight, or through jump hosts, each of which is logged in to once and shared. */
import type { Duplex } from 'node:stream';
import { dial } from './dial.ts';
import type { Wire } from './ssh-client.ts';
import { ConnectFailure } from './ssh-failure.ts';
import { loginTo } from './ssh-login.ts';
import type { Hop } from './ssh-route.ts';
import type { SshWorld } from './ssh-world.ts';

/** How the stream to a hop is opened. */
export interface Dial {
  /** Names the way, to tell equal addresses behind different jumps apart; empty for a straight one. */
  readonly via: string;
  /** True for the host itself, false for a jump on the way to it. */
  readonly last: boolean;
  /** Throws ConnectFailure, or RunError where a jump on the way cannot be had. */
  open(hop: Hop, timeoutMs: number, signal?: AbortSignal): Promise<Duplex>;
}

/** A jump connection and how many use it. */
export interface SharedJump {
  readonly wire: Promise<Wire>;
  users: number;
  linger: NodeJS.Timeout | undefined;
}

/** A login at the end of a route; `release` gives the jumps on the way back. */
export interface Reached {
  readonly wire: Wire;
  release(): void;
}

/** How long an unused jump stays open for the hosts that follow. */
const LINGER_MS = 500;

/** Logs in to the last hop of a route. Throws RunError. */
export async function reach(hops: readonly Hop[], world: SshWorld, signal?: AbortSignal): Promise<Reached> {
  const hop = hops[hops.length - 1];
  if (!hop) throw new TypeError('a route has at least one hop');
  const held: (() => void)[] = [];
  const release = (): void => {
    for (const give of held.splice(0)) give();
  };
  try {
    const wire = await loginTo(hop, dialFor(hops.slice(0, -1), world, true, held), world, signal);
    return { wire, release };
  } catch (error) {
    release();
    throw error;
  }
}

function dialFor(jumps: readonly Hop[], world: SshWorld, last: boolean, held: (() => void)[]): Dial {
  if (jumps.length === 0) return { via: '', last, open: async (hop) => dial(hop) };
  const way = wayOf(jumps);
  return {
    via: `${way} `,
    last,
    async open(hop, timeoutMs, signal) {
      const jump = hold(jumps, way, world);
      held.push(() => give(jump, way, world));
      // The shared login is nobody's alone: an abort ends our waiting, not the login.
      const wire = await unlessAborted(jump.wire, signal);
      return forward(wire, hop, jumps[jumps.length - 1]?.label ?? '', timeoutMs);
    },
  };
}

/** All that tells two jump connections apart. */
function wayOf(jumps: readonly Hop[]): string {
  return JSON.stringify(
    jumps.map((hop) => [hop.label, hop.identity, hop.hostKeyPolicy, hop.knownHosts.join(':')]),
  );
}

function hold(jumps: readonly Hop[], way: string, world: SshWorld): SharedJump {
  const have = world.jumps.get(way);
  if (have) {
    clearTimeout(have.linger);
    have.users += 1;
    return have;
  }
  const held: (() => void)[] = [];
  const before = jumps.slice(0, -1);
  const last = jumps[jumps.length - 1];
  if (!last) throw new TypeError('a jump has at least one hop');
  const wire = loginTo(last, dialFor(before, world, false, held), world);
  const jump: SharedJump = { wire, users: 1, linger: undefined };
  world.jumps.set(way, jump);
  const forget = (): void => {
    if (world.jumps.get(way) === jump) world.jumps.delete(way);
    for (const each of held.splice(0)) each();
  };
  wire.then(
    (opened) => opened.onGone(forget),
    () => forget(),
  );
  return jump;
}

function give(jump: SharedJump, way: string, world: SshWorld): void {
  jump.users -= 1;
  if (jump.users > 0) return;
  jump.linger = setTimeout(() => {
    if (jump.users > 0) return;
    if (world.jumps.get(way) === jump) world.jumps.delete(way);
    jump.wire.then(
      (wire) => wire.end(),
      () => undefined,
    );
  }, LINGER_MS);
}

async function forward(wire: Wire, hop: Hop, via: string, timeoutMs: number): Promise<Duplex> {
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const opening = wire.forward(hop.host, hop.port);
  // A stream that comes after we gave up is closed again.
  opening.then(
    (stream) => late && stream.destroy(),
    () => undefined,
  );
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      // A jump that no longer answers must not be handed to the next host.
      wire.destroy();
      reject(new ConnectFailure('timeout', 'connect', `no answer through ${via}`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([opening, timeout]);
  } catch (error) {
    throw error instanceof ConnectFailure ? error : forwardFailure(error, hop, via);
  } finally {
    clearTimeout(timer);
  }
}

function forwardFailure(error: unknown, hop: Hop, via: string): ConnectFailure {
  const text = error instanceof Error ? error.message : String(error);
  const message = `${via} could not connect to ${hop.host}:${hop.port}: ${text}`;
  const reason = (error as { reason?: unknown }).reason;
  if (reason === undefined) return new ConnectFailure('dropped', 'connect', message, { cause: error });
  return new ConnectFailure(/refused/i.test(text) ? 'refused' : 'other', 'connect', message, {
    cause: error,
  });
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new ConnectFailure('aborted', 'connect', 'interrupted'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
