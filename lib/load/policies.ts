/** The project's policies: `<root>/policies/*.ts`, compiled and cached as its tasks are. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatPlace, type Place } from '../base/problem.ts';
import type { Objection, PlanView, Policy, PolicyContext } from '../model/policy.ts';
import { isMap } from './source/json-schema.ts';
import { shownPath } from './source/read.ts';
import type { Report } from './source/report.ts';

export interface LoadedPolicy {
  /** As it is shown: relative to where the command was called. */
  readonly file: string;
  readonly summary: string;
  /** What it objects to. A policy that throws, or gives what is no list of objections, refuses the plan. */
  review(plan: PlanView, ctx: PolicyContext): readonly PolicyFinding[];
}

export interface PolicyFinding extends Objection {
  /** `policies/x.ts:4:9`: where it throws. */
  readonly at?: string;
}

export interface PolicySource {
  readonly root: string;
  readonly cwd: string;
  readonly engineUrl: string;
}

/** Files of policies in order of their names; declarations and names that begin with _ or . are none. */
export function policyFiles(root: string): readonly string[] {
  const folder = join(root, 'policies');
  try {
    return readdirSync(folder)
      .filter((name) => /^[a-z][a-z0-9_-]*\.ts$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    // A project has none. A folder that cannot be read holds some that would go unheard.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** All of them; what is wrong with one is reported. */
export async function loadPolicies(source: PolicySource, report: Report): Promise<readonly LoadedPolicy[]> {
  const files = policyFiles(source.root);
  if (files.length === 0) return [];
  const loaded = await Promise.all(files.map((path) => loadPolicy(path, source, report)));
  return loaded.filter((policy) => policy !== undefined);
}

async function loadPolicy(
  path: string,
  { root, cwd, engineUrl }: PolicySource,
  report: Report,
): Promise<LoadedPolicy | undefined> {
  const { importTask, TaskFault } = await import('./source/compile.ts');
  const file = shownPath(path, cwd);
  const top = { file, line: 1, col: 1 };
  const shown = (place: Place | undefined): Place | undefined =>
    place && { ...place, file: shownPath(place.file, cwd) };
  try {
    const { module, placeOf } = await importTask(path, root, engineUrl);
    const policy = policyOf(module);
    if (policy)
      return { file, summary: policy.summary, review: (plan, ctx) => heard(policy, plan, ctx, placeOf) };
    const hint = 'write `export default definePolicy({ summary, review(plan, ctx) { … } })`';
    report.add('policy-shape', `${file} has no policy as its default export`, top, hint);
  } catch (error) {
    if (!(error instanceof TaskFault)) throw error;
    const message = error.message.replace(/'file:[^']*\/(dist|lib)\/index\.[jt]s'/, "'tightbeam'");
    const hint = 'mend it; a plan that it has not seen is not carried out';
    report.add('policy-broken', `${file} cannot be loaded: ${message}`, shown(error.place) ?? top, hint);
  }
  return undefined;

  function heard(
    policy: Policy,
    plan: PlanView,
    ctx: PolicyContext,
    placeOf: (error: unknown) => Place | undefined,
  ): readonly PolicyFinding[] {
    try {
      const said: unknown = policy.review(plan, ctx);
      const fault = objectionFault(said);
      if (fault === undefined) return said as readonly Objection[];
      return [{ reason: `the policy gives no list of objections: ${fault}`, at: file, hint: HINT }];
    } catch (error) {
      const place = shown(placeOf(error));
      return [
        { reason: `the policy throws ${String(error)}`, at: place ? formatPlace(place) : file, hint: HINT },
      ];
    }
  }
}

const HINT = 'mend the policy; `npx tsc --project policies` finds wrong types';

function policyOf(module: unknown): Policy | undefined {
  const policy = isMap(module) ? module.default : undefined;
  const fits = isMap(policy) && typeof policy.summary === 'string' && typeof policy.review === 'function';
  return fits ? (policy as unknown as Policy) : undefined;
}

const TEXTS = ['host', 'step', 'key', 'hint'] as const;

/** What keeps it from being a list of objections. */
function objectionFault(said: unknown): string | undefined {
  if (said instanceof Promise) return 'it is a promise; `review` must not wait for anything';
  if (!Array.isArray(said)) return 'it is no list';
  for (const [index, item] of said.entries()) {
    if (!isMap(item)) return `item ${index} is no object`;
    if (typeof item.reason !== 'string' || item.reason.trim() === '') return `item ${index} has no reason`;
    const wrong = TEXTS.find((name) => item[name] !== undefined && typeof item[name] !== 'string');
    if (wrong !== undefined) return `${wrong} of item ${index} is no text`;
    if (item.ask !== undefined && item.ask !== true) return `ask of item ${index} is not true`;
  }
  return undefined;
}
