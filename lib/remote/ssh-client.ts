/** The one module that talks to ssh2: a login over a given byte stream, and what can be opened on it afterwards. */
import type { Duplex } from 'node:stream';
import { type AuthEvents, authMethod, type ExecStream, type Login, methodOf } from './ssh-auth.ts';
import { offerCertificates } from './ssh-certificate.ts';
import { type Early, loginEarly, type Opening } from './ssh-early.ts';
import type { ConnectFailure } from './ssh-failure.ts';
import { guessKeyExchange } from './ssh-guess.ts';
import { type Handshake, handshake, lossText } from './ssh-handshake.ts';
import { insideOf } from './ssh-inside.ts';
import ssh2, { type ClientChannel, type ConnectConfig, type ServerHostKeyAlgorithm } from './ssh2.ts';

export interface LoginRequest {
  /** A socket (that may still be connecting) or a forwarded stream. */
  readonly stream: Duplex;
  readonly user: string;
  readonly hostKeyAlgorithms: readonly string[];
  /** Called once per handshake with the key that the host has proved to own. */
  readonly verifyHostKey: (blob: Buffer) => boolean;
  readonly logins: readonly Login[];
  /** For everything until we are logged in. */
  readonly timeoutMs: number;
  /** Silence after which the peer counts as gone, in milliseconds; 0: never. */
  readonly silenceMs: number;
  /** Sends what follows from the usual answers without waiting for them. A wrong guess fails as `guess`. */
  readonly eager: boolean;
  /** The first login was named for this host or is the only one: also an agent is asked for its signature at once. */
  readonly sure: boolean;
  /** Socket of the agent that the host may use. */
  readonly forwardAgent?: string | undefined;
  /** What to run first; see {@link Wire.started}. */
  readonly opening?: ((wire: Wire) => Opening) | undefined;
}

/** A connection that is logged in. */
export interface Wire {
  /** The opening went out with the login: settles with the server's word on it. Undefined: it is still to be run. */
  readonly started: Promise<void> | undefined;
  /**
   * Starts a command without a terminal. `take` is called the moment the stream is there: a short command's exit
   * may follow in the very same packet, before any promise is settled.
   */
  exec<T>(command: Buffer, take: (stream: ExecStream) => T): Promise<T>;
  /** A TCP connection made by the far end. */
  forward(host: string, port: number): Promise<Duplex>;
  /** Called once when the connection is gone, with what cut it (undefined: an orderly end). */
  onGone(listener: (why: string | undefined) => void): void;
  end(): void;
  destroy(): void;
}

/** Logs in, or throws {@link ConnectFailure}. The stream is destroyed on failure. */
export function login(request: LoginRequest, signal?: AbortSignal): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const attempt = handshake(request.logins, methodOf);
    let why: string | undefined;
    const gone: ((why: string | undefined) => void)[] = [];
    let open = true;
    let settled = false;
    const settle = (failure?: ConnectFailure): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (failure) {
        client.destroy();
        request.stream.destroy();
        reject(failure);
      } else {
        resolve(wire);
      }
    };
    const abort = (): void => settle(attempt.fail('aborted', 'interrupted'));
    const clock = (): NodeJS.Timeout =>
      setTimeout(() => {
        settle(attempt.fail('timeout', `no answer within ${request.timeoutMs / 1000} s`));
      }, request.timeoutMs);
    let timer = clock();
    let early: Early | undefined;
    const wire = wireOf(
      client,
      (listener) => (open ? gone.push(listener) : listener(why)),
      () => early?.started,
    );

    const events: AuthEvents = {
      locked: (file) => settle(attempt.locked(file)),
      // A person who looks for a code has time; the server sets the limit.
      waiting(on) {
        clearTimeout(timer);
        if (!on && !settled) timer = clock();
      },
      unanswered: () => settle(attempt.unanswered()),
    };
    client.on('connect', () => attempt.reach('handshake'));
    client.on('handshake', () => attempt.reach('login'));
    client.on('ready', () => settle());
    client.on('error', (error) => {
      why ??= lossText(error);
      const failure = settled ? undefined : attempt.classify(error);
      if (failure) settle(failure);
    });
    client.on('close', () => {
      open = false;
      settle(attempt.fail('dropped', 'the connection was closed before the login ended'));
      for (const listener of gone.splice(0)) listener(why);
    });
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    try {
      const offer = { current: undefined as Login | undefined };
      client.connect(configOf(request, attempt, offer, events));
      const lost = (text: string): void => settle(attempt.fail('guess', text));
      early = attend(client, request, offer, request.opening?.(wire), lost);
    } catch (error) {
      settle(attempt.fail('other', error instanceof Error ? error.message : String(error)));
    }
  });
}

function configOf(
  request: LoginRequest,
  attempt: Handshake<Login>,
  offer: { current: Login | undefined },
  events: AuthEvents,
): ConnectConfig {
  const { stream, user: username, hostKeyAlgorithms, silenceMs } = request;
  return {
    sock: stream,
    username,
    algorithms: { serverHostKey: [...hostKeyAlgorithms] as ServerHostKeyAlgorithm[] },
    hostVerifier: (blob: Buffer): boolean => attempt.judge(request.verifyHostKey(blob)),
    readyTimeout: 0,
    ...(request.forwardAgent === undefined ? {} : { agentForward: true, agent: request.forwardAgent }),
    // ssh2 gives up after one interval more than it counts.
    keepaliveInterval: silenceMs / 4,
    keepaliveCountMax: 3,
    // The types know the form with a callback alone; an answer may also be returned.
    authHandler: ((methods: string[] | null, partial: boolean | null) => {
      const next = attempt.next(methods, partial === true);
      offer.current = next === 'none' ? undefined : next;
      return next === undefined ? false : authMethod(username, next, events);
    }) as never,
  };
}

/** Undefined where the ssh2 at hand is not the one we know: then the login takes its usual round trips. */
function attend(
  client: ssh2.Client,
  request: LoginRequest,
  offer: { readonly current: Login | undefined },
  opening: Opening | undefined,
  lost: (why: string) => void,
): Early | undefined {
  const inside = insideOf(client);
  if (!inside) return undefined;
  offerCertificates(inside, () =>
    offer.current?.kind === 'questions' ? undefined : offer.current?.certificate,
  );
  if (!request.eager) return undefined;
  const guess = guessKeyExchange(inside, lost);
  client.once('close', guess.stop);
  // A signature of an agent may cost a person's touch or word: asked for where it is all but sure to be wanted.
  const signAtOnce = (): boolean =>
    offer.current?.kind === 'key' ||
    (offer.current?.kind === 'agent' && request.sure && offer.current === request.logins[0]);
  // The agent has to be asked for before the command: that goes its usual way.
  const first = request.forwardAgent === undefined ? opening : undefined;
  return loginEarly(client, inside, signAtOnce, first, lost);
}

function wireOf(client: ssh2.Client, onGone: Wire['onGone'], started: () => Wire['started']): Wire {
  return {
    get started() {
      return started();
    },
    exec: (command, take) =>
      new Promise((resolve, reject) => {
        // The types know strings alone; the bytes of a Buffer go out as they are.
        client.exec(command as unknown as string, (error, stream: ClientChannel) =>
          error ? reject(error) : resolve(take(stream)),
        );
      }),
    forward: (host, port) =>
      new Promise((resolve, reject) => {
        client.forwardOut('127.0.0.1', 0, host, port, (error, stream) =>
          error ? reject(error) : resolve(stream),
        );
      }),
    onGone,
    end: () => void client.end(),
    destroy: () => void client.destroy(),
  };
}
