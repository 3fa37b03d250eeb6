/** JSON Schemas for editors: of runbooks, in which `with:` is checked by the very task of the step, and of inventories. */
import type { AnyTask } from '../model/task.ts';
import { INVENTORY_SCHEMA } from './inventory/inventory-schema.ts';
import { IMPORTED_SCHEMA } from './runbook/runbook-schema.ts';
import { openSchema, THEN } from './schema/open-schema.ts';
import { isMap, type JsonSchema } from './source/json-schema.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

export function inventoryEditorSchema(): JsonSchema {
  return { ...(draft07(INVENTORY_SCHEMA) as object), $schema: DRAFT };
}

/** `tasks` by name, the project's own included. */
export function runbookEditorSchema(tasks: ReadonlyMap<string, AnyTask>): JsonSchema {
  const { required: _, ...shape } = draft07(withTasks(IMPORTED_SCHEMA)) as Keywords;
  const entry = withBeginnings(withEntries(entryOf(shape)));
  const definitions = { ...definitionsOf(shape), entry, ...taskDefinitions(tasks) };
  return {
    ...(withEntries(shape) as Keywords),
    $schema: DRAFT,
    required: ['steps'],
    anyOf: HOSTS,
    definitions,
  };
}

type Keywords = Readonly<Record<string, unknown>>;

/** One that others import has the hosts of those, and mostly says so by its inputs or outputs. */
const HOSTS = ['hosts', 'inputs', 'outputs'].map((name) => ({ required: [name] }));

/** What may stand in `steps:` of a runbook. */
function entryOf({ properties }: Keywords): unknown {
  const steps = isMap(properties) ? properties.steps : undefined;
  return isMap(steps) ? steps.items : true;
}

/** As long as nobody knows what an entry will be, the first keys of all sorts of entries are offered. */
function withBeginnings(entry: unknown): unknown {
  const first = new Map(beginnings(entry));
  if (!isMap(entry) || first.size < 2) return entry;
  const begun = { anyOf: [...first.keys()].map((name) => ({ type: 'object', required: [name] })) };
  const offer = { if: { not: begun }, [THEN]: { properties: Object.fromEntries(first) } };
  return { ...entry, allOf: [...(Array.isArray(entry.allOf) ? entry.allOf : []), offer] };
}

function beginnings(entry: unknown): readonly (readonly [string, unknown])[] {
  if (!isMap(entry)) return [];
  const { required, properties, then: yes, else: no } = entry;
  const name = Array.isArray(required) && isMap(properties) ? String(required[0]) : undefined;
  const own = name !== undefined && isMap(properties) ? [[name, properties[name]] as const] : [];
  return [...own, ...beginnings(yes), ...beginnings(no)];
}

/** Steps within steps are of the same shape, however deep. */
function withEntries(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withEntries);
  if (!isMap(schema)) return schema;
  const inside = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, withEntries(value)]),
  );
  const { properties } = inside;
  if (!isMap(properties) || !isMap(properties.steps)) return inside;
  const steps = { ...properties.steps, items: { $ref: '#/definitions/entry' } };
  return { ...inside, properties: { ...properties, steps } };
}

function definitionsOf(shape: Keywords): object {
  return isMap(shape.definitions) ? shape.definitions : {};
}

/** Whatever has a task and its parameters (steps, handlers, wherever they stand) gets the rules of all tasks. */
function withTasks(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withTasks);
  if (!isMap(schema)) return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, withTasks(value)]));
  const { properties } = inside;
  if (!isMap(properties) || !isMap(properties.task) || !isMap(properties.with)) return inside;
  const task = { ...properties.task, allOf: [{ $ref: '#/definitions/task' }] };
  const rules = [...(Array.isArray(inside.allOf) ? inside.allOf : []), { $ref: '#/definitions/with' }];
  return { ...inside, properties: { ...properties, task }, allOf: rules };
}

function taskDefinitions(tasks: ReadonlyMap<string, AnyTask>): object {
  const names = [...tasks.keys()];
  const rules = [...tasks].map(([name, { params }]) => ({
    if: { properties: { task: { const: name } }, required: ['task'] },
    [THEN]: {
      properties: { with: { $ref: `#/definitions/${name} parameters` } },
      ...((params.required ?? []).length > 0 ? { required: ['with'] } : {}),
    },
  }));
  const params = [...tasks].map(([name, task]) => [`${name} parameters`, paramsOf(task)] as const);
  return {
    task: { enum: names, markdownEnumDescriptions: [...tasks.values()].map(({ summary }) => summary) },
    with: { allOf: rules },
    ...Object.fromEntries(params),
  };
}

/** The parameters of a task. A map, never an expression as a whole; nothing at all where none is required. */
function paramsOf({ params, summary }: AnyTask): JsonSchema {
  const { description, ...rest } = params;
  const opened = openSchema(rest);
  const type = (params.required ?? []).length > 0 ? 'object' : ['object', 'null'];
  const { pattern: _, patternErrorMessage: __, ...map } = isMap(opened) ? opened : {};
  return { ...map, type, description: description ?? summary };
}

/** Keywords of 2020-12 in the words of draft-07. */
function draft07(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(draft07);
  if (!isMap(schema)) return schema;
  const entries = Object.entries(schema).map(([name, value]): [string, unknown] => {
    if (name === '$defs') return ['definitions', draft07(value)];
    if (name === '$ref' && typeof value === 'string')
      return [name, value.replace('#/$defs/', '#/definitions/')];
    return [name === 'dependentRequired' ? 'dependencies' : name, draft07(value)];
  });
  const told = schema.pattern !== undefined && typeof schema.$comment === 'string';
  return Object.fromEntries([...entries, ...(told ? [['patternErrorMessage', schema.$comment]] : [])]);
}
