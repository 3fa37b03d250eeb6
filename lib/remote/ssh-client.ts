/** The one module that talks to ssh2: a login over a given byte stream, and what can be opened on it afterwards. */
import type { Duplex, Readable } from 'node:stream';
import ssh2, {
  type BaseAgent,
  type ClientChannel,
  type ConnectConfig,
  type ParsedKey,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import type { ConnectFailure } from './ssh-failure.ts';
import { type Handshake, handshake, lossText } from './ssh-handshake.ts';

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
    const attempt = handshake(request.logins);
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
    const timer = setTimeout(() => {
      settle(attempt.fail('timeout', `no answer within ${request.timeoutMs / 1000} s`));
    }, request.timeoutMs);
    const wire = wireOf(client, (listener) => (open ? gone.push(listener) : listener(why)));

    const locked = (label: string): void => settle(attempt.locked(label));
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
      client.connect(configOf(request, attempt, locked));
    } catch (error) {
      settle(attempt.fail('other', error instanceof Error ? error.message : String(error)));
    }
  });
}

function configOf(
  request: LoginRequest,
  attempt: Handshake<Login>,
  locked: (label: string) => void,
): ConnectConfig {
  const { stream, user: username, hostKeyAlgorithms, silenceMs } = request;
  return {
    sock: stream,
    username,
    algorithms: { serverHostKey: [...hostKeyAlgorithms] as ServerHostKeyAlgorithm[] },
    hostVerifier: (blob: Buffer): boolean => attempt.judge(request.verifyHostKey(blob)),
    readyTimeout: 0,
    // ssh2 gives up after one interval more than it counts.
    keepaliveInterval: silenceMs / 4,
    keepaliveCountMax: 3,
    // The types know the form with a callback alone; an answer may also be returned.
    authHandler: ((methods: string[] | null) => {
      const next = attempt.next(methods);
      if (next === undefined) return false;
      if (next === 'none') return { type: 'none', username };
      if (next.kind === 'key') return { type: 'publickey', username, key: next.key };
      const agent =
        next.kind === 'agent'
          ? new OneKey(next.blob, next.agent)
          : new Locked(next.blob, () => locked(next.label));
      return { type: 'agent', username, agent };
    }) as never,
  };
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
