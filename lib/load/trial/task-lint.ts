/** Asks the lints of a runbook's tasks: each once, whatever the steps and hosts are. */
import { UnknownUsed } from '../../base/unknown.ts';
import type { Lint, LintFinding, LintStep, LintUse, LintView } from '../../model/lint.ts';
import { actorFor } from '../../model/runbook.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { child } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { spotOf } from '../source/spot.ts';
import { addHolder, type Holders, heldBy, holders } from './fault-holder.ts';
import type { TrialWorld, Tried } from './trial.ts';
import { withoutSecrets } from './trial-context.ts';

/** Tasks whose steps the lints of the runbook ask for. */
export function lintedTasks(built: readonly BuiltStep[]): ReadonlySet<string> {
  return new Set([...lintsOf(built).keys()].flatMap(({ tasks }) => tasks));
}

export function lintTasks(built: readonly BuiltStep[], world: TrialWorld, report: Report): void {
  const lints = lintsOf(built);
  if (lints.size === 0) return;
  const byId = new Map(built.map((each) => [each.step.id, each]));
  const view = viewOf(built, world);
  for (const [lint, by] of lints) {
    for (const found of findingsOf(lint, by, view, report)) {
      const each = byId.get(found.finding.step);
      if (each) tell(each, found, world, report);
    }
  }
}

/** With the first step of each that has a task with it. */
function lintsOf(built: readonly BuiltStep[]): ReadonlyMap<Lint, BuiltStep> {
  const lints = new Map<Lint, BuiltStep>();
  for (const each of built)
    for (const lint of each.step.task.lints ?? []) if (!lints.has(lint)) lints.set(lint, each);
  return lints;
}

interface Found extends Holders {
  readonly finding: LintFinding;
}

function findingsOf(
  lint: Lint,
  { step, draft }: BuiltStep,
  view: (lint: Lint) => LintView,
  report: Report,
): readonly Found[] {
  const found = new Map<string, Found>();
  try {
    for (const finding of lint.find(view(lint))) {
      const { code, step: id, path, message, host, item } = finding;
      const key = JSON.stringify([code, id, path, message]);
      const known = found.get(key) ?? { finding, ...holders(item) };
      found.set(key, known);
      addHolder(known, host, item);
    }
  } catch (error) {
    // Nothing can be said before it is known.
    if (error instanceof UnknownUsed) return [];
    const spot = child(draft.node, 'task') ?? draft.node;
    const message = `a lint of task ${step.taskName} is at fault: ${String(error)}`;
    report.add('task-fault', message, spot, 'this is a defect of the task; mend it');
  }
  return [...found.values()];
}

function tell(built: BuiltStep, found: Found, { values }: TrialWorld, report: Report): void {
  const { code, path, message, hint, warning } = found.finding;
  const top = child(built.draft.node, 'with') ?? child(built.draft.node, 'task') ?? built.draft.node;
  const { actors, hosts } = built.step;
  const text = `${message}${heldBy(built, path, found, values, (actors ?? hosts).size)}`;
  if (warning) report.warn(code, text, spotOf(top, path), hint);
  else report.add(code, text, spotOf(top, path), hint);
}

function viewOf(built: readonly BuiltStep[], world: TrialWorld): (lint: Lint) => LintView {
  const steps = new Map<string, LintStep[]>();
  const shown = new Map<Tried, LintUse['params']>();
  const useOf = (tried: Tried, item: LintUse['item']): readonly LintUse[] => {
    if (!tried.params) return [];
    const params = shown.get(tried) ?? (withoutSecrets(tried.params) as LintUse['params']);
    shown.set(tried, params);
    return [{ params, item }];
  };
  for (const { step } of built) {
    const list = steps.get(step.taskName) ?? [];
    steps.set(step.taskName, list);
    list.push({
      id: step.id,
      task: step.taskName,
      hosts: step.actors ? new Set(step.actors.keys()) : step.hosts,
      once: step.actors !== undefined,
      actor: (host) => actorFor(step, host),
      uses(host) {
        const tried = world.tried.get(step.id)?.get(actorFor(step, host));
        if (!tried?.items) return tried && useOf(tried, undefined);
        return tried.items.flatMap((each) => useOf(each.tried, each.item));
      },
    });
  }
  const order = new Map(built.map(({ step }, index) => [step.id, index]));
  const { hosts, groups } = world.inventory;
  return ({ tasks }) => ({
    steps: (...names) => {
      const odd = names.find((name) => !tasks.includes(name));
      if (odd !== undefined) throw new Error(`it does not say that it asks for steps of ${odd}`);
      return names
        .flatMap((name) => steps.get(name) ?? [])
        .sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
    },
    hostNames: [...hosts.keys()],
    host(name) {
      const host = hosts.get(name);
      return host && { name, address: host.address ?? name, vars: world.names.vars(name) };
    },
    group: (name) => groups.get(name) ?? [],
  });
}
