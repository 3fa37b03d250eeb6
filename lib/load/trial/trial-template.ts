/** Tries a value with its expressions on a host: the names in it first, then what it comes to. */
import { RunError } from '../../base/error.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import { leadsTo, MISSING } from '../expression/input-memo.ts';
import type { Path } from '../expression/path.ts';
import type { Compiled, Use } from '../expression/template.ts';
import { checkType, provesItself, withType } from '../expression/trial-type.ts';
import { TEXT, type Type } from '../expression/type.ts';
import type { First, Report } from '../source/report.ts';
import { checkPath, type NameWorld } from './name-check.ts';
import type { Trial } from './trial.ts';

/** The value there, unknown when a name is missing, types do not fit or the evaluation fails; all are reported. */
export function tryTemplate(
  template: Compiled,
  scope: Scope,
  local: Readonly<Record<string, unknown>>,
  host: string,
  { world, names, report, first }: Trial,
): unknown {
  if (template.constant) return template.evaluate(scope);
  let sound = true;
  const open: (readonly [Use, Type])[] = [];
  for (const use of template.uses) {
    // Nearly always all is there, and then nobody has to ask what exactly is missing, or of which type it will be.
    if (provesItself(use, scope)) continue;
    const named =
      use.expression.paths.every((path) => leadsTo(path, scope) !== MISSING) ||
      checkNames(use, host, local, names, report, first, scope);
    const type = named ? checkType(use, scope, host, report, first) : undefined;
    if (type === undefined) sound = false;
    else open.push([use, use.joined ? TEXT : type]);
  }
  if (!sound) return new Unknown('an expression with a fault');
  try {
    const value = template.evaluate(scope);
    return open.reduce((now, [use, type]) => withType(now, use.path, type), value);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (world.shamSecrets && template.uses.some(looksAtSecrets)) return new Unknown('a secret');
    // Where the types are at fault, that says more.
    const typed = template.uses.every((use) => checkType(use, scope, host, report, first));
    if (typed) reportError(error, host, report, first);
    return new Unknown('an expression with a fault');
  }
}

export function reportError(error: RunError, host: string, report: Report, first: First): void {
  for (const { code, message, place, hint } of error.problems) {
    first(code, `${place?.line}:${place?.col}`, () =>
      report.add(code, `${message} (on ${host})`, place, hint),
    );
  }
}

export function looksAtSecrets({ expression }: Use): boolean {
  return expression.paths.some((path) => path.root === 'secrets');
}

/** Reports the names of one expression that do not exist on a host; true when all do. `scope` may have names of its own. */
export function checkNames(
  use: Use,
  host: string,
  local: Readonly<Record<string, unknown>>,
  names: NameWorld,
  report: Report,
  first: First,
  scope?: Scope,
): boolean {
  let sound = true;
  const { paths } = use.expression;
  for (const path of paths) {
    if (paths.some((other) => other.tested && begins(path, other) && other !== path)) continue;
    const fault = checkPath(path, host, local, names, scope);
    if (!fault) continue;
    sound = false;
    const start = pathStart(use, path);
    const { code, message, hint } = fault;
    const tell = () => report.add(code, message, { ...use.spot, start }, hint);
    const who = [host, names.bound?.where].find((each) => each !== undefined && message.endsWith(` ${each}`));
    first(code, `${start}`, tell, who === undefined ? undefined : { who, message });
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
