/**
 * Logs in without waiting for answers that are known in advance: service request, signature, channel and command go out
 * in one flight. ssh2 is shown each foreseen answer at once, and the true one is held against it (docs/decisions/0012).
 */

import type { ExecStream } from './ssh-auth.ts';
import type { Handlers, Inside, OpenConfirmation } from './ssh-inside.ts';
import { serverSoftware } from './ssh-inside.ts';
import type { Client } from './ssh2.ts';

/** What OpenSSH allows on a session once its command runs is 2 MB; so much of it is used before it has said so. */
export const EARLY_BYTES = 65_536;
const PACKET_BYTES = 32_768;
/** The first channel of a connection, at both ends. */
const FIRST = 0;

/** A command that is to run as soon as may be. */
export interface Opening {
  readonly command: Buffer;
  /** Its streams, before anybody has said that it runs: what is written goes out with the login, at most EARLY_BYTES. */
  expect(stream: ExecStream): void;
  /** The login took another turn: nothing of what was written was read. */
  retract(): void;
}

export interface Early {
  /** Settles with the server's word on the command; undefined while none has gone out, and once it was retracted. */
  readonly started: Promise<void> | undefined;
}

/**
 * Asks for the login service and for the login as soon as the keys are exchanged. `signAtOnce` says whether the login on
 * offer may be signed before the server has said that it would take it; with `opening` its command follows at once.
 */
export function loginEarly(
  client: Client,
  inside: Inside,
  signAtOnce: () => boolean,
  opening: Opening | undefined,
  lost: (why: string) => void,
): Early {
  let started: Promise<void> | undefined;
  const foresee = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      lost(error instanceof Error ? error.message : String(error));
    }
  };
  client.once('handshake', () => {
    // ssh2 sends the request for the service right after this event.
    queueMicrotask(() => foresee(() => acceptService(inside._handlers, inside)));
  });
  leaveHostKeys(inside._handlers);
  let flight = opening;
  signedRequests(inside, signAtOnce, () => {
    const now = flight;
    flight = undefined;
    if (!now || !/^OpenSSH_\d/.test(serverSoftware(client))) return;
    foresee(() => {
      const retract = (): void => {
        started = undefined;
        now.retract();
      };
      started = startEarly(client, inside, { ...now, retract }, lost);
      // Nobody may be waiting for it: a login that fails says so itself.
      started.catch(() => undefined);
    });
  });
  return {
    get started() {
      return started;
    },
  };
}

function acceptService(handlers: Handlers, inside: Inside): void {
  const accept = handlers.SERVICE_ACCEPT;
  accept(inside, 'ssh-userauth');
  handlers.SERVICE_ACCEPT = () => {
    handlers.SERVICE_ACCEPT = accept;
  };
}

/** ssh2 has the server prove all its other host keys, of which we would make nothing. */
function leaveHostKeys(handlers: Handlers): void {
  const request = handlers.GLOBAL_REQUEST;
  handlers.GLOBAL_REQUEST = (inside, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com') request(inside, name, wantsReply, data);
  };
}

/** Requests that only ask whether a key would do are left out where it may be signed at once. */
function signedRequests(inside: Inside, signAtOnce: () => boolean, sent: () => void): void {
  const request = inside.authPK;
  inside.authPK = (user, key, algorithm, sign) => {
    if (!sign) {
      if (signAtOnce()) inside._handlers.USERAUTH_PK_OK(inside);
      else request.call(inside, user, key, algorithm);
      return;
    }
    request.call(inside, user, key, algorithm, (data, done) =>
      sign(data, (signature) => {
        done(signature);
        sent();
      }),
    );
  };
}

/**
 * Opens the channel and starts the command. OpenSSH numbers channels from 0, so the command can be asked for before the
 * number is told. Should it be another one, sshd hangs up, and the login is made again.
 */
function startEarly(
  client: Client,
  inside: Inside,
  opening: Opening,
  lost: (why: string) => void,
): Promise<void> {
  const handlers = inside._handlers;
  const { CHANNEL_OPEN_CONFIRMATION: confirm, CHANNEL_SUCCESS: succeed } = handlers;
  return new Promise((resolve, reject) => {
    let stream: ExecStream | undefined;
    // The types know strings alone; the bytes of a Buffer go out as they are.
    client.exec(opening.command as unknown as string, (error, opened) => {
      if (error) reject(error);
      stream = opened;
    });
    confirm(inside, { recipient: FIRST, sender: FIRST, window: EARLY_BYTES, packetSize: PACKET_BYTES });
    succeed(inside, FIRST);
    if (!stream) return;
    expectAnswers(handlers, {
      confirmed: (info) => {
        if (info.sender !== FIRST) lost('it numbers channels in a way of its own');
        else settleWindow(handlers, inside, info);
      },
      succeeded: resolve,
      refused: (why) => reject(new Error(why)),
      retracted: () => {
        opening.retract();
        reject(new Error('the login was refused'));
      },
    });
    opening.expect(stream);
  });
}

interface Answers {
  confirmed(info: OpenConfirmation): void;
  succeeded(): void;
  refused(why: string): void;
  retracted(): void;
}

/** Takes the true answers to what was foreseen, each once, and puts ssh2's own handling back. */
function expectAnswers(handlers: Handlers, answers: Answers): void {
  const {
    CHANNEL_OPEN_CONFIRMATION,
    CHANNEL_OPEN_FAILURE,
    CHANNEL_SUCCESS,
    CHANNEL_FAILURE,
    USERAUTH_FAILURE,
  } = handlers;
  const kept = {
    CHANNEL_OPEN_CONFIRMATION,
    CHANNEL_OPEN_FAILURE,
    CHANNEL_SUCCESS,
    CHANNEL_FAILURE,
    USERAUTH_FAILURE,
  };
  const restore = (): void => void Object.assign(handlers, kept);
  handlers.CHANNEL_OPEN_CONFIRMATION = (_inside, info) => {
    handlers.CHANNEL_OPEN_CONFIRMATION = CHANNEL_OPEN_CONFIRMATION;
    answers.confirmed(info);
  };
  handlers.CHANNEL_SUCCESS = () => {
    restore();
    answers.succeeded();
  };
  handlers.CHANNEL_FAILURE = () => {
    restore();
    answers.refused('Unable to exec');
  };
  handlers.CHANNEL_OPEN_FAILURE = (_inside, _recipient, _reason, text) => {
    restore();
    answers.refused(`(SSH) Channel open failure: ${text}`);
  };
  handlers.USERAUTH_FAILURE = (inside, methods, partial) => {
    restore();
    answers.retracted();
    USERAUTH_FAILURE(inside, methods, partial);
  };
}

/** What we allowed ourselves in advance is taken off what the server then allows. */
function settleWindow(handlers: Handlers, inside: Inside, info: OpenConfirmation): void {
  const adjust = handlers.CHANNEL_WINDOW_ADJUST;
  let debt = EARLY_BYTES - info.window;
  if (debt < 0) adjust(inside, FIRST, -debt);
  if (debt <= 0) return;
  handlers.CHANNEL_WINDOW_ADJUST = (_inside, recipient, amount) => {
    const paid = recipient === FIRST ? Math.min(debt, amount) : 0;
    debt -= paid;
    if (debt === 0) handlers.CHANNEL_WINDOW_ADJUST = adjust;
    if (amount > paid) adjust(inside, recipient, amount - paid);
  };
}
