/** Ways to prove who we are, as ssh2 takes them. */
import type { Duplex, Readable } from 'node:stream';
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';

export type PrivateKey = ParsedKey;
export type Agent = BaseAgent;
export type ExecStream = Duplex & { readonly stderr: Readable };

/** One way to prove who we are; `label` names it for people. */
export type Login =
  | { readonly kind: 'key'; readonly label: string; readonly key: PrivateKey }
  | { readonly kind: 'agent'; readonly label: string; readonly blob: Buffer; readonly agent: Agent }
  /** A key whose passphrase nobody has given yet: offered by its public half. */
  | { readonly kind: 'locked'; readonly label: string; readonly blob: Buffer };

/** What ssh2's authHandler may answer. */
export function authMethod(username: string, login: Login | 'none', locked: (label: string) => void): object {
  if (login === 'none') return { type: 'none', username };
  if (login.kind === 'key') return { type: 'publickey', username, key: login.key };
  const agent =
    login.kind === 'agent'
      ? new OneKey(login.blob, login.agent)
      : new Locked(login.blob, () => locked(login.label));
  return { type: 'agent', username, agent };
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
