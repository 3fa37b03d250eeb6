/** Streams to a host: straight, or through jump hosts, each of which is logged in to once and shared. */
import type { Duplex } from 'node:stream';
import { RunError } from '../base/error.ts';
import { type Dial, dial } from './dial.ts';
import { commandStream } from './proxy-command.ts';
import type { Wire } from './ssh-client.ts';
import { interrupted } from './ssh-error.ts';
import { ConnectFailure } from './ssh-failure.ts';
import { type LoginOptions, loginTo } from './ssh-login.ts';
import type { Hop } from './ssh-route.ts';
import type { SshWorld } from './ssh-world.ts';

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
const LINGER_MS = 100;

/** Logs in to the last hop of a route, where `first` is to run. Throws RunError. */
export async function reach(hops: readonly Hop[], world: SshWorld, how: LoginOptions): Promise<Reached> {
  const hop = hops[hops.length - 1];
  if (!hop) throw new TypeError('a route has at least one hop');
  const held: (() => void)[] = [];
  const release = (): void => {
    for (const give of held.splice(0)) give();
  };
  try {
    const wire = await loginTo(hop, dialFor(hops.slice(0, -1), world, held), world, how);
    return { wire, release };
  } catch (error) {
    release();
    throw error;
  }
}

function dialFor(jumps: readonly Hop[], world: SshWorld, held: (() => void)[]): Dial {
  const jump = jumps[jumps.length - 1];
  if (!jump) return { via: '', prepare: async () => undefined, open: async (hop) => straight(hop, world) };
  const way = wayOf(jumps);
  let wire: Wire | undefined;
  return {
    via: `${way} `,
    async prepare(signal) {
      const shared = hold(jumps, way, world);
      held.push(() => give(shared, way, world));
      // The shared login is nobody's alone: an abort ends our waiting, not the login.
      wire = await unlessAborted(shared.wire, jump, signal).catch(namedAsJump);
    },
    async open(hop, timeoutMs) {
      if (!wire) throw new TypeError('a way is prepared before it is used');
      return forward(wire, hop, jump.label, timeoutMs);
    },
  };
}

function straight(hop: Hop, world: SshWorld): Duplex {
  return hop.proxyCommand === undefined ? dial(hop) : commandStream(hop.proxyCommand, world.env);
}

/** The error stands under the host's name: it has to say that it is about the way there. */
function namedAsJump(error: unknown): never {
  if (!(error instanceof RunError)) throw error;
  const detail = error.hint === undefined ? {} : { hint: error.hint };
  throw new RunError(error.code, `jump ${error.message}`, { ...detail, cause: error });
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
  const wire = loginTo(last, dialFor(before, world, held), world);
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
  // A stream that comes after we gave up is closed again. The jump stays: it serves other hosts, and has a keepalive.
  opening.then(
    (stream) => late && stream.destroy(),
    () => undefined,
  );
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
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

async function unlessAborted(wire: Promise<Wire>, jump: Hop, signal: AbortSignal | undefined): Promise<Wire> {
  if (!signal) return wire;
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(interrupted(jump));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([wire, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
