/** Names that a template is certain to ask for and that are not there: found without rendering it. */

import { Secret } from '../../base/secret.ts';
import { didYouMean, nearest } from '../../base/suggest.ts';
import { Unknown, UnknownUsed } from '../../base/unknown.ts';
import { type LiquidName, NAMES_HINT } from './liquid.ts';

export interface MissingName {
  readonly line: number;
  readonly col: number;
  readonly message: string;
  readonly hint: string;
}

/** In the order of the template. What lies in an unknown value, in a list or in text is nobody's to say. */
export function missingNames(
  names: readonly LiquidName[],
  scope: Readonly<Record<string, unknown>>,
): readonly MissingName[] {
  const found = names.flatMap(({ segments, line, col }) => {
    const fault = missingIn(segments, scope);
    return fault ? [{ line, col, ...fault }] : [];
  });
  return found.sort((a, b) => a.line - b.line || a.col - b.col);
}

/** Of any map and list, in Liquid. */
const OF_ALL: ReadonlySet<string> = new Set(['size', 'first', 'last']);

function missingIn(
  segments: readonly string[],
  scope: Readonly<Record<string, unknown>>,
): Pick<MissingName, 'message' | 'hint'> | undefined {
  let value: unknown = scope;
  for (const [at, name] of segments.entries()) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    if (value instanceof Unknown || value instanceof Secret) return undefined;
    if (!Object.hasOwn(value, name)) {
      if (at > 0 && OF_ALL.has(name)) return undefined;
      const known = Object.keys(value);
      const hint = at === 0 && nearest(name, known) === undefined ? undefined : didYouMean(name, known);
      return {
        message: `undefined variable: ${segments.slice(0, at + 1).join('.')}`,
        hint: hint ?? NAMES_HINT,
      };
    }
    try {
      value = Reflect.get(value, name);
    } catch (error) {
      if (error instanceof UnknownUsed) return undefined;
      throw error;
    }
  }
  return undefined;
}
