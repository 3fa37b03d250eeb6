/** What the SSH connections of one run share behind their options. */
import { homedir, userInfo } from 'node:os';
import { type AgentRing, agentRing } from './identity.ts';
import type { SharedJump } from './jump.ts';
import { type KnownHostsStore, knownHostsStore } from './known-hosts-file.ts';
import { handshakeLimiter, type Limiter } from './limiter.ts';
import { type ControlFolder, controlFolder } from './openssh-folder.ts';
import { type KeyRing, keyRing } from './private-key.ts';
import { questioner } from './question.ts';
import type { AskServer } from './ssh-auth.ts';
import { loadSshConfig, type SshConfig } from './ssh-config.ts';
import type { SshOptions } from './ssh-context.ts';
import type { RouteWorld } from './ssh-route.ts';

export interface SshWorld extends RouteWorld {
  readonly keys: KeyRing;
  readonly agents: AgentRing;
  readonly knownHosts: KnownHostsStore;
  readonly limiter: Limiter;
  /** Jump connections by the way that leads to them. */
  readonly jumps: Map<string, SharedJump>;
  /** For connections of the system's ssh. */
  readonly control: ControlFolder;
  /** Puts a server's questions to a person, one server at a time; what could not be asked is added to the notes. */
  questions(host: string, notes: string[]): AskServer;
  /** Whether logins send what follows from the usual answers without waiting for them. */
  readonly eager: boolean;
  /** Addresses where that did not fit: they are left to their own pace for the rest of the run. */
  readonly unhurried: Set<string>;
}

export function sshWorld(options: SshOptions): SshWorld {
  const home = options.home ?? homedir();
  let config: SshConfig | undefined;
  return {
    home,
    user: options.user ?? userInfo().username,
    env: options.env ?? {},
    config(query) {
      config ??= loadSshConfig(home, options.configFile);
      return config(query);
    },
    keys: keyRing(options.askPassphrase),
    agents: agentRing(),
    knownHosts: knownHostsStore(),
    limiter: handshakeLimiter(),
    jumps: new Map(),
    questions: questioner(options.askAnswer),
    control: controlFolder(),
    eager: options.eager ?? true,
    unhurried: new Set(),
  };
}
