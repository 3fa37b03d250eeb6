/** The names in an imported file: its own steps and variables, its inputs, and the hosts with nothing else of the runbook. */
import { lazyRecord, lookUpRecord } from '../../base/lazy-record.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Compiled } from '../expression/template.ts';
import { ANY, mapOf, TEXT, type Type } from '../expression/type.ts';
import { TypedUnknown, typeOfUnknown } from '../expression/typed-unknown.ts';
import type { Frame } from './frame.ts';
import type { FramePart } from './frame-part.ts';
import { frameReferences } from './frame-reference.ts';
import { inputRecord, varRecord } from './frame-value.ts';
import { HOST_SCOPE, isFixedIn, type StepScope, scopeFrom, type Way, withProperty } from './step-scope.ts';

type Values = Readonly<Record<string, unknown>>;
type Get = () => unknown;

export interface FrameWorld {
  readonly inventory: Inventory;
  readonly extraVars: Values;
  part(frame: Frame): FramePart;
  /** The names in a file. */
  scope(frame: Frame): StepScope;
}

/** `outer`: the names where the import stands. */
export function frameScope(part: FramePart, outer: StepScope, world: FrameWorld): StepScope {
  const scope: StepScope = {
    bare: false,
    ...scopeFrom((base, way) => inside(base, way, part, outer, world)),
    references: (path) => frameReferences(path, part, outer, world),
    fixed(path) {
      const name = path.segments[0]?.name;
      if (path.root === 'inputs') {
        const given = name === undefined ? undefined : part.inputs.get(name)?.given;
        return given ? isFixedIn(given, outer) : name !== undefined;
      }
      if (path.root !== 'vars') return path.root === 'groups' || (path.root === 'host' && FIXED.has(name));
      const own = name === undefined ? undefined : part.vars?.templates.get(name);
      const over = name === undefined ? undefined : part.over.get(name);
      if (over) return isFixedIn(over, outer);
      return own ? isFixedIn(own, scope) : name !== undefined;
    },
  };
  return scope;
}

const FIXED: ReadonlySet<string | undefined> = new Set(['name', 'address', 'groups']);

/** The names of the runbook itself, with what its imports give, and its inputs where nobody gives them. */
export function mainScope(part: FramePart, world: FrameWorld): StepScope {
  return {
    bare: false,
    ...scopeFrom((base, way) => {
      const view = hostView(base, base.host as Values, () => (base.host as Values).vars, part, way, world);
      const scope = withViews(base, view, (name) => viewOf(base, name, part, way, world, undefined));
      return withProperty(scope, 'inputs', inputRecord(base, way, part, HOST_SCOPE));
    }),
    references: (path) => frameReferences(path, part, undefined, world),
    fixed: (path) =>
      ['vars', 'groups', 'inputs'].includes(path.root) ||
      (path.root === 'host' && FIXED_MAIN.has(path.segments[0]?.name)),
  };
}

const FIXED_MAIN: ReadonlySet<string | undefined> = new Set(['name', 'address', 'groups', 'vars']);

function inside(base: Scope, way: Way, part: FramePart, outer: StepScope, world: FrameWorld): Scope {
  const name = String((base.host as Values).name);
  const inputs = inputRecord(base, way, part, outer);
  const vars = varRecord(name, base, way, part, outer, world);
  const view = hostView(base, base.host as Values, () => vars, part, way, world);
  const scope = withViews(base, view, (other) =>
    viewOf(base, other, part, way, world, (from) => way.self(from).vars),
  );
  return withProperty(withProperty(scope, 'inputs', inputs), 'vars', vars);
}

function withViews(base: Scope, view: Values, other: (name: string) => unknown): Scope {
  const known = base.hosts as Values;
  const names = { has: (name: string) => Object.hasOwn(known, name), keys: () => Object.keys(known) };
  const hosts = lazyRecord(names, (name) => (name === view.name ? view : other(name)));
  const rest = Object.getOwnPropertyDescriptors(base);
  const steps = { enumerable: true, configurable: true, get: () => view.steps };
  const own = { host: { enumerable: true, value: view }, hosts: { enumerable: true, value: hosts }, steps };
  return Object.defineProperties({}, { ...rest, ...own }) as Scope;
}

/** Another host, as this file sees it. */
function viewOf(
  base: Scope,
  name: string,
  part: FramePart,
  way: Way,
  world: FrameWorld,
  vars: ((from: Scope) => unknown) | undefined,
): Values {
  const view = (base.hosts as Values)[name] as Values;
  const from = ofHost(base, view);
  return hostView(from, view, () => (vars ? vars(from) : view.vars), part, way, world);
}

/** The scope of another host, made from what this one knows of it. */
function ofHost(base: Scope, view: Values): Scope {
  const rest = Object.getOwnPropertyDescriptors(base);
  const lazy = (get: Get) => ({ enumerable: true, configurable: true, get });
  return Object.defineProperties(
    {},
    {
      ...rest,
      host: { enumerable: true, value: view },
      vars: lazy(() => view.vars),
      facts: lazy(() => view.facts),
      steps: lazy(() => view.steps),
    },
  ) as Scope;
}

function hostView(
  base: Scope,
  view: Values,
  vars: Get,
  part: FramePart,
  way: Way,
  world: FrameWorld,
): Values {
  return {
    name: view.name,
    address: view.address,
    groups: view.groups,
    get vars() {
      return vars();
    },
    get facts() {
      return view.facts;
    },
    get steps() {
      return stepRecord(base, view, part, way, world);
    },
  };
}

function stepRecord(base: Scope, view: Values, part: FramePart, way: Way, world: FrameWorld): unknown {
  const all = view.steps;
  const host = String(view.name);
  const there = (name: string): boolean =>
    (part.steps.get(name) ?? part.imports.get(name))?.hosts.has(host) === true;
  const scopeOf = (inner: Frame): Scope => world.scope(inner)[way.name](base);
  if (all instanceof Unknown) return stepsAhead(all, there, part, world, scopeOf);
  const names = {
    has: there,
    keys: () => [...part.steps.keys(), ...part.imports.keys()].filter(there),
  };
  return lookUpRecord(names, (name) => {
    const inner = part.imports.get(name)?.inner;
    if (!inner) return (all as Values)[part.frame.prefix + name];
    const { outputs } = world.part(inner);
    return { outputs: lookUpRecord(outputs, (output) => outputs.get(output)?.evaluate(scopeOf(inner))) };
  });
}

/** Before anybody has connected the types of outputs are known, and their names. */
function stepsAhead(
  all: Unknown,
  there: (name: string) => boolean,
  part: FramePart,
  world: FrameWorld,
  scopeOf: (inner: Frame) => Scope,
): Unknown {
  const known = typeOfUnknown(all);
  const field = (name: string): Type | undefined => {
    if (!there(name)) return undefined;
    const inner = part.imports.get(name)?.inner;
    if (!inner) return known.kind === 'map' ? known.field(part.frame.prefix + name) : ANY;
    const { outputs } = world.part(inner);
    const types = [...outputs].map(([output, template]) => [
      output,
      typeOfTemplate(template, scopeOf(inner)),
    ]);
    return mapOf({ outputs: mapOf(Object.fromEntries(types)) });
  };
  return new TypedUnknown(all.because, { kind: 'map', field, rest: ANY });
}

function typeOfTemplate({ uses }: Compiled, scope: Scope): Type {
  const [use, ...rest] = uses;
  if (!use) return ANY;
  if (use.joined || rest.length > 0) return TEXT;
  try {
    return use.expression.type(scope);
  } catch {
    // Reported where it stands.
    return ANY;
  }
}
