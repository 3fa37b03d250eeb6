/** Types of expressions on a host: what cannot go together is reported, also where no value is known yet. */
import type { ProblemCode } from '../../base/problem-code.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import { isMap } from '../source/json-schema.ts';
import type { First, Report } from '../source/report.ts';
import { ExpressionFault } from './cel-tree.ts';
import { faultSpot } from './evaluate.ts';
import { leadsTo, MISSING } from './input-memo.ts';
import type { Path } from './path.ts';
import type { Compiled, Use } from './template.ts';
import { TEXT, type Type, typeWords } from './type.ts';
import { TypedUnknown } from './typed-unknown.ts';

/** Whether running it says all that its types could say: it has no way round anything, and all it looks at is known. */
export function provesItself({ expression }: Use, scope: Scope): boolean {
  return !expression.branches && expression.paths.every((path) => isKnown(leadsTo(path, scope)));
}

function isKnown(value: unknown): boolean {
  return value !== MISSING && !(value instanceof Unknown);
}

/** The value of a template; what is not known yet has the type that its expression will have. Throws where that has a fault. */
export function typedValue(template: Compiled, scope: Scope): unknown {
  const value = template.evaluate(scope);
  return template.uses.reduce((now, use) => {
    if (provesItself(use, scope)) return now;
    return withType(now, use.path, use.joined ? TEXT : use.expression.type(scope));
  }, value);
}

/** The type of the expression there; undefined where there is a fault, which is reported. */
export function checkType(
  use: Use,
  scope: Scope,
  host: string,
  report: Report,
  first: First,
): Type | undefined {
  const { expression, spot } = use;
  // Which host it is matters where values of hosts are looked at.
  const where = expression.paths.some(ofHost) ? ` (on ${host})` : '';
  const fault = (
    code: ProblemCode,
    message: string,
    at: ExpressionFault | undefined,
    hint: string | undefined,
  ): undefined => {
    const place = at ? faultSpot(spot, expression.text, at) : spot;
    first(code, `${place.start}`, () => report.add(code, `${message}${where}`, place, hint));
  };
  try {
    const type = expression.type(scope);
    if (!use.joined || !NO_TEXT.has(type.kind)) return type;
    return fault('expression-join', `${typeWords(type)} cannot be joined to text`, undefined, JOIN_HINT);
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    return fault(error.code ?? 'expression-type', `expression: ${error.message}`, error, error.hint);
  }
}

const NO_TEXT: ReadonlySet<Type['kind']> = new Set(['list', 'map', 'null']);
const JOIN_HINT = 'join a list with .join(", "), or let the expression be the whole value';

function ofHost({ root, segments }: Path): boolean {
  const area = root === 'host' ? segments[0]?.name : root;
  return !['facts', 'steps', 'run', 'groups', 'secrets'].includes(area ?? '');
}

/** The value with what is not known yet at the path replaced by what is known of its type: it may have been all the facts. */
export function withType(value: unknown, path: readonly (string | number)[], type: Type): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value instanceof Unknown ? new TypedUnknown(value.because, type) : value;
  if (Array.isArray(value)) return value.map((item, at) => (at === key ? withType(item, rest, type) : item));
  if (!isMap(value) || !Object.hasOwn(value, key)) return value;
  return { ...value, [key]: withType(value[key], rest, type) };
}
