/** `vars_schema:` of a runbook: what its hosts' variables must be, asked of every host before anything connects. */
import { formatPlace } from '../../base/problem.ts';
import { Secret } from '../../base/secret.ts';
import { findUnknown } from '../../base/unknown.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { HostValues } from '../inventory/value.ts';
import { soundSchema } from '../inventory/value-schema.ts';
import { MAYBE } from '../schema/grade.ts';
import { grader } from '../schema/judge.ts';
import { violations } from '../schema/schema.ts';
import { reportViolation } from '../schema/shape.ts';
import { isMap, type JsonSchema } from '../source/json-schema.ts';
import { child, type Entry, type MapNode, type Node, placeOf, plain } from '../source/node.ts';
import type { Report } from '../source/report.ts';

type Values = Readonly<Record<string, unknown>>;

export interface VarWorld {
  readonly inventory: Inventory;
  /** What the command line says, over all others. */
  readonly extraVars: Values;
  /** Where values of hosts come from. */
  readonly values: ReadonlyMap<string, HostValues>;
  readonly hosts: ReadonlySet<string>;
  /** All variables of a host, as this file sees them. */
  vars(host: string): Values;
}

/** Values for hosts that say none. */
export function defaultVars(top: MapNode): Values {
  const pairs = declared(top).flatMap(({ name, value }) => {
    const preset = child(value, 'default');
    return preset ? [[name, plain(preset)] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function declared(top: MapNode): readonly Entry[] {
  const node = child(top, 'vars_schema');
  return node?.kind === 'map' ? node.entries : [];
}

export function checkVarSchema(top: MapNode, world: VarWorld, report: Report): void {
  for (const entry of declared(top)) {
    const rule = plain(entry.value);
    if (!isMap(rule)) continue;
    const { optional, ...schema } = rule;
    checkOne(
      entry,
      soundSchema(schema),
      optional === true || schema.default !== undefined,
      top,
      world,
      report,
    );
  }
}

function checkOne(
  { name, key }: Entry,
  schema: JsonSchema,
  free: boolean,
  top: MapNode,
  world: VarWorld,
  report: Report,
): void {
  const grade = grader(schema);
  const missing: string[] = [];
  const wrong = new Map<Node | undefined, string[]>();
  for (const host of world.hosts) {
    const vars = world.vars(host);
    if (!Object.hasOwn(vars, name)) {
      if (!free) missing.push(host);
      continue;
    }
    if (!breaks(vars[name], grade)) continue;
    const node = Object.hasOwn(world.extraVars, name)
      ? undefined
      : (child(child(top, 'vars'), name) ?? world.values.get(host)?.settings(name).at(-1)?.entry.value);
    wrong.set(node, [...(wrong.get(node) ?? []), host]);
  }
  if (missing.length > 0) tellMissing(name, missing, key, world, report);
  for (const [node, hosts] of wrong) {
    const [first = ''] = hosts;
    for (const one of violations(schema, world.vars(first)[name])) {
      const where = ` (on ${few(hosts)}; wanted at ${formatPlace(placeOf(key))})`;
      const told = { ...one, message: `${one.message}${where}` };
      if (node) reportViolation(told, node, report, `variable "${name}"`);
      else {
        const said = Object.hasOwn(world.extraVars, name) ? ' by --extra-vars' : '';
        report.add(one.code, `variable "${name}"${said} ${told.message}`, key, one.hint);
      }
    }
  }
}

function breaks(value: unknown, grade: ReturnType<typeof grader>): boolean {
  return !(value instanceof Secret) && grade(value) > MAYBE && !findUnknown(value);
}

function tellMissing(
  name: string,
  hosts: readonly string[],
  key: Entry['key'],
  world: VarWorld,
  report: Report,
): void {
  const first = world.inventory.hosts.get(hosts[0] ?? '');
  const at = first ? ` (${first.name}: ${formatPlace(first.place)})` : '';
  const hint = `set it for the host${at}, for its group, or under vars:; optional: true lets it be left out`;
  report.add('missing-variable', `variable "${name}" is not set on ${few(hosts)}`, key, hint);
}

function few(hosts: readonly string[]): string {
  return hosts.length <= 3
    ? hosts.join(', ')
    : `${hosts.slice(0, 2).join(', ')} and ${hosts.length - 2} more`;
}
