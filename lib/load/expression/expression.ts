/** One expression: read once, evaluated per host, aware of unknown and secret values. */
import { Secret } from '../../base/secret.ts';
import { Unknown, UnknownUsed } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Cel, Parsed } from './cel.ts';
import { ExpressionFault } from './cel-tree.ts';
import { type TypeIn, typeOfParsed, typeOfPath } from './expression-type.ts';
import { isFixed } from './input-memo.ts';
import { type Path, showPath, simplePath } from './path.ts';
import { TypedUnknown } from './typed-unknown.ts';
import { type Look, stumble, taint, unview, type Views } from './view.ts';

export interface Expression {
  readonly text: string;
  readonly paths: readonly Path[];
  /** Unknown when it rests on something unknown; throws an Error that says why it has no value. */
  evaluate(scope: Scope): unknown;
  /** Whether a part of it may be left out when it is run. */
  readonly branches: boolean;
  /** Its type in the scope of a trial; throws ExpressionFault where its types do not go together. */
  readonly type: TypeIn;
}

/** True when reading the text needs the expression language's library. */
export function needsCel(text: string): boolean {
  return simplePath(text) === undefined;
}

/** Throws an error with a message and, where it is known, the offset `at` of the fault in the text. */
export function readExpression(text: string, cel: Cel | undefined): Expression {
  if (text.trim() === '') throw new Error('the expression is empty');
  const path = simplePath(text);
  if (path) {
    const type = typeOfPath(path);
    const evaluate = (scope: Scope): unknown => retyped(follow(path, scope), type, scope);
    return { text, paths: [path], evaluate, branches: false, type };
  }
  if (!cel) throw new Error('the expression language was not loaded');
  const known = cel.read.get(text);
  if (known) return known;
  const parsed = cel.parse(text);
  const type = forOneScope(typeOfParsed(parsed, cel.typeNames));
  const evaluate = (scope: Scope): unknown => retyped(run(parsed, scope, cel.views), type, scope);
  const fixed = parsed.paths.every(isFixed);
  const read: Expression = {
    text,
    paths: parsed.paths,
    evaluate: fixed ? forOneScope(evaluate) : evaluate,
    branches: parsed.branches,
    type,
  };
  cel.read.set(text, read);
  return read;
}

/** What an expression makes of a value that is not known yet has a type of its own: it was looked into, or counted. */
function retyped(value: unknown, type: TypeIn, scope: Scope): unknown {
  if (!(value instanceof TypedUnknown)) return value;
  try {
    return new TypedUnknown(value.because, type(scope));
  } catch (error) {
    if (error instanceof ExpressionFault) return new Unknown(value.because);
    throw error;
  }
}

/** Many steps say the same, and hosts are looked at one after the other: the last result is kept. */
function forOneScope<T>(evaluate: (scope: Scope) => T): (scope: Scope) => T {
  let last: Scope | undefined;
  let result: T | undefined;
  return (scope) => {
    if (scope !== last) {
      last = undefined;
      result = evaluate(scope);
      last = scope;
    }
    return result as T;
  };
}

/** A path alone: its value as it is, unknown parts and secrets included. */
function follow(path: Path, scope: Scope): unknown {
  let value: unknown = Object.hasOwn(scope, path.root) ? scope[path.root] : undefined;
  if (value === undefined) throw new Error(`"${path.root}" is not defined`);
  const names: string[] = [];
  for (const { name = '' } of path.segments) {
    if (value instanceof Unknown) break;
    names.push(name);
    const inside = value !== null && typeof value === 'object' && !(value instanceof Secret);
    const next: unknown =
      inside && Object.hasOwn(value as object, name) ? Reflect.get(value as object, name) : undefined;
    if (next === undefined) throw new Error(`"${showPath(path.root, names)}" is not defined`);
    value = next;
  }
  if (value instanceof Unknown) stumble(value);
  return value;
}

function run(parsed: Parsed, scope: Scope, views: Views): unknown {
  const view = views.of(scope);
  const outer = view.look;
  const look: Look = { secret: undefined };
  view.look = look;
  try {
    const result = unview(parsed.run(view.root));
    if (result === undefined) throw new Error(NO_VALUE);
    return look.secret ? taint(result, look.secret) : result;
  } catch (error) {
    if (error instanceof UnknownUsed) return error.unknown;
    throw look.secret ? hushed(error, look.secret) : error;
  } finally {
    view.look = outer;
  }
}

/** A message may quote what it could not work with. One about types alone does not. */
function hushed(error: unknown, secret: Secret): unknown {
  const { at, code, hint } =
    error instanceof ExpressionFault ? error : { at: undefined, code: undefined, hint: undefined };
  if (code === 'expression-type') return error;
  const message = `it cannot be worked out; more is not said, as secret "${secret.name}" is part of it`;
  return new ExpressionFault(message, at, code, hint);
}

const NO_VALUE =
  'the result is no value that can be used; what may be missing wants a .orValue(…), a type a string(…)';
