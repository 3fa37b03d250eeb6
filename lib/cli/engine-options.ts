/** How the engine is told what the command line says: accounts, limits, carriers, secrets. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { RunError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import type { HostOptions } from '../engine/host-setup.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { hostVars } from '../load/inventory/host-vars.ts';
import { durationMs } from '../load/runbook/duration.ts';
import type { Disk } from '../load/source/disk.ts';
import { localFiles } from '../load/task/local-file.ts';
import { paramChecker } from '../load/task/param.ts';
import { parseConfirm } from '../model/confirm.ts';
import type { Emit } from '../model/event.ts';
import type { Project } from '../model/runbook.ts';
import { openSession } from '../remote/session.ts';
import { sshContext } from '../remote/ssh-context.ts';
import type { Args } from './args.ts';
import { maskCrashes } from './crash.ts';
import { loginKey } from './login-key.ts';
import { askAnswer, askPassphrase } from './passphrase.ts';
import { carriedWords, rerunCommand } from './rerun.ts';
import { version } from './version.ts';

/** Asked for, read or found before anything connects. */
export async function becomeSecret(args: Args): Promise<Secret | undefined> {
  // Nobody is asked, and nobody logged in to.
  if (args.has('against')) return undefined;
  const file = args.value('become-password-file');
  if (args.has('ask-become-pass')) {
    const { askPassword } = await import('./prompt.ts');
    return new Secret('become password', await askPassword('sudo password: '));
  }
  if (file !== undefined) return new Secret('become password', readPasswordFile(file));
  const { RUN_BECOME_PASSWORD } = process.env;
  return RUN_BECOME_PASSWORD ? new Secret('become password', RUN_BECOME_PASSWORD) : undefined;
}

function readPasswordFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new RunError('invalid', `the become password file ${path} cannot be read: ${String(error)}`, {
      hint: 'name a file that holds the password on its first line, readable by you alone',
    });
  }
}

export function runOptions(
  args: Args,
  project: Project,
  emit: Emit,
  becomePassword: Secret | undefined,
  disk?: Disk,
): RunOptions {
  const { secrets } = project.runbook;
  maskCrashes(becomePassword ? [...Object.values(secrets), becomePassword] : []);
  return {
    ...hostOptions(args, project, disk),
    version: version(),
    dryRun: args.has('dry-run'),
    allowLockout: args.has('allow-lockout'),
    confirm: parseConfirm(args.value('confirm')),
    detailedExitCode: args.has('detailed-exitcode'),
    forks: Number(args.value('forks')),
    becomePassword,
    user: args.value('user'),
    identity: args.has('against') ? undefined : loginKey(args.value('private-key')),
    connectTimeoutMs: Number(args.value('timeout')) * 1000,
    silenceTimeoutMs: 30_000,
    ...(args.value('reconnect') === undefined ? {} : { reconnectMs: Number(args.value('reconnect')) * 1000 }),
    ...(args.value('heartbeat') === undefined ? {} : { heartbeatMs: Number(args.value('heartbeat')) * 1000 }),
    locking: { owner: ownerName(), timeoutMs: waitMs(args.value('lock-timeout') ?? '0') },
    hostKeyPolicy: args.value('host-key') === 'accept-new' ? 'accept-new' : 'strict',
    open: openSession,
    ssh: sshContext({
      env: process.env,
      ...transport(args),
      ...(process.env.RUN_SSH_CONFIG ? { configFile: process.env.RUN_SSH_CONFIG } : {}),
      askPassphrase,
      askAnswer,
    }),
    emit,
    command: rerunCommand(process.argv.slice(2), carriedWords(args)),
  };
}

/** Who is told of to those that find a host locked. */
function ownerName(): string {
  const { SUDO_USER, USER, LOGNAME } = process.env;
  return `${SUDO_USER ?? USER ?? LOGNAME ?? process.getuid?.() ?? '?'}@${hostname()}`;
}

/** The flag was looked at with all the others. */
function waitMs(text: string): number {
  return text === '0' ? 0 : (durationMs(text) ?? 0);
}

/** What a run that is only foreseen needs, too. */
export function hostOptions(args: Args, project: Project, disk?: Disk): HostOptions {
  const check = paramChecker();
  return {
    project,
    become: { become: args.has('become'), user: args.value('become-user'), method: methodOf(args) },
    vars: once((host) => hostVars(project, host)),
    local: (path, step) => localFiles(path, step.place, disk),
    checkParams: (step, params) => check(step.task, step.taskName, params, step.with.place),
  };
}

/** A host's variables are asked for by everything that looks at the host. */
function once<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const value = make(name);
    made.set(name, value);
    return value;
  };
}

function transport(args: Args): { readonly transport?: 'builtin' | 'openssh' } {
  const carrier = args.value('transport');
  return carrier === 'builtin' || carrier === 'openssh' ? { transport: carrier } : {};
}

function methodOf(args: Args): 'sudo' | 'su' | 'doas' | undefined {
  const method = args.value('become-method');
  const said = args.source('become-method')?.kind !== 'default';
  return said && (method === 'sudo' || method === 'su' || method === 'doas') ? method : undefined;
}
