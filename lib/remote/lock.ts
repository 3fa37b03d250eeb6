/** The lock of a host as it is told: who wants it, who holds it, why somebody is turned away. */

/** How long a holder that says nothing more keeps a host, in seconds. It says something three times as often. */
export const LEASE_SECONDS = 30;

/** Who wants to write to a host. */
export interface LockClaim {
  /** `alice@laptop` */
  readonly owner: string;
  readonly runbook: string;
  /** The host's name in the inventory of that run. */
  readonly name: string;
}

/** Who writes to a host, or did so last. */
export interface LockHolder extends LockClaim {
  readonly run: string;
  /** For how long it has had the host, in seconds by the host's clock; undefined where that cannot be told. */
  readonly seconds: number | undefined;
  /** The run has gone; a change that it began still comes to its end. */
  readonly ending: boolean;
}

/** Why nothing of a job was begun. `stale`: somebody has written since the host was read, and is done. */
export interface TurnedAway {
  readonly why: 'locked' | 'stale';
  /** Of the last who wrote. */
  readonly number: number;
  /** Undefined when nothing tells who has written. */
  readonly holder: LockHolder | undefined;
}

/** What a frame or a line of lock-text.ts says: a word, the number of the last who wrote, and the holder. */
export interface LockWord {
  readonly word: string;
  readonly number: number;
  readonly holder: LockHolder | undefined;
}

/** `bytes`: latin1, as it came. Undefined when it is none. */
export function parseLockWord(bytes: string): LockWord | undefined {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  const [
    mark,
    word = '',
    number = '',
    state = '',
    seconds = '',
    run = '',
    name = '',
    owner = '',
    ...runbook
  ] = text.split('|');
  if (mark !== 'lock' || !/^\d+$/.test(number)) return undefined;
  const holder: LockHolder = {
    run,
    name,
    owner,
    runbook: runbook.join('|'),
    seconds: /^\d+$/.test(seconds) ? Number(seconds) : undefined,
    ending: state === 'ending',
  };
  return { word, number: Number(number), holder: run === '' ? undefined : holder };
}

/** What a script that was refused says; undefined when it was not for the lock. */
export function turnedAway(bytes: string): TurnedAway | undefined {
  const said = parseLockWord(bytes);
  if (said?.word !== 'locked' && said?.word !== 'stale') return undefined;
  return { why: said.word, number: said.number, holder: said.holder };
}

/** What may stand in a line of a ticket: no control characters, and not the mark that parts fields. */
export function lockField(text: string): string {
  return text
    .replaceAll(/[\p{Cc}|]/gu, ' ')
    .trim()
    .slice(0, 200);
}
