/** Values in an imported file on a host: its inputs and its variables, each worked out when it is asked for. */
import { RunError } from '../../base/error.ts';
import { lookUpRecord } from '../../base/lazy-record.ts';
import { formatPlace } from '../../base/problem.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Compiled } from '../expression/template.ts';
import { typeOfSchema } from '../expression/type.ts';
import { TypedUnknown } from '../expression/typed-unknown.ts';
import { MAYBE } from '../schema/grade.ts';
import { grader } from '../schema/judge.ts';
import { violations } from '../schema/schema.ts';
import { placeOf } from '../source/node.ts';
import type { FramePart, Input } from './frame-part.ts';
import type { FrameWorld } from './frame-scope.ts';
import type { StepScope, Way } from './step-scope.ts';

type Values = Readonly<Record<string, unknown>>;

/** Inputs of an imported file on a host. `outer`: the names where the import stands. */
export function inputRecord(base: Scope, way: Way, part: FramePart, outer: StepScope): Values {
  const { inputs } = part;
  const isThere = (name: string): boolean => {
    const input = inputs.get(name);
    return input !== undefined && (input.given !== undefined || input.preset !== undefined);
  };
  const names = { has: isThere, keys: () => [...inputs.keys()].filter(isThere) };
  const grades = new Map([...inputs].map(([name, { schema }]) => [name, grader(schema)]));
  return lookUpRecord(names, (name) => {
    const input = inputs.get(name);
    const { given } = input ?? {};
    if (!input || !given) return input?.preset;
    const value = way.read(`input ${name}`, given, outer[way.name](base));
    if (way.name === 'attempt') return value instanceof Unknown ? typed(value, input) : value;
    // What was known before connecting has been held against the schema then.
    if (!given.constant && (grades.get(name)?.(value) ?? 0) > MAYBE) refuse(input, value);
    return value;
  });
}

/** Whatever it will be, it will fit the schema. */
function typed(value: Unknown, { schema }: Input): Unknown {
  return new TypedUnknown(value.because, typeOfSchema(schema));
}

function refuse({ name, schema, node }: Input, value: unknown): void {
  const [first] = violations(schema, value);
  if (!first) return;
  const place = placeOf(node);
  const message = `input "${name}" ${first.message}`;
  throw new RunError('failed', `${formatPlace(place)}: ${message}`, {
    problems: [{ code: 'bad-input', message, place }],
  });
}

/** Variables of a host in this file: those of the inventory, of the file, and what the import says on top. */
export function varRecord(
  host: string,
  base: Scope,
  way: Way,
  { vars, over, presets }: FramePart,
  outer: StepScope,
  { inventory, extraVars }: Pick<FrameWorld, 'inventory' | 'extraVars'>,
): Values {
  const below = { ...presets, ...inventory.hosts.get(host)?.vars };
  const own: ReadonlyMap<string, Compiled> = vars?.templates ?? new Map();
  const open = new Set<string>();
  const names = {
    has: (name: string) =>
      Object.hasOwn(extraVars, name) || over.has(name) || own.has(name) || Object.hasOwn(below, name),
    keys: () => new Set([...Object.keys(below), ...own.keys(), ...over.keys(), ...Object.keys(extraVars)]),
  };
  return lookUpRecord(names, (name) => {
    if (Object.hasOwn(extraVars, name)) return extraVars[name];
    const said = over.get(name);
    if (said) return way.read(`variable ${name}`, said, outer[way.name](base));
    const template = own.get(name);
    if (!template) return below[name];
    // A ring has been reported.
    if (open.has(name)) return new Unknown(`variable ${name}`);
    open.add(name);
    try {
      return way.read(`variable ${name}`, template, way.self(base));
    } finally {
      open.delete(name);
    }
  });
}
