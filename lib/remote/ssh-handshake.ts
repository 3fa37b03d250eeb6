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
  /** `partial`: the last one was taken, and more is wanted. The next login to offer; `none` only where there is nothing else; undefined: give up. */
  next(methods: readonly string[] | null, partial?: boolean): L | 'none' | undefined;
  /** The failure that ends this attempt; undefined for what only ends one of its logins. */
  classify(error: WireError): ConnectFailure | undefined;
  fail(kind: FailureKind, message: string, cause?: unknown): ConnectFailure;
  locked(file: string): ConnectFailure;
  /** The server's questions found nobody to answer them. */
  unanswered(): ConnectFailure;
}

/** `methodOf` a login as the server names it: a server that does not take it is not asked. */
export function handshake<L extends { readonly label: string }>(
  logins: readonly L[],
  methodOf: (login: L) => string = () => 'publickey',
): Handshake<L> {
  let stage: Stage = 'connect';
  const left = [...logins];
  const offered: L[] = [];
  /** Those that the server has accepted, and that did not do. */
  const taken: L[] = [];
  let takes: readonly string[] = [];
  let rejected = false;
  const fail = (kind: FailureKind, message: string, cause?: unknown): ConnectFailure =>
    new ConnectFailure(kind, stage, message, {
      refused: offered.map(({ label }) => label),
      taken: taken.map(({ label }) => label),
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
    next(methods, partial = false) {
      if (methods) takes = methods;
      if (partial) taken.push(...offered.splice(-1));
      // A person is asked where a key alone does not do, and not for every key that is refused.
      const fits = (login: L): boolean =>
        methodOf(login) === 'publickey'
          ? (methods?.includes('publickey') ?? true)
          : (methods?.includes(methodOf(login)) ?? false) && (partial || !methods?.includes('publickey'));
      const at = left.findIndex(fits);
      const login = at === -1 ? undefined : left.splice(at, 1)[0];
      if (login) offered.push(login);
      // The server names its methods only in answer to a request, and `none` costs a round trip: last resort.
      return login ?? (methods ? undefined : 'none');
    },
    classify(error) {
      if (error.level === 'agent') return undefined;
      const kind = rejected ? 'host-key' : kindOf(error, stage);
      return kind && fail(kind, error.message, error);
    },
    fail,
    unanswered() {
      offered.pop();
      return fail('auth', 'nobody answered its questions');
    },
    locked: (file) =>
      new ConnectFailure('locked', stage, `${file} is locked by a passphrase`, { label: file }),
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
