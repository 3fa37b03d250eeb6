/** Ways to prove who we are, as ssh2 takes them. */
import { createPrivateKey, sign } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import ssh2, { type BaseAgent, type ParsedKey } from './ssh2.ts';

export type PrivateKey = ParsedKey;
export type Agent = BaseAgent;
export type ExecStream = Duplex & { readonly stderr: Readable };

/** One way to prove who we are; `label` names it for people. */
export type Login =
  | { readonly kind: 'key'; readonly label: string; readonly key: PrivateKey; readonly certificate?: Buffer }
  | {
      readonly kind: 'agent';
      readonly label: string;
      readonly blob: Buffer;
      readonly agent: Agent;
      readonly certificate?: Buffer;
    }
  /** A key whose passphrase nobody has given yet: offered by its public half. */
  | {
      readonly kind: 'locked';
      readonly label: string;
      readonly file: string;
      readonly blob: Buffer;
      readonly certificate?: Buffer;
    }
  /** Questions of the server that a person answers: one-time codes, passwords of PAM. */
  | { readonly kind: 'questions'; readonly label: string; readonly ask: AskServer };

/** Gives an answer to each question; undefined when nobody could. */
export type AskServer = (questions: readonly string[]) => Promise<readonly string[] | undefined>;

/** Where what is answered takes a person's time, `waiting` is called with true before and with false after. */
export interface AuthEvents {
  locked(file: string): void;
  waiting(on: boolean): void;
  /** Nobody could answer the server's questions. */
  unanswered(): void;
}

/** The method of the protocol that a login uses. */
export function methodOf(login: Login): 'publickey' | 'keyboard-interactive' {
  return login.kind === 'questions' ? 'keyboard-interactive' : 'publickey';
}

/** What ssh2's authHandler may answer. */
export function authMethod(username: string, login: Login | 'none', events: AuthEvents): object {
  if (login === 'none') return { type: 'none', username };
  if (login.kind === 'questions')
    return { type: 'keyboard-interactive', username, prompt: prompter(login.ask, events) };
  if (login.kind === 'key') return { type: 'publickey', username, key: login.key };
  const agent =
    login.kind === 'agent'
      ? new OneKey(login.blob, login.agent)
      : new Locked(login.blob, () => events.locked(login.file));
  return { type: 'agent', username, agent };
}

type Finish = (answers: readonly string[]) => void;

function prompter(ask: AskServer, events: AuthEvents) {
  return (
    _name: string,
    instructions: string,
    _language: string,
    prompts: readonly { readonly prompt: string }[],
    finish: Finish,
  ): void => {
    events.waiting(true);
    const texts = prompts.map(({ prompt }) => [instructions.trim(), prompt].filter((each) => each).join(' '));
    ask(texts)
      .catch(() => undefined)
      .then((answers) => {
        events.waiting(false);
        if (answers) finish(answers);
        else events.unanswered();
      })
      .catch(() => undefined);
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

/** The private or public key in this text; an Error where it cannot be used (a wrong passphrase too). */
export function parseKey(text: Buffer, passphrase?: string): PrivateKey | Error {
  const parsed: ParsedKey | Error | (ParsedKey | Error)[] = ssh2.utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key) return new Error('no key in the file');
  return key instanceof Error ? key : signingFast(key);
}

/** ssh2 has OpenSSL read the key's text anew for each signature: ten times the cost of the signature, per login. */
function signingFast(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-ed25519' || !key.isPrivateKey()) return key;
  const opened = createPrivateKey(key.getPrivatePEM());
  return Object.defineProperty(key, 'sign', { value: (data: Buffer) => sign(null, data, opened) });
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
