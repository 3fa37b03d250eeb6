/** Names that the expressions of a step see beyond those of its host: variables of groups and of the step itself. */
import { lookUpRecord } from '../../base/lazy-record.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Reference, Scope } from '../../model/runbook.ts';
import { isFixed } from '../expression/input-memo.ts';
import type { Path } from '../expression/path.ts';
import { referencesOf } from '../expression/reference.ts';
import type { Compiled } from '../expression/template.ts';
import { typedValue } from '../expression/trial-type.ts';

type Values = Readonly<Record<string, unknown>>;

export interface StepScope {
  /** True when nothing is added to what the host has. */
  readonly bare: boolean;
  /** From the scope of a host, in which steps have their full ids: the very same for the same. */
  enter(base: Scope): Scope;
  /** As {@link enter}; what has a fault is unknown: for checks before the first connection. */
  attempt(base: Scope): Scope;
  /** What a path waits for, steps by their full ids. */
  references(path: Path): readonly Reference[];
  /** Whether what the path leads to stays as it is for the whole run. */
  fixed(path: Path): boolean;
}

export const HOST_SCOPE: StepScope = {
  bare: true,
  enter: (base) => base,
  attempt: (base) => base,
  references: referencesOf,
  fixed: isFixed,
};

/** Reads the value of what has this name. */
type Read = (name: string, template: Compiled, scope: Scope) => unknown;

const strictly: Read = (_, template, scope) => template.evaluate(scope);
const tolerantly: Read = (name, template, scope) => {
  try {
    return typedValue(template, scope);
  } catch {
    return new Unknown(name);
  }
};

/** One of the two ways into a scope. */
export interface Way {
  readonly name: 'enter' | 'attempt';
  readonly read: Read;
  /** The scope itself, from that of another host. */
  self(base: Scope): Scope;
}

/** `make` is asked once for each scope of a host; what it gives must look values up when they are asked for. */
export function scopeFrom(make: (base: Scope, way: Way) => Scope): Pick<StepScope, 'enter' | 'attempt'> {
  const open = (name: Way['name'], read: Read): ((base: Scope) => Scope) => {
    const made = new WeakMap<Scope, Scope>();
    const self = (base: Scope): Scope => {
      const known = made.get(base) ?? make(base, { name, read, self });
      made.set(base, known);
      return known;
    };
    return self;
  };
  return { enter: open('enter', strictly), attempt: open('attempt', tolerantly) };
}

/** The scope with variables on top of those of `outer`, in whose names they are written; --extra-vars win over all. */
export function withVariables(
  outer: StepScope,
  variables: ReadonlyMap<string, Compiled>,
  extraVars: Values,
): StepScope {
  if (variables.size === 0) return outer;
  const of = (template: Compiled): readonly Reference[] => referencesIn(template, outer);
  const all = [...variables.values()];
  return {
    bare: false,
    ...scopeFrom((base, { name: way, read }) => {
      const around = outer[way](base);
      const below = (): Values => (around.vars ?? {}) as Values;
      const look = (name: string): unknown => {
        if (Object.hasOwn(extraVars, name)) return extraVars[name];
        const own = variables.get(name);
        return own ? read(`variable ${name}`, own, around) : below()[name];
      };
      const names = {
        has: (name: string) => variables.has(name) || Object.hasOwn(below(), name),
        keys: () => new Set([...Object.keys(below()), ...variables.keys()]),
      };
      return withProperty(around, 'vars', lookUpRecord(names, look));
    }),
    references(path) {
      const name = path.segments[0]?.name;
      const own = path.root === 'vars' && name !== undefined ? variables.get(name) : undefined;
      if (own) return of(own);
      const computed = path.root === 'vars' && name === undefined;
      return [...(computed ? all.flatMap(of) : []), ...outer.references(path)];
    },
    fixed(path) {
      const name = path.segments[0]?.name;
      const own = path.root === 'vars' && name !== undefined ? variables.get(name) : undefined;
      if (own) return isFixedIn(own, outer);
      const computed = path.root === 'vars' && name === undefined;
      return outer.fixed(path) && (!computed || all.every((each) => isFixedIn(each, outer)));
    },
  };
}

/** What a template waits for that is written in the names of a scope. */
export function referencesIn({ uses }: Compiled, scope: StepScope): readonly Reference[] {
  return uses.flatMap((use) => use.expression.paths.flatMap((path) => scope.references(path)));
}

export function isFixedIn({ uses }: Compiled, scope: StepScope): boolean {
  return uses.every((use) => use.expression.paths.every((path) => scope.fixed(path)));
}

/** The template as one over the scope of a host. */
export function entered(template: Compiled, scope: StepScope): Compiled {
  if (scope.bare) return template;
  return {
    ...template,
    evaluate: (base) => template.evaluate(scope.enter(base)),
    references: referencesIn(template, scope),
  };
}

/** The scope with another value under a name; what else it has is looked up when it is asked for. */
export function withProperty(scope: Scope, name: string, value: unknown): Scope {
  const rest = Object.getOwnPropertyDescriptors(scope);
  return Object.defineProperties({}, { ...rest, [name]: { enumerable: true, value } }) as Scope;
}
