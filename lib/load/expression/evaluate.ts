/** Running the expressions of a template: errors get their place, pieces become one text. */
import { RunError } from '../../base/error.ts';
import { formatPlace, type Place } from '../../base/problem.ts';
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import { placeOf, type Spot } from '../source/node.ts';
import { ExpressionFault } from './cel-tree.ts';
import type { Expression } from './expression.ts';
import { TEXT } from './type.ts';
import { TypedUnknown } from './typed-unknown.ts';

export type Evaluate = (scope: Scope) => unknown;

/** The spot of the fault inside the expression, when its text stands in the file as it is. */
export function faultSpot(spot: Spot, text: string, fault: Error): Spot {
  const at = 'at' in fault && typeof fault.at === 'number' ? fault.at : undefined;
  const start = spot.file.text.indexOf(text, spot.start);
  if (at === undefined || start === -1 || start > spot.start + 4) return spot;
  return { file: spot.file, start: start + at, end: spot.end };
}

export function evaluateAt(expression: Expression, scope: Scope, spot: Spot): unknown {
  try {
    return expression.evaluate(scope);
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    const place = placeOf(faultSpot(spot, expression.text, fault));
    const hint = fault instanceof ExpressionFault ? fault.hint : undefined;
    const told = hint === undefined ? {} : { hint };
    throw new RunError('failed', `${formatPlace(place)}: expression: ${fault.message}`, {
      ...told,
      problems: [{ code: 'expression-failed', message: `expression: ${fault.message}`, place, ...told }],
      cause: error,
    });
  }
}

/** Pieces joined to text: unknown when one is unknown, secret when one is secret. */
export function joinParts(parts: readonly (string | Evaluate)[], scope: Scope, spot: Spot): unknown {
  let text = '';
  let secret: Secret | undefined;
  let unknown: Unknown | undefined;
  for (const part of parts) {
    const value = typeof part === 'string' ? part : part(scope);
    if (value instanceof Unknown) unknown ??= value;
    else if (value instanceof Secret) {
      secret ??= value;
      text += value.reveal();
    } else if (value !== null && typeof value !== 'object') text += String(value);
    else throw joinFault(value, placeOf(spot));
  }
  if (unknown instanceof TypedUnknown) return new TypedUnknown(unknown.because, TEXT);
  if (unknown) return unknown;
  return secret ? secret.derive(text) : text;
}

function joinFault(value: unknown, place: Place): RunError {
  const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : 'a map';
  const message = `${what} cannot be joined to text`;
  const hint = 'join a list with .join(", "), or let the expression be the whole value';
  return new RunError('failed', `${formatPlace(place)}: ${message}`, {
    hint,
    problems: [{ code: 'expression-join', message, place, hint }],
  });
}
