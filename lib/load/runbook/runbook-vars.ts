/** The runbook's `vars`: expressions over the host's values and over each other, in an order that works out. */
import { formatPlace, type Place } from '../../base/problem.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope, Template } from '../../model/runbook.ts';
import type { Cel } from '../expression/cel.ts';
import type { Path } from '../expression/path.ts';
import { type Compiled, compileValue } from '../expression/template.ts';
import { type Entry, type Node, placeOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';

export interface RunbookVars {
  readonly names: ReadonlySet<string>;
  readonly templates: ReadonlyMap<string, Compiled>;
  /** All of them as one map; those that --extra-vars sets are left out. `scope.vars` holds the values below. */
  readonly template: Template;
}

/** `given`: what --extra-vars sets, which wins over the runbook. */
export function compileVars(
  node: Node | undefined,
  place: Place,
  given: Readonly<Record<string, unknown>>,
  cel: Cel | undefined,
  report: Report,
): RunbookVars {
  const entries = node?.kind === 'map' ? node.entries : [];
  const templates = new Map(entries.map((entry) => [entry.name, compileValue(entry.value, cel, report)]));
  for (const [name, template] of templates) refuseLate(name, template, report);
  const order = inOrder(entries, templates, report).filter((name) => !Object.hasOwn(given, name));
  const evaluate = (scope: Scope): Readonly<Record<string, unknown>> => evaluateVars(order, templates, scope);
  const constant = [...templates.values()].every((template) => template.constant);
  return {
    names: new Set(templates.keys()),
    templates,
    template: { evaluate, references: [], constant, place, locate: () => place },
  };
}

function evaluateVars(
  order: readonly string[],
  templates: ReadonlyMap<string, Compiled>,
  scope: Scope,
): Readonly<Record<string, unknown>> {
  const own: Record<string, unknown> = {};
  const vars: Record<string, unknown> = { ...(scope.vars as object) };
  const host = scope.host === undefined ? undefined : { ...(scope.host as object), vars };
  const inner = { ...scope, vars, host };
  for (const name of order) {
    const value = templates.get(name)?.evaluate(inner);
    own[name] = value;
    vars[name] = value;
  }
  return own;
}

/** Values of the runbook hold before any host is looked at: facts and outputs belong into a step. */
function refuseLate(name: string, template: Compiled, report: Report): void {
  for (const use of template.uses) {
    const late = use.expression.paths.find((path) => isLate(path));
    if (!late) continue;
    const hint = 'write it in the vars: of the step, or in the parameter itself';
    report.add('vars-late', `variable "${name}" rests on what is known only during the run`, use.spot, hint);
  }
}

export function isLate(path: Path): boolean {
  const names = path.segments.map((segment) => segment.name);
  const area = path.root === 'hosts' ? names[1] : path.root === 'host' ? names[0] : path.root;
  return area === 'steps' || area === 'facts' || path.root === 'run';
}

/** Names of the runbook's own variables that an expression looks at. */
function used(template: Compiled, names: ReadonlyMap<string, unknown>): readonly string[] {
  return template.uses.flatMap((use) =>
    use.expression.paths.flatMap((path) => {
      const segments =
        path.root === 'host' && path.segments[0]?.name === 'vars' ? path.segments.slice(1) : path.segments;
      const name = path.root === 'vars' || segments !== path.segments ? segments[0]?.name : undefined;
      return name !== undefined && names.has(name) ? [name] : [];
    }),
  );
}

/** Each after those it uses; a ring is reported and broken by leaving its members out. */
function inOrder(
  entries: readonly Entry[],
  templates: ReadonlyMap<string, Compiled>,
  report: Report,
): readonly string[] {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string, way: readonly string[]): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'open') {
      const ring = way.slice(way.indexOf(name));
      const entry = entries.find((each) => each.name === name);
      const where = ring.map(
        (each) => `${each} (${formatPlace(templates.get(each)?.place ?? placeOf(entry?.key ?? NOWHERE))})`,
      );
      report.add('vars-cycle', `variables rest on each other: ${[...where, name].join(' → ')}`, entry?.key);
      return;
    }
    state.set(name, 'open');
    const template = templates.get(name);
    for (const other of template ? used(template, templates) : []) visit(other, [...way, name]);
    state.set(name, 'done');
    order.push(name);
  };
  for (const entry of entries) visit(entry.name, []);
  return order;
}

const NOWHERE = { file: { name: '', path: '', text: '', lineStarts: [0] }, start: 0, end: 0 };

/** The values with what cannot be evaluated left unknown: for checks that go on after a fault. */
export function tolerantVars(vars: RunbookVars, scope: Scope): Readonly<Record<string, unknown>> {
  try {
    return vars.template.evaluate(scope) as Readonly<Record<string, unknown>>;
  } catch {
    return Object.fromEntries([...vars.names].map((name) => [name, evaluateOne(vars, name, scope)]));
  }
}

function evaluateOne(vars: RunbookVars, name: string, scope: Scope): unknown {
  try {
    return vars.templates.get(name)?.evaluate(scope);
  } catch {
    return new Unknown(`variable ${name}`);
  }
}
