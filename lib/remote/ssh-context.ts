/** What all SSH connections of one run share: made once by the command line, handed along in each target. Light to load. */
import type { Secret } from '../base/secret.ts';
import type { SshWorld } from './ssh-world.ts';

/** Asks a person for the passphrase of a key file; `attempt` counts from 1. Undefined gives the key up. */
export type AskPassphrase = (file: string, attempt: number) => Promise<Secret | undefined>;

/** Puts a server's question to a person and never shows the answer. Undefined: there is nobody to ask. */
export type AskAnswer = (host: string, question: string) => Promise<Secret | undefined>;

export interface SshOptions {
  /** Home folder of the account that runs us; default: the system's answer. */
  readonly home?: string;
  /** Account to log in as where nothing else says one; default: the one that runs us. */
  readonly user?: string;
  /** Environment, for SSH_AUTH_SOCK and `${NAME}` in ssh_config; default: empty, so no agent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** ssh_config to read instead of ~/.ssh/config and /etc/ssh/ssh_config; `none` reads no file. */
  readonly configFile?: string;
  /** Without it, locked keys are used through an agent alone. */
  readonly askPassphrase?: AskPassphrase;
  /** Without it, servers that ask for one-time codes cannot be logged in to. */
  readonly askAnswer?: AskAnswer;
  /** For targets that do not say themselves; default: builtin. */
  readonly transport?: 'builtin' | 'openssh';
  /** False: every answer of a server is waited for during the login, as other clients do. Default: true. */
  readonly eager?: boolean;
}

/** Options, and the one memory behind them: parsed keys, ssh_config, known hosts, jump connections. */
export interface SshContext {
  readonly options: SshOptions;
  world(make: (options: SshOptions) => SshWorld): SshWorld;
}

export function sshContext(options: SshOptions = {}): SshContext {
  let world: SshWorld | undefined;
  return {
    options,
    world(make) {
      world ??= make(options);
      return world;
    },
  };
}
