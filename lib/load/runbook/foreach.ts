/** `foreach:` of a step: compiled, and its items on a host as far as they can be told before connecting. */
import { Unknown } from '../../base/unknown.ts';
import { ITEM_NAMES, type Item, itemScope, itemsOf } from '../../model/item.ts';
import type { Foreach, Scope } from '../../model/runbook.ts';
import type { Cel } from '../expression/cel.ts';
import type { Path } from '../expression/path.ts';
import { type Compiled, compileValue } from '../expression/template.ts';
import type { Node } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { BuiltStep } from './runbook.ts';

export interface CompiledForeach extends Foreach {
  readonly items: Compiled;
  /** Where the items stand. */
  readonly node: Node;
}

const HINT = 'write a list, a map, or one expression in ${{ }} that gives one';

export function compileForeach(
  node: Node | undefined,
  { when, vars }: { readonly when: Compiled | undefined; readonly vars: Compiled | undefined },
  cel: Cel | undefined,
  report: Report,
): CompiledForeach | undefined {
  if (!node) return undefined;
  const given = compileValue(node, cel, report);
  const sound = !given.constant || itemsOf(given.evaluate({})) !== undefined;
  // A text is of the right shape, as it may hold an expression.
  if (!sound && node.kind === 'scalar' && typeof node.value === 'string')
    report.add('foreach-type', '"foreach" is a text without an expression', node, HINT);
  const items = sound ? given : { ...given, constant: false, evaluate: () => new Unknown('its items') };
  const varsToo = pathsOf(vars).some(isOfItem);
  const local = ({ root, segments }: Path): boolean =>
    varsToo && (root === 'vars' || (root === 'host' && segments[0]?.name === 'vars'));
  const whenToo = pathsOf(when).some((path) => isOfItem(path) || local(path));
  return { items, node, when: whenToo, vars: varsToo };
}

export function isOfItem({ root }: Path): boolean {
  return ITEM_NAMES.has(root);
}

export function pathsOf(template: Compiled | undefined): readonly Path[] {
  return (template?.uses ?? []).flatMap(({ expression }) => expression.paths);
}

/** The scopes of the items on a host, or the one of a step without `foreach`; Unknown where they cannot be told yet. */
export function scopesOf(
  { foreach, scope }: BuiltStep,
  base: Scope,
): readonly { readonly item: Item | undefined; readonly scope: Scope }[] | Unknown {
  if (!foreach) return [{ item: undefined, scope: scope.attempt(base) }];
  const given = foreach.compiled.items.evaluate(foreach.scope.attempt(base));
  const items = itemsOf(given);
  if (!items) return given instanceof Unknown ? given : new Unknown('what foreach comes to');
  return items.map((item) => ({ item, scope: scope.attempt(itemScope(base, item)) }));
}
