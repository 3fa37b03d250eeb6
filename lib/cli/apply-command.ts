/** `run apply <plan>`: a run that keeps to what was reviewed. */
import { homedir } from 'node:os';
import { RunError } from '../base/error.ts';
import { shellWord } from '../base/shell-word.ts';
import { createMask } from '../engine/mask.ts';
import { type RunControl, startRun } from '../engine/run.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { shownPath } from '../load/source/read.ts';
import type { Emit, RunEvent } from '../model/event.ts';
import type { Plan } from '../plan/plan.ts';
import { placed } from '../plan/portable-path.ts';
import type { Args } from './args.ts';
import { becomeSecret, runOptions } from './engine-options.ts';
import { openGuards } from './guard.ts';
import { beginJournal } from './journal.ts';
import { openRenderer, tellRefusal } from './renderer.ts';
import { openSavedPlan, type SavedPlan } from './saved-plan.ts';

export async function applyCommand(args: Args): Promise<number> {
  const emit = await openRenderer(args);
  try {
    const [name = '', ...rest] = args.positionals;
    if (rest.length > 0)
      throw new RunError('invalid', `too many words: ${rest.join(' ')}`, {
        hint: 'run apply plan.json [flags]: the plan says which runbook and which inventory',
      });
    const saved = await openSavedPlan(args, name);
    return await carryOut(args, saved, emit);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return tellRefusal(args, emit, error);
  }
}

async function carryOut(args: Args, saved: SavedPlan, emit: Emit): Promise<number> {
  const becomePassword = await becomeSecret(args);
  if (args.value('format') === 'github')
    (await import('./github-mask.ts')).maskOnGithub(args, [
      ...Object.values(saved.project.runbook.secrets),
      becomePassword,
    ]);
  if (await refusedByGuard(args, saved, emit)) return REFUSED.exit;
  const options = boundOptions(args, saved, emit, becomePassword);
  let control: RunControl | undefined;
  let stopped: 'SIGINT' | 'SIGTERM' | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      stopped ??= signal;
      control?.stop(signal);
    });
  if (args.has('strict')) {
    const told: RunEvent[] = [];
    control = startRun({
      ...options,
      dryRun: true,
      detailedExitCode: false,
      emit: (event) => told.push(event),
    });
    const { exit } = await control.verdict;
    if (exit !== 0) return refuseAll(told, exit, emit);
  }
  const { plan, project } = saved;
  const subject = { project, inventory: { recorded: plan.inventory }, verb: 'apply' };
  const journal = options.dryRun ? undefined : beginJournal(args, subject, emit);
  control = startRun({ ...options, emit: journal?.emit ?? emit, ...journal?.options });
  if (stopped) control.stop(stopped);
  return (await control.verdict.finally(() => journal?.close())).exit;
}

const REFUSED = { exit: 3, result: 'drifted' } as const;

/** Limits and policies of today see the plan, too, before anything connects. What somebody had to agree to was told with it. */
async function refusedByGuard(args: Args, { plan, project }: SavedPlan, emit: Emit): Promise<boolean> {
  const guards = await openGuards(args, project.root);
  if (!guards) return false;
  const { judgePlan, planView } = await import('./judge-plan.ts');
  const reviews = plan.hosts.filter(({ host }) => project.limit.has(host));
  const ctx = { dryRun: args.has('dry-run'), now: new Date().toISOString() };
  const refusals = judgePlan(guards, planView(project, plan.inventory, reviews), ctx).filter(
    ({ ask }) => !ask,
  );
  if (refusals.length === 0) return false;
  const masked = createMask(Object.values(project.runbook.secrets));
  for (const refusal of refusals) emit(masked(refusal) as RunEvent);
  emit({ kind: 'recap', ...REFUSED, dryRun: args.has('dry-run'), hosts: {} });
  return true;
}

/** One host is not as it was planned on, or cannot be reached: what was found out is told, and nothing is written. */
function refuseAll(told: readonly RunEvent[], exit: number, emit: Emit): number {
  const code = exit >= 128 ? exit : 3;
  for (const event of told) {
    if (event.kind === 'recap') emit(code === 3 ? { ...event, exit: 3, result: 'drifted' } : event);
    else emit(event);
  }
  return code;
}

/** What is left of a host is no longer what was reviewed: it takes a new plan. */
function planAgain(
  { runbook, inventory, flags }: Plan,
  root: string,
  args: Args,
  hosts: readonly string[],
): string {
  const file = (path: string): string => shownPath(placed(path, { root, home: homedir() }), process.cwd());
  const words = ['run', file(runbook), file(inventory)];
  for (const tag of flags.tags) words.push('--tags', tag);
  for (const tag of flags.skipTags) words.push('--skip-tags', tag);
  if (flags.from !== undefined) words.push('--from', flags.from);
  for (const step of flags.only ?? []) words.push('--only', step);
  for (const step of flags.allow ?? []) words.push('--allow', step);
  if (Object.keys(flags.extraVars).length > 0) words.push('--extra-vars', JSON.stringify(flags.extraVars));
  words.push('--limit', hosts.join(','), '--dry-run', '--out', args.positionals[0] ?? '');
  return words.map(shellWord).join(' ');
}

function boundOptions(
  args: Args,
  { plan, key, project, disk }: SavedPlan,
  emit: Emit,
  becomePassword: Parameters<typeof runOptions>[3],
): RunOptions {
  const { flags } = plan;
  const options = runOptions(args, project, emit, becomePassword, disk);
  const masked = createMask(Object.values(project.runbook.secrets), key.seal);
  return {
    ...options,
    become: { become: flags.become, user: flags.becomeUser, method: flags.becomeMethod },
    user: options.user ?? flags.user,
    seal: key.seal,
    provision: () => plan.provision,
    bound: {
      hosts: new Map(plan.hosts.map((review) => [review.host, review])),
      seal: key.seal,
      masked,
    },
    command: (hosts, again) =>
      again || hosts.length === 0
        ? options.command(hosts, again)
        : planAgain(plan, project.root, args, hosts),
  };
}
