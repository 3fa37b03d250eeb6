/** Outputs that a task reads by its own declaration (`reads`): edges as an expression that uses them would make. */
import { Unknown } from '../../base/unknown.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Need, Reference, Scope } from '../../model/runbook.ts';
import type { OutputUse } from '../../model/task.ts';
import type { Cel } from '../expression/cel.ts';
import { compileValue } from '../expression/template.ts';
import { isMap } from '../source/json-schema.ts';
import { child, type Node, placeOf } from '../source/node.ts';
import { createReport } from '../source/report.ts';
import type { StepDraft } from './draft.ts';
import { scopesOf } from './foreach.ts';
import { covers, needOf } from './need-edge.ts';
import type { BuiltStep } from './runbook.ts';
import { stepFault, stepParams } from './step-param.ts';

export interface ReadWorld {
  readonly drafts: readonly StepDraft[];
  readonly inventory: Inventory;
  readonly cel: Cel | undefined;
  /** Names in scope on a host before anything was read. */
  scope(host: string): Scope;
}

/** The steps with their needs and references completed. */
export function withReads(built: readonly BuiltStep[], world: ReadWorld): readonly BuiltStep[] {
  return built.map((each) => {
    const uses = each.step.task.reads ?? [];
    if (uses.length === 0) return each;
    const found = uses.flatMap((use) => edgesOf(use, each, world));
    const needs = each.draft.handler ? each.step.needs : together([...each.step.needs, ...found]);
    const references = [...each.step.with.references, ...found.flatMap(referencesOf)];
    return { ...each, step: { ...each.step, needs, with: { ...each.step.with, references } } };
  });
}

function edgesOf(use: OutputUse, built: BuiltStep, world: ReadWorld): readonly Need[] {
  const wanted = stepParams(built.step.task).get(use.step) ?? '';
  const named = valuesOf(use.step, built, world);
  const steps = world.drafts.filter(
    (draft) =>
      !draft.handler &&
      (named === 'any' || named.has(draft.id)) &&
      // What a parameter cannot name is reported as that.
      !stepFault(draft.id, wanted, built.draft, world.drafts),
  );
  const place = placeOf(nodeOf(use.hosts ?? use.step, built) ?? built.draft.node);
  if (use.hosts === undefined) return steps.map((step) => needOf(step, 'same', { place, by: 'uses' }));
  const hosts = hostsOf(use.hosts, built, world);
  return steps.map((step) =>
    needOf(
      step,
      [...step.hosts].filter((host) => hosts.has(host)),
      { place, by: 'uses' },
    ),
  );
}

function hostsOf(param: string, built: BuiltStep, { inventory, ...world }: ReadWorld): ReadonlySet<string> {
  const groups = valuesOf(param, built, { inventory, ...world });
  if (groups === 'any') return new Set(inventory.hosts.keys());
  return new Set([...groups].flatMap((group) => inventory.groups.get(String(group)) ?? []));
}

/** What the parameter is on all hosts of the step; `any` where that is known only during the run. */
function valuesOf(param: string, built: BuiltStep, world: ReadWorld): ReadonlySet<unknown> | 'any' {
  const node = nodeOf(param, built);
  if (!node) {
    const schema = built.step.task.params.properties[param];
    const value = built.implied[param] ?? (isMap(schema) ? schema.default : undefined);
    return new Set(value === undefined ? [] : [value]);
  }
  // Faults of the expression have been reported, or will be, with the other parameters.
  const template = compileValue(node, world.cel, createReport());
  if (template.constant) return new Set([fullId(param, template.evaluate({}), built)]);
  const values = new Set<unknown>();
  for (const host of built.step.hosts) {
    const given = valuesOn(host, template, built, world);
    if (given === 'any') return 'any';
    for (const value of given) values.add(fullId(param, value, built));
  }
  return values;
}

/** In a file that is imported a step is named by its id there. */
function fullId(param: string, value: unknown, { step, draft }: BuiltStep): unknown {
  return stepParams(step.task).has(param) && typeof value === 'string' ? draft.frame.prefix + value : value;
}

function valuesOn(
  host: string,
  template: { evaluate(scope: Scope): unknown },
  built: BuiltStep,
  world: ReadWorld,
): readonly unknown[] | 'any' {
  try {
    const scopes = scopesOf(built, world.scope(host));
    if (scopes instanceof Unknown) return 'any';
    const values = scopes.map(({ scope }) => template.evaluate(scope));
    return values.some((value) => value instanceof Unknown) ? 'any' : values;
  } catch {
    return [];
  }
}

function nodeOf(param: string, { draft }: BuiltStep): Node | undefined {
  return child(child(draft.node, 'with'), param);
}

function together(needs: readonly Need[]): readonly Need[] {
  const kept: Need[] = [];
  for (const need of needs) {
    if (!kept.some((old) => old.step === need.step && covers(old, need))) kept.push(need);
  }
  return kept;
}

function referencesOf({ step, hosts }: Need): readonly Reference[] {
  if (hosts === 'same') return [{ kind: 'output', step }];
  return hosts.map((host) => ({ kind: 'output', step, host }));
}
