/** The one module that talks to ssh2: a login over a given byte stream, and what can be opened on it afterwards. */
import type { Duplex, Readable } from 'node:stream';
import ssh2, { type BaseAgent, type ClientChannel, type ParsedKey } from 'ssh2';
import { ConnectFailure, kindOfCode, type Stage } from './ssh-failure.ts';

export type PrivateKey = ParsedKey;
export type Agent = BaseAgent;

/** One way to prove who we are; `label` names it for people. */
export type Login =
  | { readonly kind: 'key'; readonly label: string; readonly key: PrivateKey }
  | { readonly kind: 'agent'; readonly label: string; readonly blob: Buffer; readonly agent: Agent }
  /** A key whose passphrase nobody has given yet: offered by its public half. */
  | { readonly kind: 'locked'; readonly label: string; readonly blob: Buffer };

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
}

export type ExecStream = Duplex & { readonly stderr: Readable };

/** A connection that is logged in. */
export interface Wire {
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
    const attempt = new Attempt(request);
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
    const abort = (): void => settle(new ConnectFailure('aborted', attempt.stage, 'interrupted'));
    const timer = setTimeout(() => {
      settle(attempt.fail('timeout', `no answer within ${request.timeoutMs / 1000} s`));
    }, request.timeoutMs);
    const wire = wireOf(client, (listener) => (open ? gone.push(listener) : listener(why)));

    attempt.onLocked = (failure) => settle(failure);
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
      client.connect(attempt.config());
    } catch (error) {
      settle(attempt.fail('other', error instanceof Error ? error.message : String(error)));
    }
  });
}

/** What is known of one handshake while it runs. */
class Attempt {
  readonly #request: LoginRequest;
  stage: Stage = 'connect';
  onLocked: (failure: ConnectFailure) => void = () => {};
  #next = 0;
  #methods: readonly string[] = [];
  #rejected = false;
  constructor(request: LoginRequest) {
    this.#request = request;
  }

  reach(stage: Stage): void {
    this.stage = stage;
  }

  fail(kind: ConnectFailure['kind'], message: string, cause?: unknown): ConnectFailure {
    return new ConnectFailure(kind, this.stage, message, {
      refused: this.#request.logins.slice(0, this.#next).map(({ label }) => label),
      methods: this.#methods,
      cause,
    });
  }

  config() {
    const { stream, user, hostKeyAlgorithms, silenceMs } = this.#request;
    return {
      sock: stream,
      username: user,
      algorithms: { serverHostKey: [...hostKeyAlgorithms] as never[] },
      hostVerifier: (blob: Buffer): boolean => {
        this.#rejected = !this.#request.verifyHostKey(blob);
        return !this.#rejected;
      },
      readyTimeout: 0,
      // ssh2 gives up after one interval more than it counts.
      keepaliveInterval: silenceMs / 4,
      keepaliveCountMax: 3,
      authHandler: ((methods: string[] | null) => this.#offer(user, methods)) as never,
    };
  }

  /** No `none` request first (a round trip), unless there is nothing else to offer. */
  #offer(username: string, methods: readonly string[] | null): unknown {
    if (methods) this.#methods = methods;
    if (methods && !methods.includes('publickey')) return false;
    const next = this.#request.logins[this.#next];
    this.#next += 1;
    if (!next) {
      this.#next = this.#request.logins.length;
      return methods ? false : { type: 'none', username };
    }
    if (next.kind === 'key') return { type: 'publickey', username, key: next.key };
    if (next.kind === 'agent') return { type: 'agent', username, agent: new OneKey(next.blob, next.agent) };
    return { type: 'agent', username, agent: new Locked(next.blob, () => this.#needsPassphrase(next.label)) };
  }

  #needsPassphrase(label: string): void {
    this.onLocked(new ConnectFailure('locked', this.stage, `${label} is locked by a passphrase`, { label }));
  }

  /** The failure that ends this attempt; undefined for what only ends one of its logins. */
  classify(error: Error & { level?: string; code?: unknown }): ConnectFailure | undefined {
    if (error.level === 'agent') return undefined;
    if (this.#rejected) return this.fail('host-key', error.message, error);
    if (error.level === 'client-authentication') {
      return /^All configured/.test(error.message) ? this.fail('auth', error.message, error) : undefined;
    }
    const kind = kindOfCode(error.code);
    if (kind) return this.fail(kind, error.message, error);
    if (/^Connection lost before handshake/.test(error.message))
      return this.fail('dropped', error.message, error);
    if (/too many authentication/i.test(error.message)) return this.fail('auth', error.message, error);
    if (error.level === 'handshake') return this.fail('negotiation', error.message, error);
    // A number is the reason of a disconnect message: sshd sheds load, or penalises us, before the login.
    if (typeof error.code === 'number' && this.stage !== 'login')
      return this.fail('dropped', error.message, error);
    return this.fail('other', error.message, error);
  }
}

/** An agent that knows a single key, so that a full agent does not use up the server's patience (MaxAuthTries). */
class OneKey extends ssh2.BaseAgent<Buffer> {
  readonly #blob: Buffer;
  readonly #agent: BaseAgent;
  constructor(blob: Buffer, agent: BaseAgent) {
    super();
    this.#blob = blob;
    this.#agent = agent;
  }
  override getIdentities(done: (error: undefined, keys: Buffer[]) => void): void {
    done(undefined, [this.#blob]);
  }
  override sign(...args: unknown[]): void {
    this.#agent.sign(...(args as Parameters<BaseAgent['sign']>));
  }
}

/** Offers a public key, and reports when the server would take it. */
class Locked extends ssh2.BaseAgent<Buffer> {
  readonly #blob: Buffer;
  readonly #wanted: () => void;
  constructor(blob: Buffer, wanted: () => void) {
    super();
    this.#blob = blob;
    this.#wanted = wanted;
  }
  override getIdentities(done: (error: undefined, keys: Buffer[]) => void): void {
    done(undefined, [this.#blob]);
  }
  override sign(): void {
    this.#wanted();
  }
}

function wireOf(client: ssh2.Client, onGone: Wire['onGone']): Wire {
  return {
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

function lossText(error: Error & { level?: string; code?: unknown }): string {
  if (error.level === 'client-timeout') return 'the host no longer answers';
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'connection reset';
  return error.message;
}

/** The private or public key in this text; an Error where it cannot be used (a wrong passphrase too). */
export function parseKey(text: Buffer, passphrase?: string): PrivateKey | Error {
  const parsed: ParsedKey | Error | (ParsedKey | Error)[] = ssh2.utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return key ?? new Error('no key in the file');
}

export function agentAt(socket: string): Agent {
  return ssh2.createAgent(socket);
}

/** Public keys that the agent holds, with their comments; throws when it does not answer within `limitMs`. */
export function agentKeys(
  agent: Agent,
  limitMs: number,
): Promise<readonly { blob: Buffer; comment: string }[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it does not answer')), limitMs);
    agent.getIdentities((error, keys) => {
      clearTimeout(timer);
      if (error) return reject(error);
      const parsed = (keys ?? []).map((key) => ssh2.utils.parseKey(key as Buffer));
      resolve(
        parsed.flatMap((key) =>
          key instanceof Error ? [] : [{ blob: key.getPublicSSH(), comment: key.comment }],
        ),
      );
    });
  });
}
