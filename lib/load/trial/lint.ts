/** What is odd in a runbook and wrong for nobody: warnings. A run tells of braces, as they would be written to hosts. */

import type { Compiled } from '../expression/template.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { entered } from '../runbook/step-scope.ts';
import { child, eachScalar, type Spot } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { TrialWorld } from './trial.ts';
import { trialScope } from './trial-scope.ts';

export function lint(built: readonly BuiltStep[], world: TrialWorld, report: Report): void {
  for (const each of built) warnUnreached(each, world, report);
}

/** A step whose condition is false on all its hosts, as far as that rests on what is known before connecting. */
function warnUnreached(built: BuiltStep, world: TrialWorld, report: Report): void {
  const { step, conditions, vars, foreach } = built;
  if (conditions.length === 0 || vars || foreach || step.hosts.size === 0) return;
  if (conditions.some(({ template }) => restsOnDefaults(template, world))) return;
  const entries = conditions.map(({ template, scope, node }) => ({ node, ...entered(template, scope) }));
  let blamed: Spot | undefined;
  for (const host of step.hosts) {
    const scope = world.scopes.get(host) ?? trialScope(host, world);
    const stop = entries.find(({ evaluate }) => isFalse(() => evaluate(scope)));
    if (!stop) return;
    blamed ??= stop.node;
  }
  const hosts = step.hosts.size === 1 ? `on ${[...step.hosts][0]}, the only host` : 'on every host';
  const message = `what has this condition never runs: it is false ${hosts}`;
  report.warn('step-never-runs', message, blamed, 'mend the condition, or take the step out');
}

/** Values of the runbook are defaults: --extra-vars may say otherwise, and often that is what they are for. */
function restsOnDefaults({ uses }: Compiled, { values }: TrialWorld): boolean {
  const { vars } = values;
  const names = vars?.kind === 'map' ? vars.entries.map(({ name }) => name) : [];
  return uses
    .flatMap(({ expression }) => expression.paths)
    .some(({ root, segments }) => root === 'vars' && names.includes(segments[0]?.name ?? ''));
}

function isFalse(evaluate: () => unknown): boolean {
  try {
    return evaluate() === false;
  } catch {
    // Told as an error of its own.
    return false;
  }
}

/** `{{ name }}` or `{{ name | filter }}`; what other programs write begins with a dot or a dollar sign. */
const BRACES = /(?<!\$)\{\{-?\s*([a-z_][\w.]*)\s*(?:\|[^}]*)?-?\}\}/;

/** Braces of Jinja are text here, and would be written to the host as they are. */
export function warnBraces({ draft }: BuiltStep, report: Report): void {
  const node = child(draft.node, 'with');
  // What is filled in by Liquid has braces of its own.
  if (!node || draft.taskName === 'template') return;
  eachScalar(node, (scalar) => {
    if (typeof scalar.value !== 'string' || scalar.style === 'block') return;
    const [text, name = ''] = BRACES.exec(scalar.value) ?? [];
    if (text === undefined) return;
    const ours = /^(vars|host|hosts|facts|steps|groups|item|index|key|inputs|secrets|run)\b/.test(name);
    const hint = `an expression is written \${{ ${ours ? name : `vars.${name}`} }}`;
    report.warn('jinja-braces', `"${text}" is text here, and stays as it is`, scalar, hint);
  });
}
