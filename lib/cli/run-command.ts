/** `run <runbook> <inventory>`: loads everything, then lets the engine work and a renderer tell. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { RunError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import { nearest } from '../base/suggest.ts';
import { startRun } from '../engine/run.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { hostVars } from '../load/host-vars.ts';
import { localFiles } from '../load/local-file.ts';
import { paramChecker } from '../load/param.ts';
import { loadProject } from '../load/project.ts';
import type { Emit } from '../model/event.ts';
import type { Project } from '../model/runbook.ts';
import { openSession } from '../remote/session.ts';
import { sshContext } from '../remote/ssh-context.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { loginKey } from './login-key.ts';
import { askAnswer, askPassphrase } from './passphrase.ts';
import { refusalEvents, refusalText } from './refusal.ts';
import { openRenderer } from './renderer.ts';
import { rerunCommand } from './rerun.ts';
import { VERBS } from './verbs.ts';
import { version } from './version.ts';

export async function runCommand(args: Args): Promise<number> {
  const emit = await openRenderer(args);
  try {
    return await carryOut(args, emit);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return refuse(args, emit, asVerb(error, args.positionals[0] ?? ''));
  }
}

async function carryOut(args: Args, emit: Emit): Promise<number> {
  const project = await load(args);
  if (args.has('list-hosts')) return print([...project.limit]);
  if (args.has('list-steps')) return print(stepLines(project));
  const control = startRun(runOptions(args, project, emit, await becomeSecret(args)));
  process.on('SIGINT', () => control.stop('SIGINT'));
  process.on('SIGTERM', () => control.stop('SIGTERM'));
  return (await control.verdict).exit;
}

/** A word that names no runbook may have been meant as a subcommand. */
function asVerb(error: RunError, word: string): RunError {
  const [problem] = error.problems;
  const verb = nearest(
    word,
    VERBS.map(({ name }) => name),
  );
  if (problem?.code !== 'no-runbook' || verb === undefined) return error;
  const hint = `did you mean "${verb}"? ${problem.hint ?? ''}`.trimEnd();
  return new RunError('invalid', error.message, { hint, problems: [{ ...problem, hint }] });
}

async function load(args: Args): Promise<Project> {
  const [runbook, inventory, ...rest] = args.positionals;
  if (runbook === undefined)
    throw new RunError('invalid', 'which runbook?', { hint: 'run <runbook> <inventory>' });
  if (rest.length > 0)
    throw new RunError('invalid', `too many words: ${rest.join(' ')}`, {
      hint: 'run <runbook> <inventory> [flags]',
    });
  const builtin = builtinTasks();
  const project = args.value('project');
  return loadProject({
    cwd: process.cwd(),
    runbook,
    inventory: inventory ?? '',
    ...(project === undefined ? {} : { project }),
    limit: args.values('limit'),
    tags: args.values('tags'),
    skipTags: args.values('skip-tags'),
    extraVars: args.values('extra-vars'),
    builtinTasks: builtin.tasks,
    builtinFolder: builtin.folder,
    engineUrl: builtin.engineUrl,
    env: process.env,
    home: homedir(),
    fetchSecrets: !args.has('list-hosts') && !args.has('list-steps'),
  });
}

/** Everything that was wrong, on stderr for people and as one event and the recap with --json. */
function refuse(args: Args, emit: Emit, error: RunError): number {
  const [invalid, recap] = refusalEvents(error, args.has('dry-run'));
  if (args.has('json')) {
    emit(invalid);
    emit(recap);
  }
  process.stderr.write(refusalText(error));
  return recap.exit;
}

function print(lines: readonly string[]): number {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

function stepLines(project: Project): string[] {
  const list = [...project.runbook.steps, ...project.runbook.handlers].filter(
    ({ id }) => !project.leftOut.has(id),
  );
  return list.map(
    ({ id, taskName, tags, hosts }) =>
      `${id}  ${taskName}  ${[...hosts].filter((host) => project.limit.has(host)).join(',')}${tags.length > 0 ? `  tags: ${tags.join(',')}` : ''}`,
  );
}

async function becomeSecret(args: Args): Promise<Secret | undefined> {
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

function runOptions(
  args: Args,
  project: Project,
  emit: Emit,
  becomePassword: Secret | undefined,
): RunOptions {
  const check = paramChecker();
  return {
    project,
    version: version(),
    dryRun: args.has('dry-run'),
    detailedExitCode: args.has('detailed-exitcode'),
    forks: wholeNumber(args, 'forks', 50),
    become: { become: args.has('become'), user: args.value('become-user') },
    becomePassword,
    user: args.value('user'),
    identity: loginKey(args.value('private-key')),
    connectTimeoutMs: wholeNumber(args, 'timeout', 10) * 1000,
    silenceTimeoutMs: 30_000,
    hostKeyPolicy: hostKeyPolicy(args),
    open: openSession,
    ssh: sshContext({
      env: process.env,
      ...transport(args),
      ...(process.env.RUN_SSH_CONFIG ? { configFile: process.env.RUN_SSH_CONFIG } : {}),
      askPassphrase,
      askAnswer,
    }),
    emit,
    command: rerunCommand(process.argv.slice(2)),
    vars: once((host) => hostVars(project, host)),
    local: (path, step) => localFiles(path, step.place),
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

function wholeNumber(args: Args, name: string, fallback: number): number {
  const text = args.value(name);
  if (text === undefined) return fallback;
  if (!/^[1-9][0-9]{0,5}$/.test(text))
    throw new RunError('invalid', `--${name} takes a whole number from 1, not "${text}"`);
  return Number(text);
}

function transport(args: Args): { readonly transport?: 'builtin' | 'openssh' } {
  const carrier = args.value('transport');
  if (carrier === undefined) return {};
  if (carrier === 'builtin' || carrier === 'openssh') return { transport: carrier };
  throw new RunError('invalid', `--transport is builtin or openssh, not "${carrier}"`);
}

function hostKeyPolicy(args: Args): 'strict' | 'accept-new' {
  const policy = args.value('host-key') ?? 'strict';
  if (policy === 'strict' || policy === 'accept-new') return policy;
  throw new RunError('invalid', `--host-key is strict or accept-new, not "${policy}"`);
}
