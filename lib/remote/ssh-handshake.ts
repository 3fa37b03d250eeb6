/** What is known of one handshake while it runs: how far it came, what was offered, and what an error then means. */
import { ConnectFailure, type FailureKind, kindOfCode, type Stage } from './ssh-failure.ts';

/** An error as ssh2 gives it: `level` says where it arose, `code` is a socket's word or a disconnect's number. */
export interface WireError extends Error {
  readonly level?: string;
  readonly code?: unknown;
}

export interface Handshake<L> {
  reach(stage: Stage): void;
  /** Notes the verdict on the host key, and gives it back. */
  judge(accepted: boolean): boolean;
  /** The next login to offer; `none` only where there is nothing else; undefined: give up. */
  next(methods: readonly string[] | null): L | 'none' | undefined;
  /** The failure that ends this attempt; undefined for what only ends one of its logins. */
  classify(error: WireError): ConnectFailure | undefined;
  fail(kind: FailureKind, message: string, cause?: unknown): ConnectFailure;
  locked(label: string): ConnectFailure;
}

export function handshake<L extends { readonly label: string }>(logins: readonly L[]): Handshake<L> {
  let stage: Stage = 'connect';
  let offered = 0;
  let takes: readonly string[] = [];
  let rejected = false;
  const fail = (kind: FailureKind, message: string, cause?: unknown): ConnectFailure =>
    new ConnectFailure(kind, stage, message, {
      refused: logins.slice(0, offered).map(({ label }) => label),
      methods: takes,
      cause,
    });
  return {
    reach(next) {
      stage = next;
    },
    judge(accepted) {
      rejected = !accepted;
      return accepted;
    },
    next(methods) {
      if (methods) takes = methods;
      if (methods && !methods.includes('publickey')) return undefined;
      const login = logins[offered];
      if (login) offered += 1;
      // The server names its methods only in answer to a request, and `none` costs a round trip: last resort.
      return login ?? (methods ? undefined : 'none');
    },
    classify(error) {
      if (error.level === 'agent') return undefined;
      const kind = rejected ? 'host-key' : kindOf(error, stage);
      return kind && fail(kind, error.message, error);
    },
    fail,
    locked: (label) => new ConnectFailure('locked', stage, `${label} is locked by a passphrase`, { label }),
  };
}

function kindOf(error: WireError, stage: Stage): FailureKind | undefined {
  if (error.level === 'client-authentication') {
    // Others of this level say that one key could not sign; the next one follows by itself.
    return /^All configured/.test(error.message) ? 'auth' : undefined;
  }
  const kind = kindOfCode(error.code);
  if (kind) return kind;
  if (/^Connection lost before handshake/.test(error.message)) return 'dropped';
  if (/too many authentication/i.test(error.message)) return 'auth';
  if (error.level === 'handshake') return 'negotiation';
  // A number is the reason of a disconnect message: before the login, sshd sheds load or penalises us.
  return typeof error.code === 'number' && stage !== 'login' ? 'dropped' : 'other';
}

/** What cut a connection that was logged in. */
export function lossText(error: WireError): string {
  if (error.level === 'client-timeout') return 'the host no longer answers';
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'connection reset';
  return error.message;
}
