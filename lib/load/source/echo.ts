/** Faults that only follow from another one, such as a key that is misspelt: they are not told beside it. */

import type { ProblemCode } from '../../base/problem-code.ts';
import { nearest } from '../../base/suggest.ts';
import { child, entryOf, listOf, type MapNode, type Node, textOf } from './node.ts';
import type { Report } from './report.ts';

/** The key is not there, and another one that means nothing is nearly called so. */
export function isMisspelt(node: Node | undefined, name: string, known: readonly string[]): boolean {
  if (node?.kind !== 'map' || entryOf(node, name)) return false;
  return node.entries.some((entry) => !known.includes(entry.name) && nearest(entry.name, known) === name);
}

/** What is missing elsewhere when a key of the runbook cannot be read. */
const OF_RUNBOOK: readonly (readonly [key: string, kind: Node['kind'], codes: readonly ProblemCode[]])[] = [
  ['vars', 'map', ['unknown-variable', 'unknown-name']],
  ['secrets', 'map', ['unknown-secret']],
  ['handlers', 'list', ['unknown-handler']],
];

/** For a runbook whose shape is broken. `keys`: those of a runbook. */
export function hushRunbook(
  top: Node,
  keys: readonly string[],
  stepKeys: readonly string[],
  report: Report,
): void {
  for (const [key, kind, codes] of OF_RUNBOOK) {
    const node = child(top, key);
    const other =
      node !== undefined && node.kind !== kind && !(node.kind === 'scalar' && node.value === null);
    if (other || isMisspelt(top, key, keys)) report.hush(codes);
  }
  const steps = [...stepsIn(child(top, 'steps')), ...listOf(child(top, 'handlers'))];
  // Nobody knows the id of such a step, and others may wait for it.
  if (steps.some((step) => textOf(child(step, 'task')) === undefined || isMisspelt(step, 'id', stepKeys)))
    report.hush(['unknown-step', 'unknown-handler', 'handler-never-notified']);
  if (steps.some((step) => isMisspelt(step, 'vars', stepKeys))) report.hush(['unknown-variable']);
  if (steps.some((step) => isMisspelt(step, 'notify', stepKeys))) report.hush(['handler-never-notified']);
}

/** Those within groups included. */
function stepsIn(list: Node | undefined): readonly Node[] {
  return listOf(list).flatMap((node) => {
    if (entryOf(node, 'group')) return stepsIn(child(node, 'steps'));
    return entryOf(node, 'import') ? [] : [node];
  });
}

/** For an inventory whose shape is broken. */
export function hushInventory(
  top: Node,
  keys: {
    readonly host: readonly string[];
    readonly group: readonly string[];
    readonly top: readonly string[];
  },
  report: Report,
): void {
  const hosts = valuesOf(child(top, 'hosts'));
  const groups = valuesOf(child(top, 'groups'));
  const misspelt = (name: string): boolean =>
    hosts.some((host) => isMisspelt(host, name, keys.host)) ||
    groups.some((group) => isMisspelt(group, name, keys.group));
  if (misspelt('vars') || isMisspelt(top, 'groups', keys.top)) report.hush(['unknown-variable']);
  if (['groups', 'hosts', 'children'].some(misspelt) || isMisspelt(top, 'groups', keys.top))
    report.hush(['unknown-host', 'unknown-group', 'no-host']);
  if (isMisspelt(top, 'secrets', keys.top)) report.hush(['unknown-secret']);
}

function valuesOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'map' ? node.entries.map(({ value }) => value) : [];
}

/** Parameters of the step stand under a key that means nothing, or are no map. */
export function hasNoParams(step: MapNode, keys: readonly string[]): boolean {
  const given = child(step, 'with');
  if (given === undefined) return step.entries.some(({ name }) => !keys.includes(name));
  return given.kind === 'list' || (given.kind === 'scalar' && given.value !== null);
}
