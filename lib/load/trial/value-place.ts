/** Where the value of a parameter stands that an expression takes from a variable: file and line, for people. */
import type { Place } from '../../base/problem.ts';
import type { Item } from '../../model/item.ts';
import { type Path, simplePath } from '../expression/path.ts';
import type { HostValues } from '../inventory/value.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { child, type Node, placeOf } from '../source/node.ts';

export interface ValueWorld {
  readonly values: ReadonlyMap<string, HostValues>;
  /** The runbook's own variables. */
  readonly vars: Node | undefined;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

type Keys = readonly (string | number)[];

/** Undefined where the parameter stands in the runbook itself, or is worked out from several values. */
export function valuePlace(
  built: BuiltStep,
  host: string,
  path: Keys,
  world: ValueWorld,
  item?: Item,
): Place | undefined {
  const use = built.with.uses.find((each) => each.path.every((key, at) => path[at] === key));
  const found = use && simplePath(use.expression.text);
  if (!use || !found) return undefined;
  const rest = path.slice(use.path.length);
  const names = found.segments.map(({ name = '' }) => name);
  if (found.root === 'item' && item) {
    const node = itemNode(built, host, item, world);
    return node && placeOf(below(node, [...names, ...rest]));
  }
  if (found.root === 'inputs') {
    const input = child(child(built.draft.frame.from?.node, 'with'), names[0] ?? '');
    return input && placeOf(below(input, [...names.slice(1), ...rest]));
  }
  const behind = variableOf(found);
  const node = behind && variableNode(behind[0] ?? '', found.root === 'vars', built, host, world);
  return node && placeOf(below(node, [...behind.slice(1), ...rest]));
}

/** Where the item is written out: in the step itself, or in the variable that `foreach` names. */
function itemNode(built: BuiltStep, host: string, item: Item, world: ValueWorld): Node | undefined {
  const { items, node } = built.foreach?.compiled ?? {};
  if (!items || !node) return undefined;
  const own = item.key ?? item.index;
  if (node.kind !== 'scalar') return below(node, [own]);
  const text = items.uses[0]?.expression.text;
  const found = text === undefined ? undefined : simplePath(text);
  const names = found && variableOf(found);
  const variable = names && variableNode(names[0] ?? '', found.root === 'vars', built, host, world);
  return variable && below(variable, [...names.slice(1), own]);
}

/** The names behind `vars` or `host.vars`. */
function variableOf({ root, segments }: Path): readonly string[] | undefined {
  const names = segments.map(({ name = '' }) => name);
  const rest = root === 'vars' ? names : root === 'host' && names[0] === 'vars' ? names.slice(1) : [];
  return rest.length > 0 ? rest : undefined;
}

/** By precedence: the command line has no place, then step, groups, import, runbook, inventory. */
function variableNode(
  name: string,
  own: boolean,
  { draft }: BuiltStep,
  host: string,
  { values, vars, extraVars }: ValueWorld,
): Node | undefined {
  if (Object.hasOwn(extraVars, name)) return undefined;
  const { frame } = draft;
  const groups = draft.within.filter((layer) => layer.frame === frame).map((layer) => layer.node);
  const said = own ? [draft.node, ...groups.reverse()] : [];
  const file = frame.from ? [frame.from.node, frame.top] : [];
  for (const node of [...said, ...file]) {
    const found = child(child(node, 'vars'), name);
    if (found) return found;
  }
  const above = frame.from ? undefined : child(vars, name);
  return above ?? values.get(host)?.settings(name).at(-1)?.entry.value;
}

/** As far down as the tree goes. */
function below(node: Node, [key, ...rest]: Keys): Node {
  if (key === undefined) return node;
  const next = node.kind === 'list' ? node.items[Number(key)] : child(node, String(key));
  return next ? below(next, rest) : node;
}
