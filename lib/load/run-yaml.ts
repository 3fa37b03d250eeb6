/** `run.yaml` of a project's root: what its people would otherwise say on every command line. */
import { join } from 'node:path';
import type { Place, Problem } from '../base/problem.ts';
import { checkShape } from './schema/shape.ts';
import type { JsonSchema } from './source/json-schema.ts';
import { type Entry, placeOf } from './source/node.ts';
import { isFile, readSource } from './source/read.ts';
import { createReport } from './source/report.ts';
import { openTrees } from './source/tree.ts';

export interface Default {
  readonly value: string | number | boolean;
  readonly place: Place;
}

export interface RunYaml {
  readonly defaults: ReadonlyMap<string, Default>;
  readonly problems: readonly Problem[];
}

export interface RunYamlRules {
  /** Of the values, by their names. */
  readonly properties: Readonly<Record<string, JsonSchema>>;
  /** Why a name that means something elsewhere cannot stand here; undefined for any other. */
  refusal(name: string): string | undefined;
}

/** Empty when there is no such file, or nothing in it. */
export async function readRunYaml(root: string, cwd: string, rules: RunYamlRules): Promise<RunYaml> {
  const path = join(root, 'run.yaml');
  if (!isFile(path)) return { defaults: new Map(), problems: [] };
  const report = createReport();
  const file = readSource(path, cwd, report);
  const top = file && (await openTrees(root).parse(file, report));
  if (!top) return { defaults: new Map(), problems: report.problems() };
  const entries = top.kind === 'map' ? top.entries : [];
  const refused = entries.filter(({ name }) => rules.refusal(name) !== undefined);
  for (const { name, key } of refused)
    report.add('not-a-default', `"${name}" cannot stand in run.yaml`, key, rules.refusal(name));
  const others = Object.fromEntries(refused.map(({ name }) => [name, true]));
  // Nothing but comments is nothing said.
  if (top.kind !== 'scalar' || top.value !== null)
    checkShape(
      { type: 'object', additionalProperties: false, properties: { ...rules.properties, ...others } },
      top,
      report,
    );
  const defaults = new Map(entries.flatMap((entry) => defaultOf(entry)));
  return { defaults, problems: report.problems() };
}

function defaultOf({ name, value }: Entry): [string, Default][] {
  if (value.kind !== 'scalar' || value.value === null) return [];
  return [[name, { value: value.value, place: placeOf(value) }]];
}
