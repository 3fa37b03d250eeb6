/** What there is to be named in each file of a runbook: hosts, groups, secrets, variables, steps and inputs. */
import type { Secret } from '../../base/secret.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Scope } from '../../model/runbook.ts';
import { ANY, mapOf, type Type, typeOfSchema } from '../expression/type.ts';
import { varsScope } from '../inventory/host-vars.ts';
import type { Frame } from '../runbook/frame.ts';
import type { FramePart } from '../runbook/frame-part.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { type RunbookVars, tolerantVars } from '../runbook/runbook-vars.ts';
import type { RunbookScopes } from '../runbook/scopes.ts';
import { child, type Node } from '../source/node.ts';
import type { NameWorld } from './name-check.ts';
import type { NamedSteps } from './name-known.ts';

type Values = Readonly<Record<string, unknown>>;

export interface NameSource {
  readonly built: readonly BuiltStep[];
  readonly vars: RunbookVars;
  readonly scopes: RunbookScopes;
  readonly inventory: Inventory;
  readonly secretNames: readonly string[];
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly extraVars: Values;
}

/** Of the runbook's own file, with all steps by their full ids. */
export function mainNames(source: NameSource): NameWorld {
  const { inventory, secrets, extraVars } = source;
  const known = new Map<string, Values>();
  const vars = (host: string): Values => {
    const before = known.get(host);
    if (before) return before;
    const own = tolerantVars(source.vars, varsScope(inventory, secrets, extraVars, host));
    const values = { ...inventory.hosts.get(host)?.vars, ...own, ...extraVars };
    known.set(host, values);
    return values;
  };
  return {
    hosts: new Set(inventory.hosts.keys()),
    groups: inventory.groups,
    secrets: source.secretNames,
    vars,
    steps: allSteps(source),
  };
}

/** Of any file. `scopeOf`: the names of a host before anything was read. */
export function namesByFrame(
  main: NameWorld,
  source: Pick<NameSource, 'built' | 'scopes'>,
  scopeOf: (host: string) => Scope,
): (frame: Frame) => NameWorld {
  const known = new Map<Frame, NameWorld>();
  const make = (frame: Frame): NameWorld => {
    const part = source.scopes.part(frame);
    const scope = source.scopes.inside(frame);
    const on = (host: string): Scope => scope.attempt(scopeOf(host));
    const inputs = {
      names: [...part.inputs.keys()],
      on: (host: string) => (on(host).inputs ?? {}) as Values,
    };
    const withInputs = part.inputs.size > 0 || frame.from ? { inputs } : {};
    const steps = namedSteps(part, source);
    if (!frame.from) return { ...main, steps, ...withInputs };
    const vars = (host: string): Values => on(host).vars as Values;
    return { ...main, vars, steps, ...withInputs };
  };
  return (frame) => {
    const world = known.get(frame) ?? make(frame);
    known.set(frame, world);
    return world;
  };
}

/** By the ids of the whole run, and what the runbook's own imports give. */
function allSteps(source: Pick<NameSource, 'built' | 'scopes'>): NamedSteps {
  const { parts } = source.scopes;
  const steps = parts.flatMap((part) =>
    [...namedSteps(part, source)].map(([name, step]) => [part.frame.prefix + name, step] as const),
  );
  return new Map(steps);
}

function namedSteps(part: FramePart, { built, scopes }: Pick<NameSource, 'built' | 'scopes'>): NamedSteps {
  const tasks = new Map(built.map(({ draft, step }) => [draft, step.task]));
  const steps = [...part.steps].map(([name, draft]) => {
    const task = tasks.get(draft);
    const outputs = task ? Object.keys(task.outputs ?? {}) : undefined;
    const foreach = child(draft.node, 'foreach');
    const types = task ? outputsType(task.outputs ?? {}, foreach) : ANY;
    return [name, { hosts: draft.hosts, outputs, each: foreach !== undefined, types }] as const;
  });
  const imports = [...part.imports].map(([name, { hosts, inner }]) => {
    const outputs = inner && [...scopes.part(inner).outputs.keys()];
    return [name, { hosts, outputs, each: false, types: ANY }] as const;
  });
  return new Map([...steps, ...imports]);
}

/** Of a step with `foreach`: a list or a map of the outputs of each item. */
function outputsType(outputs: Readonly<Record<string, unknown>>, foreach: Node | undefined): Type {
  const types = Object.entries(outputs).map(([name, schema]) => [name, typeOfSchema(schema)]);
  const one = mapOf(Object.fromEntries(types));
  if (foreach === undefined) return one;
  if (foreach.kind === 'list') return { kind: 'list', item: one };
  if (foreach.kind === 'scalar') return ANY;
  return mapOf(Object.fromEntries(foreach.entries.map(({ name }) => [name, one])));
}
