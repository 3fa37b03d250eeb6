/** The way to /bin/sh on a host: plain, or through sudo, su or doas, with a password only where one is asked for. */
import { randomBytes } from 'node:crypto';
import { RunError } from '../base/error.ts';
import { type Sh, sh } from '../base/sh.ts';
import type { Target } from './contract.ts';
import type { Died, Supervisor } from './supervisor.ts';

export interface Entry {
  /** For the login shell, whatever it is: one word in single quotes means the same in sh, csh and fish. */
  readonly command: Sh;
  /** Present when a password may be asked for. */
  readonly ask?: {
    /** On stderr, when the password is wanted. */
    readonly prompt: RegExp;
    /** On stdout, when the shell has started. */
    readonly greeting: string;
  };
}

const OUR_PROMPT = /tb[0-9a-f]{16}p:/g;

export function createEntry(target: Target): Entry {
  const { become } = target;
  if (!become) return { command: sh`exec /bin/sh` };
  const { user, method } = become;
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(user)) throw new RunError('invalid', `"${user}" is no account name`);
  // Whoever is that account already needs no sudo, and may not even have one.
  const login = (way: string, greet = '') =>
    sh`exec /bin/sh -c ${`[ "$(id -un)" = ${user} ] && { ${greet} exec /bin/sh; }; exec ${way}`}`;
  if (method === 'doas') return { command: login(`doas -n -u ${user} /bin/sh`) };
  const token = `tb${randomBytes(8).toString('hex')}`;
  const greet = `echo ${token};`;
  const greeted = `/bin/sh -c "${greet} exec /bin/sh"`;
  if (method === 'su') {
    // su has no prompt of our own; as root it asks for nothing, so the greeting is waited for in any case.
    const command = login(`env LC_ALL=C su -s /bin/sh -c "${greet} exec /bin/sh" ${user}`, greet);
    return { command, ask: { prompt: /Password: ?$/, greeting: token } };
  }
  if (!target.becomePassword) return { command: login(`sudo -n -H -u ${user} -- /bin/sh`) };
  const prompt = `${token}p:`;
  const command = login(`sudo -S -H -p ${prompt} -u ${user} -- ${greeted}`, greet);
  return { command, ask: { prompt: new RegExp(`${prompt}$`), greeting: token } };
}

/** Waits until the shell greets, giving the password when it is asked for. Throws RunError `failed`, or Died. */
export async function passPrompt(link: Supervisor, entry: Entry, target: Target): Promise<void> {
  const { ask } = entry;
  if (!ask) return;
  let stop = () => undefined as unknown;
  const seen = { out: '', err: '' };
  const greeted = new Promise<void>((resolve, reject) => {
    let given = false;
    stop = link.onNoise((stream, text) => {
      seen[stream] += text;
      if (seen.out.includes(ask.greeting)) return resolve();
      if (!ask.prompt.test(seen.err)) return;
      seen.err = '';
      if (given) return reject(wrongPassword(target));
      if (!target.becomePassword) return reject(passwordWanted(target));
      given = true;
      link.send(Buffer.from(`${target.becomePassword.reveal()}\n`, 'utf8')).catch(reject);
    });
  });
  try {
    // No sign of life may be asked for yet: sudo would read it as the password.
    await link.during(greeted, false);
  } finally {
    stop();
  }
}

function wrongPassword(target: Target): RunError {
  return new RunError('failed', `${target.become?.method} on ${target.name} did not accept the password`, {
    hint: `give the password of ${target.become?.method === 'su' ? target.become.user : (target.user ?? 'the login account')} with -K`,
  });
}

function passwordWanted(target: Target): RunError {
  if (target.become?.method === 'doas') {
    return new RunError('failed', `doas on ${target.name} wants a password`, {
      hint: 'doas takes passwords from a terminal alone: say `nopass` for the account in its doas.conf, or use sudo or su',
    });
  }
  return new RunError('failed', `${target.become?.method} on ${target.name} wants a password`, {
    hint: 'give it with -K (--ask-become-pass), or allow the account to become without one',
  });
}

/** The first line in which sudo, su or doas says something in its own name, else the last line of all. */
function reasonIn(noise: string, method: string | undefined): string | undefined {
  const lines = noise.split('\n');
  return lines.find((line) => method !== undefined && line.startsWith(`${method}: `)) ?? lines.pop();
}

/** What it means that the shell went before it said anything. */
export function explainSilentDeath(target: Target, died: Died): RunError {
  const { end } = died;
  if (end.failure) return end.failure;
  const noise = died.noise.replaceAll(OUR_PROMPT, '');
  const detail = { output: noise, cause: died };
  const said = reasonIn(noise, target.become?.method) || `status ${end.rc ?? 'unknown'}`;
  if (end.error === undefined && target.become) {
    const { method, user } = target.become;
    if (/incorrect password|Authentication failure|try again/i.test(noise)) return wrongPassword(target);
    if (
      /password is required|a terminal is required|Authorization required|Authentication required/i.test(
        noise,
      )
    ) {
      return passwordWanted(target);
    }
    return new RunError('failed', `${target.name}: cannot become ${user} with ${method}: ${said}`, {
      ...detail,
      hint: `check that ${target.user ?? 'the login account'} may use ${method} to become ${user} there`,
    });
  }
  if (end.error !== undefined) {
    return new RunError('unreachable', `${target.name}: ${end.error}`, {
      ...detail,
      hint: 'check that the host is up, then run it again',
    });
  }
  return new RunError('unreachable', `${target.name}: the shell ended before it answered: ${said}`, {
    ...detail,
    hint: `check that ${target.user ?? 'the account'} may log in there and that /bin/sh works`,
  });
}
