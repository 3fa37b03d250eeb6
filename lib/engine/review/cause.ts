/** Where in the runbook a change comes from: the line of the parameter that names the thing, else the step's. */
import { formatPlace } from '../../base/problem.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Step } from '../../model/runbook.ts';
import { stepOf } from '../ending.ts';
import type { Life } from '../life.ts';

/** `file:line:col` */
export function causeOf(life: Life, id: string, key: Key): string {
  const step = stepOf(life, id);
  if (!step) return '';
  const path = parameterOf(life, step, key);
  try {
    return formatPlace(path ? step.with.locate(path) : step.place);
  } catch {
    return formatPlace(step.place);
  }
}

/** Keys and indexes that lead to the parameter which holds the name of the thing. */
function parameterOf(life: Life, step: Step, key: Key): readonly (string | number)[] | undefined {
  try {
    const view = life.viewer.view(step);
    if (view.kind !== 'ready' || view.items) return undefined;
    return find(view.params, new Set([keyId(key), keyId(key).replace(/\.service$/, '')]), []);
  } catch {
    return undefined;
  }
}

const DEEPEST = 6;

function find(
  value: unknown,
  names: ReadonlySet<string>,
  path: readonly (string | number)[],
): readonly (string | number)[] | undefined {
  if (typeof value === 'string') return path.length > 0 && names.has(value) ? path : undefined;
  if (value === null || typeof value !== 'object' || path.length > DEEPEST) return undefined;
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  for (const [name, item] of entries) {
    if (typeof name === 'string' && names.has(name)) return [...path, name];
    const found = find(item, names, [...path, name]);
    if (found) return found;
  }
  return undefined;
}
