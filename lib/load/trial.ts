/** Tries every step on every host it is for, as far as it can be known before connecting: names, types, parameters. */
import { dirname } from 'node:path';
import { RunError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import { didYouMean } from '../base/suggest.ts';
import { Unknown } from '../base/unknown.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Scope } from '../model/runbook.ts';
import { checkPath, type NameWorld } from './name-check.ts';
import { child, type Node } from './node.ts';
import { parameterCode, paramViolations, schemaOf, withFormat } from './param.ts';
import type { Path } from './path.ts';
import { isFile, isFolder, shownPath } from './read.ts';
import type { Report } from './report.ts';
import type { BuiltStep } from './runbook.ts';
import { reportViolation } from './shape.ts';
import type { Compiled, Use } from './template.ts';
import { trialScope } from './trial-scope.ts';

export interface TrialWorld {
  readonly names: NameWorld;
  readonly inventory: Inventory;
  readonly runbookName: string;
  /** Absolute path of the runbook. */
  readonly path: string;
  readonly cwd: string;
  readonly extraVars: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Scopes by host, filled as they are asked for. */
  readonly scopes: Map<string, Scope>;
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
  if (built.step.with.constant)
    checkParams(built, built.step.with.evaluate({}), undefined, world, report, once);
  refuseSecrets(built.when, 'a condition', report);
  for (const host of built.step.hosts) tryOn(host, built, world, report, once);
}

type Once = (code: string, key: string, add: () => void) => void;

function tryOn(host: string, built: BuiltStep, world: TrialWorld, report: Report, once: Once): void {
  const scope = world.scopes.get(host) ?? trialScope(host, world);
  world.scopes.set(host, scope);
  const attempt: Attempt = { host, world, report, once };
  const given = built.vars ? tryTemplate(built.vars, scope, {}, attempt) : {};
  const own = (given instanceof Unknown ? localNames(built) : given) as Readonly<Record<string, unknown>>;
  const local = { ...own, ...world.extraVars };
  const inner = built.vars ? { ...scope, vars: { ...(scope.vars as object), ...local } } : scope;
  if (built.when) checkCondition(tryTemplate(built.when, inner, local, attempt), built, attempt);
  if (built.with.constant) return;
  const params = tryTemplate(built.with, inner, local, attempt);
  if (!(params instanceof Unknown)) checkParams(built, params, host, world, report, once);
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

function checkParams(
  built: BuiltStep,
  params: unknown,
  host: string | undefined,
  world: TrialWorld,
  report: Report,
  once: Once,
): void {
  const { step, draft } = built;
  const top: Node = child(draft.node, 'with') ?? child(draft.node, 'task') ?? draft.node;
  // Which host it is matters only where the value comes from an expression.
  const where = (path: readonly (string | number)[]): string =>
    host !== undefined && built.with.uses.some((use) => path.length > 0 && onOneLine(use.path, path))
      ? ` (on ${host})`
      : '';
  const add = (
    code: string,
    message: string,
    path: readonly (string | number)[],
    hint?: string,
    wanted?: readonly string[],
  ): void =>
    once(code, path.join('/'), () => {
      const violation = {
        code: code as 'bad-value',
        message,
        path,
        ...(hint === undefined ? {} : { hint }),
        ...(wanted ? { wanted } : {}),
        atKey: code === 'unknown-parameter',
      };
      reportViolation(violation, top, report, step.taskName);
    });
  for (const { code, message, path, hint, ...rest } of paramViolations(step.task, params)) {
    // A key with an expression in it has been refused as such.
    if (code === 'unknown-key' && String(path.at(-1)).includes('${{')) continue;
    const wanted = 'wanted' in rest ? rest.wanted : undefined;
    const text = `${message.replace('unknown key', 'unknown parameter')}${code === 'unknown-key' ? '' : where(path)}`;
    add(parameterCode(code), code === 'missing-key' ? `${step.taskName}: ${text}` : text, path, hint, wanted);
  }
  if (built.worldly) checkFormats(built, params, world, add);
}

function checkFormats(
  { step }: BuiltStep,
  params: unknown,
  world: TrialWorld,
  add: (code: string, message: string, path: readonly (string | number)[], hint?: string) => void,
): void {
  for (const found of withFormat(schemaOf(step.task), params, ['host-group', 'local-file', 'local-path'])) {
    const text = String(found.value);
    if (found.format === 'host-group') {
      if (world.inventory.groups.has(text)) continue;
      add('unknown-group', `no group "${text}"`, found.path, didYouMean(text, world.inventory.groups.keys()));
    } else if (!isFile(text) && !(found.format === 'local-path' && isFolder(text))) {
      const why = isFolder(text) ? 'is a folder' : 'does not exist';
      const hint = `paths are relative to ${shownPath(dirname(world.path), world.cwd) || '.'}`;
      add('no-local-file', `${shownPath(text, world.cwd)} ${why}`, found.path, hint);
    }
  }
}

/** Names with unknown values, for a step whose `vars` could not be worked out. */
function localNames(built: BuiltStep): Readonly<Record<string, unknown>> {
  const node = child(built.draft.node, 'vars');
  const entries = node?.kind === 'map' ? node.entries : [];
  return Object.fromEntries(entries.map((entry) => [entry.name, new Unknown(`variable ${entry.name}`)]));
}

/** One of the two paths leads through the other. */
function onOneLine(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.every((key, at) => long[at] === key);
}
