/** Tries what stands beside the steps on every host: variables of groups; inputs, variables and outputs of imports. */
import { Secret } from '../../base/secret.ts';
import { findUnknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Compiled } from '../expression/template.ts';
import type { Frame } from '../runbook/frame.ts';
import type { FramePart, Input } from '../runbook/frame-part.ts';
import type { RunbookScopes } from '../runbook/scopes.ts';
import type { StepScope } from '../runbook/step-scope.ts';
import { MAYBE } from '../schema/grade.ts';
import { grader } from '../schema/judge.ts';
import { violations } from '../schema/schema.ts';
import { reportViolation } from '../schema/shape.ts';
import { createFirst, type First, type Report } from '../source/report.ts';
import { misplacedTypes } from '../task/param-type.ts';
import type { TrialWorld } from './trial.ts';
import { tryIn } from './trial-step.ts';

/** A value with the names that it is written in. */
interface Item {
  readonly template: Compiled;
  readonly scope: StepScope;
  readonly frame: Frame;
  readonly input?: Input;
}

export function tryFrames(
  scopes: RunbookScopes,
  world: TrialWorld,
  scopeOf: (host: string) => Scope,
  report: Report,
): void {
  for (const { layer, variables, scope } of scopes.groups) {
    const items = [...variables.values()].map((template) => ({ template, scope, frame: layer.frame }));
    tryItems(items, layer.hosts, world, scopeOf, report);
  }
  for (const part of scopes.parts) {
    const { from } = part.frame;
    if (from) tryItems(itemsOf(part, from.frame, scopes), from.hosts, world, scopeOf, report);
    else tryItems(own(part, scopes), new Set(world.inventory.hosts.keys()), world, scopeOf, report);
  }
}

/** Outputs are asked for where the file is imported; here they are looked at on the hosts of the runbook. */
function own({ frame, outputs }: FramePart, scopes: RunbookScopes): readonly Item[] {
  const scope = scopes.inside(frame);
  return [...outputs.values()].map((template) => ({ template, scope, frame }));
}

function itemsOf(part: FramePart, outside: Frame, scopes: RunbookScopes): readonly Item[] {
  const { frame, inputs, over, vars } = part;
  const outer = scopes.within(frame.from?.within ?? []);
  const inner = scopes.inside(frame);
  const given = [...inputs.values()].flatMap((input) =>
    input.given ? [{ template: input.given, scope: outer, frame: outside, input }] : [],
  );
  const said = [...over.values()].map((template) => ({ template, scope: outer, frame: outside }));
  const written = [...(vars?.templates.values() ?? [])].map((template) => ({
    template,
    scope: inner,
    frame,
  }));
  return [...given, ...said, ...written, ...own(part, scopes)];
}

function tryItems(
  items: readonly Item[],
  hosts: ReadonlySet<string>,
  world: TrialWorld,
  scopeOf: (host: string) => Scope,
  report: Report,
): void {
  for (const { template, scope, frame, input } of items) {
    const first = createFirst();
    const trial = { world, names: world.namesIn(frame), report, first };
    const check = input && inputCheck(input, first, report);
    if (template.constant) {
      check?.(template.evaluate({}), undefined);
      continue;
    }
    for (const host of hosts) {
      const value = tryIn(scope, template, scopeOf(host), host, trial);
      check?.(value, host);
    }
  }
}

function inputCheck(
  { name, schema, node }: Input,
  first: First,
  report: Report,
): (value: unknown, host: string | undefined) => void {
  const grade = grader(schema);
  return (value, host) => {
    if (value instanceof Secret) return;
    const broken = grade(value) > MAYBE && !findUnknown(value) ? violations(schema, value) : [];
    for (const one of [...broken, ...misplacedTypes(schema, value, [])]) {
      const where = host === undefined ? '' : ` (on ${host})`;
      const told = { ...one, message: `${one.message}${where}` };
      first(one.code, one.path.join('/'), () => reportViolation(told, node, report, `input "${name}"`));
    }
  };
}
