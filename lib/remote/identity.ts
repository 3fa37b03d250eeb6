/** Which keys are offered to a host, in which order: the one named for it, those of ssh_config, the agent's, the usual files. */
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { shellWord } from '../base/shell-word.ts';
import { fingerprint } from './known-hosts.ts';
import type { KeyRing } from './private-key.ts';
import { type Agent, agentAt, agentKeys, type Login } from './ssh-auth.ts';
import type { Hop } from './ssh-route.ts';

const USUAL = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
const AGENT_LIMIT_MS = 3000;
const MISSING = 'not there';

export interface Offer {
  readonly logins: readonly Login[];
  /** What was looked at and could not be offered, for the error message. */
  readonly notes: readonly string[];
}

type KeyLogin = Exclude<Login, { readonly kind: 'questions' }>;

interface Held {
  readonly agent: Agent;
  readonly blob: Buffer;
  readonly comment: string;
}

/** What the agents of a run hold: each is asked once. */
export interface AgentRing {
  keys(socket: string): Promise<readonly Held[]>;
}

export function agentRing(): AgentRing {
  const asked = new Map<string, Promise<readonly Held[]>>();
  return {
    keys(socket) {
      const running = asked.get(socket) ?? askAgent(socket);
      asked.set(socket, running);
      return running;
    },
  };
}

async function askAgent(socket: string): Promise<readonly Held[]> {
  const agent = agentAt(socket);
  const keys = await agentKeys(agent, AGENT_LIMIT_MS);
  return keys.map((key) => ({ ...key, agent }));
}

/** The keys to offer. Throws when the key that was named for the host cannot be used at all. */
export async function gatherLogins(hop: Hop, ring: KeyRing, agents: AgentRing, home: string): Promise<Offer> {
  const notes: string[] = [];
  const held = await heldKeys(hop, agents, notes);
  const list = new Map<string, Login>();
  const add = (blob: Buffer, login: Login): void => {
    const id = blob.toString('base64');
    if (!list.has(id)) list.set(id, login);
  };
  const addCertified = (blob: Buffer, login: KeyLogin, file: string): void => {
    for (const each of [`${file}-cert.pub`, ...hop.certificateFiles]) {
      const certificate = ring.certificate(each, blob);
      if (certificate) add(certificate, { ...login, label: each, certificate });
    }
    add(blob, login);
  };
  const addFile = async (file: string, from: 'target' | 'config' | 'usual'): Promise<void> => {
    const login = await fromFile(file, ring, held, (why) => {
      if (from === 'target') throw unusable(hop, file, why);
      if (from === 'config' || why !== MISSING) notes.push(`${file}: ${why}`);
    });
    if (login) addCertified(login.blob, login.login, file);
  };
  if (hop.identity !== undefined) await addFile(hop.identity, 'target');
  for (const file of hop.identityFiles) await addFile(file, 'config');
  const named = hop.identity !== undefined || hop.identityFiles.length > 0;
  const usual = named ? [] : USUAL.map((name) => join(home, '.ssh', name));
  // With IdentitiesOnly the agent serves for the files alone.
  if (hop.identitiesOnly) for (const file of usual) await addFile(file, 'usual');
  else for (const key of held) add(key.blob, fromAgent(key));
  if (!hop.identitiesOnly) for (const file of usual) await addFile(file, 'usual');
  if (list.size === 0 && usual.length > 0) notes.push(`none of ${usual.join(', ')} can be used`);
  return { logins: [...list.values()], notes };
}

async function heldKeys(hop: Hop, agents: AgentRing, notes: string[]): Promise<readonly Held[]> {
  if (hop.agent === undefined) return [];
  try {
    return await agents.keys(hop.agent);
  } catch (error) {
    notes.push(`agent ${hop.agent}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function fromAgent(key: Held): KeyLogin {
  const print = fingerprint(key.blob).slice(0, 19);
  return { kind: 'agent', label: `agent: ${key.comment || 'key'} (${print}…)`, ...key };
}

async function fromFile(
  file: string,
  ring: KeyRing,
  held: readonly Held[],
  refuse: (why: string) => void,
): Promise<{ readonly blob: Buffer; readonly login: KeyLogin } | undefined> {
  const found = ring.load(file);
  if (found.kind === 'missing') return void refuse(MISSING);
  if (found.kind === 'bad') return void refuse(found.why);
  if (found.kind === 'open') {
    return { blob: found.blob, login: { kind: 'key', label: file, key: found.key } };
  }
  const blob = found.blob;
  const inAgent = held.find((key) => blob?.equals(key.blob));
  if (inAgent)
    return { blob: inAgent.blob, login: { ...fromAgent(inAgent), label: `${file} (by the agent)` } };
  if (found.kind === 'public') return void refuse('a public key whose private half no agent holds');
  if (blob) return { blob, login: { kind: 'locked', label: file, file, blob } };
  // An old format that hides its public half: the passphrase is needed before anything can be offered.
  const key = await ring.unlock(file);
  if (!key) return void refuse(LOCKED);
  return { blob: key.getPublicSSH(), login: { kind: 'key', label: file, key } };
}

export const LOCKED = 'locked by a passphrase that was not given';

function unusable(hop: Hop, file: string, why: string): RunError {
  return new RunError('unreachable', `${hop.label}: key ${file}: ${why}`, {
    hint: `name another key (--private-key, or \`identity:\` in the inventory), or ssh-add ${shellWord(file)}`,
  });
}
