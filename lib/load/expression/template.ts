/** A value of a runbook with its expressions, compiled: evaluated per host, checked through its paths. */
import type { Place } from '../../base/problem.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Reference, Scope, Template } from '../../model/runbook.ts';
import {
  eachScalar,
  type MapNode,
  type Node,
  placeOf,
  rawText,
  type ScalarNode,
  type Spot,
} from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { spotOf } from '../source/spot.ts';
import type { Cel } from './cel.ts';
import { ExpressionFault } from './cel-tree.ts';
import { type Evaluate, evaluateAt, faultSpot, joinParts } from './evaluate.ts';
import { type Expression, needsCel, readExpression } from './expression.ts';
import { referencesOf } from './reference.ts';
import { splice } from './splice.ts';

/** An expression where it stands, for the checks that need names and places. */
export interface Use {
  readonly expression: Expression;
  readonly spot: Spot;
  /** Keys from the template's top to the scalar: `['peers', 0, 'key']`. */
  readonly path: readonly (string | number)[];
  /** It is a piece of a text, not the whole value. */
  readonly joined: boolean;
}

export interface Compiled extends Template {
  readonly uses: readonly Use[];
  /** The scalars with expressions: all that differs from host to host. */
  readonly leaves: readonly Leaf[];
}

export interface Leaf {
  readonly path: readonly (string | number)[];
  readonly evaluate: Evaluate;
}

/** Texts of the tree's expressions that need the library; `when` counts as one although it has no braces. */
export function wantsCel(node: Node): boolean {
  let wanted = false;
  eachScalar(node, (scalar) => {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return;
    try {
      wanted ||= splice(scalar.value).some((piece) => piece.kind === 'expression' && needsCel(piece.text));
    } catch {
      // Reported with its place when the template is compiled.
    }
  });
  return wanted;
}

/** Compiles a value; faults are reported, and what is faulty evaluates to Unknown. */
export function compileValue(node: Node, cel: Cel | undefined, report: Report): Compiled {
  const context: Context = { cel, report, uses: [], leaves: [] };
  const { evaluate, constant } = compileNode(node, [], context);
  return finish(evaluate, constant, context, node);
}

/** Compiles the text of a condition: an expression with or without `${{ }}` round it, or true/false. */
export function compileCondition(node: Node, cel: Cel | undefined, report: Report): Compiled | undefined {
  if (node.kind !== 'scalar') return undefined;
  if (typeof node.value === 'boolean') return constantTemplate(node.value, placeOf(node));
  if (typeof node.value !== 'string') return undefined;
  if (node.value.includes('${{')) return compileValue(node, cel, report);
  const context: Context = { cel, report, uses: [], leaves: [] };
  const evaluate = compileExpression(node.value, conditionSpot(node), [], false, context);
  return finish(evaluate, false, context, node);
}

/** True when the condition cannot be read without the library. */
export function conditionWantsCel(node: Node): boolean {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return false;
  return node.value.includes('${{') ? wantsCel(node) : needsCel(node.value);
}

export function constantTemplate(value: unknown, place: Place): Compiled {
  const empty = { references: [], uses: [], leaves: [] };
  return { evaluate: () => value, constant: true, place, locate: () => place, ...empty };
}

function finish(evaluate: Evaluate, constant: boolean, { uses, leaves }: Context, node: Node): Compiled {
  const references: Reference[] = uses.flatMap((use) => use.expression.paths.flatMap(referencesOf));
  const locate = (path: readonly (string | number)[]): Place => placeOf(spotOf(node, path));
  return { evaluate, references, constant, place: placeOf(node), locate, uses, leaves };
}

interface Context {
  readonly cel: Cel | undefined;
  readonly report: Report;
  readonly uses: Use[];
  readonly leaves: Leaf[];
}

interface Part {
  readonly evaluate: Evaluate;
  readonly constant: boolean;
}

function compileNode(node: Node, path: readonly (string | number)[], context: Context): Part {
  if (node.kind === 'scalar') return compileScalar(node, path, context);
  if (node.kind === 'map') return compileMap(node, path, context);
  const parts = node.items.map((item, index) => compileNode(item, [...path, index], context));
  if (parts.every((part) => part.constant)) {
    const value = parts.map((part) => part.evaluate({}));
    return { evaluate: () => value, constant: true };
  }
  return { evaluate: (scope) => parts.map((part) => part.evaluate(scope)), constant: false };
}

function compileMap(node: MapNode, path: readonly (string | number)[], context: Context): Part {
  const parts: (readonly [string, Part])[] = [];
  for (const { name, key, value } of node.entries) {
    if (name.includes('${{')) {
      context.report.add('expression-key', 'a key cannot hold an expression', key, 'write the key out');
    }
    parts.push([name, compileNode(value, [...path, name], context)]);
  }
  const plain = parts.every(([name]) => name !== '__proto__');
  const make = (scope: Scope): unknown => {
    if (!plain) return Object.fromEntries(parts.map(([name, part]) => [name, part.evaluate(scope)]));
    const map: Record<string, unknown> = {};
    for (const [name, part] of parts) map[name] = part.evaluate(scope);
    return map;
  };
  if (!parts.every(([, part]) => part.constant)) return { evaluate: make, constant: false };
  const value = make({});
  return { evaluate: () => value, constant: true };
}

function compileScalar(node: ScalarNode, path: readonly (string | number)[], context: Context): Part {
  const { value } = node;
  if (typeof value !== 'string' || !value.includes('${{')) return { evaluate: () => value, constant: true };
  const pieces = spliceOf(node, context);
  if (!pieces) return { evaluate: () => new Unknown('an expression with a fault'), constant: false };
  const parts = pieces.map((piece) =>
    piece.kind === 'text'
      ? piece.text
      : compileExpression(piece.text, expressionSpot(node, piece.at), path, pieces.length > 1, context),
  );
  if (parts.every((part) => typeof part === 'string')) {
    const text = parts.join('');
    return { evaluate: () => text, constant: true };
  }
  const [only] = parts;
  const alone = parts.length === 1 && typeof only === 'function';
  const evaluate: Evaluate = alone ? only : (scope) => joinParts(parts, scope, node);
  context.leaves.push({ path, evaluate });
  return { evaluate, constant: false };
}

function spliceOf(node: ScalarNode, context: Context): ReturnType<typeof splice> | undefined {
  try {
    return splice(String(node.value));
  } catch (error) {
    const cut = node.style === 'plain' && /^[^\n]*\s#/.test(node.file.text.slice(node.end - 1));
    const message = error instanceof Error ? error.message : String(error);
    const hint = cut ? 'quote the whole value: " #" begins a comment in YAML' : 'close it with "}}"';
    context.report.add(cut ? 'quote-expression' : 'expression-open', message, node, hint);
    return undefined;
  }
}

function compileExpression(
  text: string,
  spot: Spot,
  path: readonly (string | number)[],
  joined: boolean,
  context: Context,
): Evaluate {
  try {
    const expression = readExpression(text, context.cel);
    context.uses.push({ expression, spot, path, joined });
    return (scope) => evaluateAt(expression, scope, spot);
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    const { code, hint } = fault instanceof ExpressionFault ? fault : { code: undefined, hint: undefined };
    context.report.add(
      code ?? 'expression-syntax',
      `expression: ${fault.message}`,
      faultSpot(spot, text, fault),
      hint ?? conditionHint(text),
    );
    return () => new Unknown('an expression with a fault');
  }
}

function conditionHint(text: string): string | undefined {
  if (/^\s*\{\{/.test(text)) return 'a condition stands by itself: take {{ and }} away';
  if (/\bis\s+(not\s+)?defined\b/.test(text)) return 'write has(vars.NAME), or !has(vars.NAME)';
  if (/\?[?.]/.test(text)) return 'what may be missing: default(vars.NAME, "a value")';
  if (/[^|]\|[^|]/.test(text))
    return 'there are no filters: write default(x, y), list.join(", "), text.upper()';
  if (/\n/.test(text)) return 'write \\\\n for a line break in an expression within double quotes';
  if (/\b(and|or|not|is)\b/.test(text)) return 'write && for and, || for or, ! for not, == for is';
  return /(^|[^=!<>])=([^=]|$)/.test(text) ? 'write == to compare' : undefined;
}

/** Where the n-th `${{` of a scalar stands in the file. */
function expressionSpot(node: ScalarNode, count: number): Spot {
  const raw = rawText(node);
  let at = raw.indexOf('${{');
  for (let left = count; left > 0 && at !== -1; left -= 1) at = raw.indexOf('${{', at + 3);
  const start = at === -1 ? node.start : node.start + at;
  return { file: node.file, start, end: node.end };
}

/** Where the text of an unbraced condition begins. */
function conditionSpot(node: ScalarNode): Spot {
  return node.style === 'quoted' ? { file: node.file, start: node.start + 1, end: node.end } : node;
}
