/** The guards of a run: limits that flags set, and the project's policies. */
import { invalid } from '../base/error.ts';
import { type RunControl, startRun } from '../engine/run.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { type LoadedPolicy, loadPolicies, policyFiles } from '../load/policies.ts';
import { createReport } from '../load/source/report.ts';
import type { Project } from '../model/runbook.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import type { Guards } from './judge-plan.ts';
import { canAsk } from './terminal.ts';

/**
 * How a run is started. Where nothing wants to see its plan first there is one pass, and nothing to pay for.
 * Throws RunError `invalid` for policies that cannot be loaded.
 */
export async function guarded(
  args: Args,
  project: Project,
  inventory: string,
): Promise<(options: RunOptions) => RunControl> {
  const guards = await openGuards(args, project.root);
  const asks = !args.has('yes') && !args.has('dry-run') && !args.has('json') && isText(args) && canAsk();
  if (!guards && !asks) return startRun;
  const [{ startReviewed }, { judgePlan, planView }] = await Promise.all([
    import('./reviewed-run.ts'),
    import('./judge-plan.ts'),
  ]);
  const ctx = { dryRun: args.has('dry-run'), now: new Date().toISOString() };
  const ask = asks ? (await import('./confirm.ts')).confirm(args) : undefined;
  return (options) => {
    // Until there is a plan to show, somebody at a terminal wonders.
    if (asks && !args.has('quiet'))
      process.stderr.write(
        `planning on ${project.limit.size === 1 ? '1 host' : `${project.limit.size} hosts`} …\n`,
      );
    return startReviewed(options, {
      view: (reviews) => planView(project, inventory, reviews),
      judge: (plan) => (guards ? judgePlan(guards, plan, ctx) : []),
      ask,
      agreed: args.has('yes'),
    });
  };
}

/** What a program reads holds no question. */
function isText(args: Args): boolean {
  return (args.value('format') ?? 'text') === 'text';
}

/** Undefined: nothing wants to see the plan. Throws RunError `invalid` for policies that cannot be loaded. */
export async function openGuards(args: Args, root: string): Promise<Guards | undefined> {
  const policies = policyFiles(root).length > 0 ? await readPolicies(root) : [];
  const [maxChanges, maxHosts] = [limitOf(args, 'max-changes'), limitOf(args, 'max-hosts')];
  if (policies.length === 0 && maxChanges === undefined && maxHosts === undefined) return undefined;
  return { maxChanges, maxHosts, policies };
}

function limitOf(args: Args, flag: string): number | undefined {
  const value = args.value(flag);
  return value === undefined ? undefined : Number(value);
}

async function readPolicies(root: string): Promise<readonly LoadedPolicy[]> {
  const report = createReport();
  const source = { root, cwd: process.cwd(), engineUrl: builtinTasks().engineUrl };
  const policies = await loadPolicies(source, report);
  if (report.size > 0) throw invalid(report.problems());
  return policies;
}
