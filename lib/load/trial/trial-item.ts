/** Tries a step with `foreach` on its hosts: each item as a step of its own would be. */
import { findUnknown, Unknown } from '../../base/unknown.ts';
import { type Item, itemScope, itemsOf } from '../../model/item.ts';
import type { Scope } from '../../model/runbook.ts';
import { type InputMemo, inputMemoIn } from '../expression/input-memo.ts';
import { ANY, TEXT, type Type, typeWords } from '../expression/type.ts';
import { TypedUnknown, typeOfUnknown } from '../expression/typed-unknown.ts';
import { isOfItem, pathsOf } from '../runbook/foreach.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import type { Attempt, Tried } from './trial.ts';
import { type ParamCheck, paramCheck } from './trial-param.ts';
import { tryIn, tryOn } from './trial-step.ts';

/** What to ask of each host; undefined where the items cannot be told yet, or have a fault. */
export function itemTrial(attempt: Attempt): (host: string, scope: Scope) => Tried | undefined {
  const memo = memoOf(attempt.built);
  return (host, scope) => memo(scope, () => tryItems(host, scope, attempt));
}

function memoOf({ with: params, scope, conditions, vars, foreach }: BuiltStep): InputMemo<Tried | undefined> {
  // Variables of the step may rest on the item, which a look from outside does not see.
  if (vars) return (_, make) => make();
  const items = foreach ? [{ template: foreach.compiled.items, scope: foreach.scope }] : [];
  const parts = [{ template: params, scope }, ...conditions, ...items];
  return inputMemoIn(
    parts.map((part) => ({
      paths: pathsOf(part.template).filter((path) => !isOfItem(path)),
      enter: part.scope.attempt,
    })),
  );
}

function tryItems(host: string, scope: Scope, attempt: Attempt): Tried | undefined {
  const { foreach } = attempt.built;
  if (!foreach) return undefined;
  const given = tryIn(foreach.scope, foreach.compiled.items, scope, host, attempt);
  const items = itemsOf(given);
  if (!items) tellNoItems(given, host, attempt);
  if (!items || items.length === 0) {
    // Names and types can be looked at without an item.
    const names = namesOfAny(attempt.built.step.id, given instanceof Unknown ? typeOfUnknown(given) : ANY);
    tryOne(host, { ...scope, ...names }, ofNames(attempt, names, 'of any item'));
    return items && { params: undefined, open: false, items: [] };
  }
  const tried = items.map((item) => {
    const { value, index, key } = item;
    const names = { item: value, index, ...(key === undefined ? {} : { key }) };
    const result = tryOne(host, itemScope(scope, item), ofItem(attempt, item, names));
    return { item, tried: result };
  });
  if (tried.some((each) => !each.tried)) return undefined;
  const sound = tried.flatMap(({ item, tried: each }) => (each ? [{ item, tried: each }] : []));
  return { params: undefined, open: sound.some((each) => each.tried.open), items: sound };
}

function namesOfAny(step: string, type: Type): Readonly<Record<string, unknown>> {
  const unknown = (of: Type): Unknown => new TypedUnknown(`the items of ${step}`, of);
  const item = type.kind === 'list' ? type.item : type.kind === 'map' ? type.rest : ANY;
  return { item: unknown(item), index: unknown({ kind: 'int' }), key: unknown(TEXT) };
}

function ofNames(attempt: Attempt, values: Readonly<Record<string, unknown>>, where: string): Attempt {
  return { ...attempt, names: { ...attempt.names, bound: { values, where } } };
}

/** A fault is told once for each item that has it, where items are not counted. */
function ofItem(attempt: Attempt, item: Item, names: Readonly<Record<string, unknown>>): Attempt {
  const { first } = attempt;
  return {
    ...ofNames(attempt, names, `of ${item.label}`),
    item,
    first: (code, key, add, counted) => first(code, counted ? key : `${key} ${item.label}`, add, counted),
  };
}

function tryOne(host: string, scope: Scope, attempt: Attempt): Tried | undefined {
  const { built } = attempt;
  const { params, there } = tryOn(host, scope, attempt);
  const found = built.with.constant ? built.with.evaluate({}) : params;
  const sound: ParamCheck = paramCheck(attempt);
  if (found instanceof Unknown || !sound(found, host)) return undefined;
  if (!there) return { params: undefined, open: false };
  return { params: found as Tried['params'], open: findUnknown(found) !== undefined };
}

function tellNoItems(given: unknown, host: string, { built, report, first }: Attempt): void {
  const type = given instanceof Unknown ? typeOfUnknown(given) : undefined;
  if (type && ['any', 'list', 'map'].includes(type.kind)) return;
  const known = given === null ? 'empty' : typeof given === 'object' ? 'a secret' : `a ${typeof given}`;
  const what = type ? typeWords(type) : known;
  first('foreach-type', 'foreach', () =>
    report.add(
      'foreach-type',
      `"foreach" must come to a list or a map, this is ${what} (on ${host})`,
      built.foreach?.compiled.node,
      'name a variable that holds a list or a map',
    ),
  );
}
