/** A JSON Schema as data, the formats of ours that it may name, and what counts as a map. */
import { parseAddress, parseCidr } from '../../base/ip-address.ts';
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Formats of ours that restrict a value by itself; the others are checked where the world is known. */
export const FORMATS: Readonly<Record<string, Pick<RegExp, 'test'>>> = {
  mode: /^0?[0-7]{3,4}$/,
  'abs-path': /^\/(?!.*\0)/,
  ip: { test: (text) => parseAddress(text) !== undefined },
  cidr: { test: (text) => text.includes('/') && parseCidr(text) !== undefined },
};
export const OPEN_FORMATS = ['local-file', 'local-path', 'host-group', 'secret'] as const;
/** `step:TASK` names a step of that task. */
export const STEP_FORMAT = /^step:([a-z][a-z0-9_]*)$/;

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof Unknown) &&
    !(value instanceof Secret)
  );
}
