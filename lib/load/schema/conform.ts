/** The fast half of schema checking: says "conforms" without a library; whatever it does not know goes to schema.ts. */

import { isMap, type JsonSchema } from '../source/json-schema.ts';
import { MAYBE } from './grade.ts';
import { grader } from './judge.ts';

/** True when nothing is wrong with the value as far as it is known; false: ask the library. */
export function conforms(schema: JsonSchema, value: unknown): boolean {
  return grader(schema)(value) <= MAYBE;
}

/** The value with the schema's defaults filled in, at any depth; the value itself is left alone. */
export function withDefaults(schema: JsonSchema, value: unknown): unknown {
  return filler(schema)?.(value) ?? value;
}

/** Fills defaults in; gives the value itself where none is missing. */
export type Filler = (value: unknown) => unknown;

/** A schema made ready to fill many values; undefined where it has no default. */
export function filler(schema: JsonSchema): Filler | undefined {
  if (typeof schema === 'boolean') return undefined;
  const items = schema.items === undefined ? undefined : filler(schema.items as JsonSchema);
  const map = mapFiller(schema);
  if (!items && !map) return undefined;
  return (value) => {
    if (Array.isArray(value)) return items ? filledItems(value, items) : value;
    return map && isMap(value) ? map(value) : value;
  };
}

function filledItems(list: readonly unknown[], fill: Filler): readonly unknown[] {
  const filled = list.map(fill);
  return filled.every((item, at) => item === list[at]) ? list : filled;
}

interface Slot {
  readonly name: string;
  readonly fill: Filler | undefined;
  /** Undefined: it has none. */
  readonly preset: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

function mapFiller(schema: Fields): ((value: Fields) => Fields) | undefined {
  const properties = isMap(schema.properties) ? schema.properties : {};
  const slots = Object.entries(properties).flatMap(([name, rule]): readonly Slot[] => {
    const slot = { name, fill: filler(rule as JsonSchema), preset: isMap(rule) ? rule.default : undefined };
    return slot.fill || slot.preset !== undefined ? [slot] : [];
  });
  const rest = isMap(schema.additionalProperties) ? filler(schema.additionalProperties) : undefined;
  if (slots.length === 0 && !rest) return undefined;
  return (value) => {
    let out: Record<string, unknown> | undefined;
    const set = (name: string, item: unknown): void => {
      if (item === value[name]) return;
      out ??= { ...value };
      out[name] = item;
    };
    for (const { name, fill, preset } of slots) {
      if (Object.hasOwn(value, name)) set(name, fill ? fill(value[name]) : value[name]);
      else if (preset !== undefined) set(name, copyOf(preset));
    }
    if (rest) {
      for (const name of Object.keys(value))
        if (!Object.hasOwn(properties, name)) set(name, rest(value[name]));
    }
    return out ?? value;
  };
}

/** Each value has a default of its own. */
function copyOf(preset: unknown): unknown {
  return typeof preset === 'object' ? structuredClone(preset) : preset;
}
