/** Tries every step on every host it is for, as far as it can be known before connecting: names, types, parameters. */
import { RunError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import { findUnknown, Unknown } from '../base/unknown.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Scope } from '../model/runbook.ts';
import type { StepDraft } from './draft.ts';
import { checkPath, type NameWorld } from './name-check.ts';
import { child } from './node.ts';
import type { Path } from './path.ts';
import type { Report } from './report.ts';
import type { BuiltStep } from './runbook.ts';
import type { Compiled, Use } from './template.ts';
import { checkParams } from './trial-param.ts';
import { trialScope } from './trial-scope.ts';
import type { ValueWorld } from './value-place.ts';

/** The parameters of a step on a host; none where its condition is known to be false. */
export interface Tried {
  readonly params: Readonly<Record<string, unknown>> | undefined;
  /** Something within them is not known yet. */
  readonly open: boolean;
}

export interface TrialWorld {
  readonly names: NameWorld;
  readonly inventory: Inventory;
  readonly runbookName: string;
  readonly drafts: readonly StepDraft[];
  /** Absolute path of the runbook. */
  readonly path: string;
  readonly cwd: string;
  readonly extraVars: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Scopes by host, filled as they are asked for. */
  readonly scopes: Map<string, Scope>;
  /** Where values of variables come from. */
  readonly values: ValueWorld;
  /** Parameters by step and host, as the trial finds them; those with a fault are not in it. */
  readonly tried: Map<string, Map<string, Tried>>;
  /** The secrets are stand-ins: an error of an expression that looks at one means nothing. */
  readonly shamSecrets: boolean;
}

/** Reports each fault once, for the first host that has it. */
export function tryStep(built: BuiltStep, world: TrialWorld, report: Report): void {
  const seen = new Set<string>();
  const once = (code: string, key: string, add: () => void): void => {
    if (seen.has(`${code} ${key}`)) return;
    seen.add(`${code} ${key}`);
    add();
  };
  const fixed = built.with.constant ? tried(built.with.evaluate({})) : undefined;
  const sound = !fixed || checkParams(built, fixed.params, undefined, world, report, once);
  refuseSecrets(built.when, 'a condition', report);
  const results = new Map<string, Tried>();
  world.tried.set(built.step.id, results);
  for (const host of built.step.hosts) {
    const result = tryOn(host, built, sound ? fixed : undefined, world, report, once);
    if (result) results.set(host, result);
  }
}

export type Once = (code: string, key: string, add: () => void) => void;

/** Gives the parameters there; undefined when something is wrong with them, which has been reported. */
function tryOn(
  host: string,
  built: BuiltStep,
  fixed: Tried | undefined,
  world: TrialWorld,
  report: Report,
  once: Once,
): Tried | undefined {
  const scope = world.scopes.get(host) ?? trialScope(host, world);
  world.scopes.set(host, scope);
  const attempt: Attempt = { host, world, report, once };
  const given = built.vars ? tryTemplate(built.vars, scope, {}, attempt) : {};
  const own = (given instanceof Unknown ? localNames(built) : given) as Readonly<Record<string, unknown>>;
  const local = { ...own, ...world.extraVars };
  const inner = built.vars ? { ...scope, vars: { ...(scope.vars as object), ...local } } : scope;
  const condition = built.when && tryTemplate(built.when, inner, local, attempt);
  if (built.when) checkCondition(condition, built, attempt);
  if (built.with.constant) return condition === false ? NOT_THERE : fixed;
  const params = tryTemplate(built.with, inner, local, attempt);
  if (params instanceof Unknown || !checkParams(built, params, host, world, report, once)) return undefined;
  return condition === false ? NOT_THERE : tried(params);
}

const NOT_THERE: Tried = { params: undefined, open: false };

function tried(params: unknown): Tried {
  return { params: params as Tried['params'], open: findUnknown(params) !== undefined };
}

interface Attempt {
  readonly host: string;
  readonly world: TrialWorld;
  readonly report: Report;
  readonly once: Once;
}

/** The value there, unknown when a name is missing or the evaluation fails; both are reported. */
function tryTemplate(
  template: Compiled,
  scope: Scope,
  local: Readonly<Record<string, unknown>>,
  { host, world, report, once }: Attempt,
): unknown {
  if (template.constant) return template.evaluate(scope);
  let sound = true;
  for (const use of template.uses) sound = checkNames(use, host, local, world.names, report, once) && sound;
  const secret = template.uses.some((use) => use.expression.paths.some((path) => path.root === 'secrets'));
  if (!sound) return new Unknown('a name that does not exist');
  try {
    return template.evaluate(scope);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (secret && world.shamSecrets) return new Unknown('a secret');
    for (const problem of error.problems) {
      const key = `${problem.place?.line}:${problem.place?.col}`;
      once(problem.code, key, () =>
        report.add(problem.code, `${problem.message} (on ${host})`, problem.place, problem.hint),
      );
    }
    return new Unknown('an expression with a fault');
  }
}

/** Reports the names of one expression that do not exist on a host; true when all do. */
export function checkNames(
  use: Use,
  host: string,
  local: Readonly<Record<string, unknown>>,
  names: NameWorld,
  report: Report,
  once: Once,
): boolean {
  let sound = true;
  const { paths } = use.expression;
  for (const path of paths) {
    if (paths.some((other) => other.tested && begins(path, other) && other !== path)) continue;
    const fault = checkPath(path, host, local, names);
    if (!fault) continue;
    sound = false;
    const start = pathStart(use, path);
    once(fault.code, `${start}`, () => {
      report.add(fault.code, fault.message, { ...use.spot, start }, fault.hint);
    });
  }
  return sound;
}

/** Guarded by `has(…)` in the same expression. */
function begins(path: Path, test: Path): boolean {
  return (
    path.root === test.root && test.segments.every((segment, at) => segment.name === path.segments[at]?.name)
  );
}

/** Where the path stands in the file, when the expression's text stands there as it is. */
function pathStart(use: Use, path: Path): number {
  const { file, start } = use.spot;
  const at = file.text.indexOf(use.expression.text, start);
  return at === -1 || at > start + 4 ? start : at + path.at;
}

function refuseSecrets(template: Compiled | undefined, where: string, report: Report): void {
  for (const use of template?.uses ?? []) {
    if (!use.expression.paths.some((path) => path.root === 'secrets')) continue;
    report.add('secret-exposed', `a secret may not stand in ${where}`, use.spot, SEEN_BY_ITS_EFFECT);
  }
}

const SEEN_BY_ITS_EFFECT = 'whether it holds could be seen from what the run does';

function checkCondition(value: unknown, built: BuiltStep, { host, report, once }: Attempt): void {
  if (typeof value === 'boolean' || value instanceof Unknown) return;
  const node = child(built.draft.node, 'when') ?? built.draft.node;
  if (value instanceof Secret) {
    // Where the condition itself looks at a secret, that has been said.
    if (built.when?.uses.some((use) => use.expression.paths.some((path) => path.root === 'secrets'))) return;
    once('secret-exposed', 'when', () =>
      report.add('secret-exposed', 'a secret may not stand in a condition', node, SEEN_BY_ITS_EFFECT),
    );
    return;
  }
  const what = value === null ? 'empty' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  const hint = 'compare it with something: ==, !=, <, in';
  once('when-type', 'when', () =>
    report.add('when-type', `a condition must be true or false, this is ${what} (on ${host})`, node, hint),
  );
}

/** Names with unknown values, for a step whose `vars` could not be worked out. */
function localNames(built: BuiltStep): Readonly<Record<string, unknown>> {
  const node = child(built.draft.node, 'vars');
  const entries = node?.kind === 'map' ? node.entries : [];
  return Object.fromEntries(entries.map((entry) => [entry.name, new Unknown(`variable ${entry.name}`)]));
}
