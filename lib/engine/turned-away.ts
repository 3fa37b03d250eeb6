/** Somebody else writes to a host, or has done so since it was read: who waits, for how long, and what is told. */
import { RunError } from '../base/error.ts';
import type { Session } from '../remote/contract.ts';
import type { LockHolder, TurnedAway } from '../remote/lock.ts';
import type { Life } from './life.ts';

/** How long one look at the lock waits on the host, in milliseconds. */
const LOOK_MS = 5000;
/** How often a host is read and planned again because others have written to it. */
const MOST = 20;

/** How a run asks for the hosts that it writes to. */
export interface Locking {
  /** `alice@laptop` */
  readonly owner: string;
  /** How long to wait for a host that another run holds, in milliseconds; 0: not at all. */
  readonly timeoutMs: number;
}

/**
 * Comes back when the host may be read and planned again. A run that has gone is waited for as long as what it began
 * takes. Throws RunError `locked`, `interrupted`, or `failed` where one machine has two names.
 */
export async function awaitTurnOn(life: Life, session: Session, turned: TurnedAway): Promise<void> {
  const { context, host } = life;
  life.stale = true;
  life.lookedAhead = false;
  life.turnedAway += 1;
  if (life.turnedAway > MOST) {
    throw new RunError(
      'failed',
      `others keep writing to ${host.name}: it was read and planned ${MOST} times`,
      {
        hint: 'see who else works on it, then run it again',
      },
    );
  }
  if (turned.why === 'stale') {
    const who = turned.holder ? ` by ${ownerOf(turned.holder)}` : '';
    context.emit({
      kind: 'warning',
      host: host.name,
      message: `written to${who} since it was read: it is read and planned again`,
    });
    return;
  }
  const until = performance.now() + context.locking.timeoutMs;
  let { holder } = turned;
  let told = false;
  while (holder) {
    if (holder.run === context.run.id && !holder.ending) throw twoNames(host.name, holder);
    const left = holder.ending ? LOOK_MS : until - performance.now();
    if (left <= 0) throw lockedBy(host.name, holder);
    if (!told) {
      const what = holder.ending ? 'a change of a run that has gone to end:' : 'the end of';
      context.emit({
        kind: 'warning',
        host: host.name,
        message: `waits for ${what} ${describe(holder)}`,
      });
      context.emit({ kind: 'stage', host: host.name, stage: 'waiting' });
    }
    told = true;
    holder = await session.awaitLock(Math.min(LOOK_MS, left), context.halt);
  }
}

function lockedBy(host: string, holder: LockHolder): RunError {
  return new RunError('locked', `${host} is locked by ${describe(holder)}`, {
    hint: 'run it again when that run has ended, or let it wait: --lock-timeout 10m',
  });
}

function twoNames(host: string, holder: LockHolder): RunError {
  return new RunError(
    'failed',
    `no change was begun: this run is at work on that machine, as ${holder.name}`,
    {
      hint: `${host} and ${holder.name} are one machine: keep one of the names in the inventory`,
    },
  );
}

/** `alice@laptop: run provision 20261122…, for 3 minutes` */
function describe(holder: LockHolder): string {
  const since = holder.seconds === undefined ? '' : `, since ${sinceText(holder.seconds)}`;
  return `${ownerOf(holder)}${since}`;
}

function ownerOf({ owner, runbook, run }: LockHolder): string {
  return `${owner} (${runbook}, run ${run})`;
}

/** By our clock and the host's count of seconds: clocks of others are asked nothing. */
function sinceText(seconds: number): string {
  const at = new Date(Date.now() - seconds * 1000).toTimeString().slice(0, 8);
  return `${at} (${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} ago)`;
}
