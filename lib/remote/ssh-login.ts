/** Logs in to one hop: host key, keys, further attempts where they help, within the time limit. */
import { RunError } from '../base/error.ts';
import type { Dial } from './dial.ts';
import { gatherLogins, LOCKED } from './identity.ts';
import { entriesFor, knownTypes } from './known-hosts.ts';
import { backoffMs, pause } from './retry.ts';
import type { Login } from './ssh-auth.ts';
import { login, type Wire } from './ssh-client.ts';
import { connectError, interrupted, loginError } from './ssh-error.ts';
import { ConnectFailure } from './ssh-failure.ts';
import type { FirstCommand } from './ssh-first.ts';
import { algorithmsFor, checkHostKey } from './ssh-host-key.ts';
import type { Hop } from './ssh-route.ts';
import type { SshWorld } from './ssh-world.ts';

/** Attempts when the server hangs up (it sheds load), and when nothing listens (it restarts). */
const ATTEMPTS = { dropped: 12, refused: 4 };
const BACKOFF = { firstMs: 60, maxMs: 1000 };
/** Connections spent on a server that hangs up on too many keys (MaxAuthTries). */
const KEY_ROUNDS = 5;

/** What one hop's login has learnt so far. */
interface Progress {
  logins: Login[];
  readonly notes: string[];
  readonly refused: string[];
  attempts: number;
  dropped: number;
  unreached: number;
  rounds: number;
  /** Time spent connecting and pausing, without waiting for our own turn. */
  spentMs: number;
}

export interface LoginOptions {
  readonly signal?: AbortSignal | undefined;
  /** What is to run there, where anything is. */
  readonly first?: FirstCommand;
}

/** A connection that is logged in. Throws RunError `unreachable`, or `interrupted` after an abort. */
export async function loginTo(hop: Hop, dial: Dial, world: SshWorld, how: LoginOptions = {}): Promise<Wire> {
  const { signal } = how;
  const offer = await gatherLogins(hop, world.keys, world.agents, world.home);
  const notes = [...offer.notes];
  const progress: Progress = {
    logins: [...offer.logins],
    notes,
    refused: [],
    attempts: 0,
    dropped: 0,
    unreached: 0,
    rounds: 0,
    spentMs: 0,
  };
  progress.logins.push({
    kind: 'questions',
    label: 'keyboard-interactive',
    ask: world.questions(hop.label, notes),
  });
  for (;;) {
    await dial.prepare(signal);
    const address = `${dial.via}${hop.host}:${hop.port}`;
    const slot = await world.limiter.acquire(address);
    const started = performance.now();
    try {
      const wire = await attempt(hop, dial, world, progress, {
        ...how,
        eager: world.eager && !world.unhurried.has(address),
      });
      slot.release();
      return wire;
    } catch (error) {
      progress.spentMs += performance.now() - started;
      slot.release(error instanceof ConnectFailure && error.kind === 'dropped');
      if (!(error instanceof ConnectFailure)) throw error;
      if (signal?.aborted) throw interrupted(hop);
      if (error.kind === 'guess') world.unhurried.add(address);
      else await recover(hop, error, world, progress, signal);
    }
  }
}

async function attempt(
  hop: Hop,
  dial: Dial,
  world: SshWorld,
  progress: Progress,
  how: LoginOptions & { readonly eager: boolean },
): Promise<Wire> {
  const { signal, eager } = how;
  if (signal?.aborted) throw interrupted(hop);
  progress.attempts += 1;
  const entries = entriesFor(world.knownHosts.entries(hop.knownHosts), hop.keyName);
  let refusal: RunError | undefined;
  const timeoutMs = Math.max(100, hop.timeoutMs - progress.spentMs);
  const started = performance.now();
  const stream = await dial.open(hop, timeoutMs);
  try {
    return await login(
      {
        stream,
        user: hop.user,
        hostKeyAlgorithms: algorithmsFor(knownTypes(entries, hop.keyName)),
        verifyHostKey(blob) {
          refusal = checkHostKey(hop, blob, entries, world);
          return refusal === undefined;
        },
        logins: progress.logins,
        timeoutMs: Math.max(100, timeoutMs - (performance.now() - started)),
        silenceMs: hop.silenceMs,
        eager,
        sure: hop.identity !== undefined || offered(progress).length === 1,
        forwardAgent: forwardedAgent(hop),
        opening: how.first?.opening,
      },
      signal,
    );
  } catch (error) {
    throw refusal ?? error;
  }
}

/** Keys that can be offered. */
function offered({ logins }: Progress): readonly Login[] {
  return logins.filter(({ kind }) => kind !== 'questions');
}

function forwardedAgent(hop: Hop): string | undefined {
  if (!hop.forwardAgent) return undefined;
  const agent = hop.forwardAgent === true ? hop.agent : hop.forwardAgent;
  if (agent !== undefined) return agent;
  throw new RunError('unreachable', `${hop.label}: there is no agent to forward`, {
    hint: 'start one (ssh-agent), so that SSH_AUTH_SOCK names it, or take `forward_agent` or ForwardAgent away',
  });
}

/** Prepares another attempt, or throws what ends them. */
async function recover(
  hop: Hop,
  failure: ConnectFailure,
  world: SshWorld,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (failure.kind === 'locked') return unlock(failure.label ?? '', world, progress);
  if (failure.kind === 'auth') return dropRefused(hop, failure, progress);
  const count =
    failure.kind === 'dropped'
      ? ++progress.dropped
      : failure.kind === 'refused'
        ? ++progress.unreached
        : Infinity;
  const most = failure.kind === 'dropped' ? ATTEMPTS.dropped : ATTEMPTS.refused;
  if (count >= most || progress.spentMs >= hop.timeoutMs) throw connectError(hop, failure, progress.attempts);
  const wait = backoffMs(BACKOFF, count - 1);
  progress.spentMs += wait;
  await pause(wait, signal);
  if (signal?.aborted) throw interrupted(hop);
}

/** The server would take this key: now, and outside of all time limits, its passphrase is worth asking for. */
async function unlock(file: string, world: SshWorld, progress: Progress): Promise<void> {
  const key = await world.keys.unlock(file);
  const at = progress.logins.findIndex((each) => each.kind === 'locked' && each.file === file);
  const locked = progress.logins[at];
  if (locked?.kind !== 'locked') return;
  const { label, certificate } = locked;
  if (key) progress.logins[at] = { kind: 'key', label, key, ...(certificate ? { certificate } : {}) };
  else {
    progress.logins.splice(at, 1);
    progress.notes.push(`${file}: ${LOCKED}`);
  }
}

/** A server that hangs up after so many keys (MaxAuthTries) is offered the others over another connection. */
function dropRefused(hop: Hop, failure: ConnectFailure, progress: Progress): void {
  progress.refused.push(...failure.refused);
  progress.logins = progress.logins.filter(({ label }) => !failure.refused.includes(label));
  progress.rounds += 1;
  const takesKeys = failure.methods.length === 0 || failure.methods.includes('publickey');
  if (offered(progress).length > 0 && failure.refused.length > 0 && takesKeys && progress.rounds < KEY_ROUNDS)
    return;
  const never = offered(progress)
    .filter(({ label }) => !failure.taken.includes(label))
    .map(({ label }) => `${label}: the server hung up before it`);
  throw loginError(hop, {
    refused: progress.refused,
    taken: failure.taken,
    notes: [...progress.notes, ...never],
    methods: failure.methods,
  });
}
