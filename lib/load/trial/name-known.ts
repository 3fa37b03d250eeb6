/** Names out of what is known beforehand: facts, groups, secrets, steps and their outputs. */
import type { ProblemCode } from '../../base/problem-code.ts';
import { didYouMean } from '../../base/suggest.ts';
import { type Path, type Segment, showPath } from '../expression/path.ts';
import type { Type } from '../expression/type.ts';

export interface NameFault {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Steps by id: the hosts they run on, and the outputs their tasks declare (undefined: the task is not known). */
export type NamedSteps = ReadonlyMap<
  string,
  {
    readonly hosts: ReadonlySet<string>;
    readonly outputs: readonly string[] | undefined;
    /** With `foreach`: the outputs are those of several items. */
    readonly each?: boolean;
    /** A map of the outputs; `any` where the task is not known. */
    readonly types: Type;
  }
>;

/** The fault, unless the expression can do without. */
export function missing(
  path: Path,
  segments: readonly Segment[],
  at: number,
  fault: () => NameFault,
): NameFault | undefined {
  // `has(a.b)` asks; `a.?b` takes what is there.
  const asked = path.tested && at === segments.length - 1;
  return asked || segments[at]?.optional ? undefined : fault();
}

export function checkTable(
  path: Path,
  segments: readonly Segment[],
  before: readonly string[],
  table: object,
): NameFault | undefined {
  let at: unknown = table;
  const names = [...before];
  for (const { name } of segments) {
    if (name === undefined || at === null || typeof at !== 'object') return undefined;
    names.push(name);
    if (!Object.hasOwn(at, name)) {
      const known = Object.keys(at);
      const message = `"${showPath(path.root, names)}" does not exist`;
      const code = path.root === 'run' ? 'unknown-name' : 'unknown-fact';
      // Nobody needs to ask for what can never be there.
      return { code, message, hint: didYouMean(name, known) ?? `known: ${known.join(', ')}` };
    }
    at = Reflect.get(at, name);
  }
  return undefined;
}

export function checkKnown(
  path: Path,
  known: readonly string[],
  code: ProblemCode,
  what: string,
): NameFault | undefined {
  const name = path.segments[0]?.name;
  if (name === undefined || known.includes(name)) return undefined;
  const hint = didYouMean(name, known) ?? `there is no ${what} at all`;
  return missing(path, path.segments, 0, () => ({ code, message: `no ${what} "${name}"`, hint }));
}

export function checkStep(
  path: Path,
  segments: readonly Segment[],
  steps: NamedSteps,
  host: string,
): NameFault | undefined {
  const [id, field, output] = segments;
  if (id?.name === undefined) return undefined;
  const step = steps.get(id.name);
  const { name } = id;
  if (!step) {
    const hint = didYouMean(name, steps.keys());
    return missing(path, segments, 0, () => ({ code: 'unknown-step', message: `no step "${name}"`, hint }));
  }
  if (!step.hosts.has(host)) {
    const message = `step "${name}" does not run on ${host}`;
    const hint = `it runs on ${[...step.hosts].slice(0, 5).join(', ')}`;
    return missing(path, segments, 0, () => ({ code: 'output-host', message, hint }));
  }
  if (field?.name !== undefined && field.name !== 'outputs') {
    const hint = step.outputs?.includes(field.name) ? `write outputs.${field.name}` : 'write outputs.NAME';
    return { code: 'unknown-name', message: `a step has no "${field.name}"`, hint };
  }
  if (step.each) return checkItemOutput(segments, step.outputs, name);
  const wanted = output?.name;
  if (wanted === undefined || step.outputs === undefined || step.outputs.includes(wanted)) return undefined;
  const hint = didYouMean(wanted, step.outputs) ?? 'its task declares no outputs';
  return { code: 'unknown-output', message: `step "${name}" has no output "${wanted}"`, hint };
}

/** `steps.x.outputs[0].stdout`, `steps.x.outputs.web.stdout`: an item, then the output. */
function checkItemOutput(
  segments: readonly Segment[],
  outputs: readonly string[] | undefined,
  id: string,
): NameFault | undefined {
  const [item, output] = segments.slice(2);
  if (item?.name !== undefined && !output && outputs?.includes(item.name)) {
    return {
      code: 'unknown-output',
      message: `step "${id}" has foreach, and so the outputs of each item`,
      hint: `write outputs[0].${item.name}, or outputs["key"].${item.name} where foreach is a map`,
    };
  }
  const wanted = output?.name;
  if (wanted === undefined || outputs === undefined || outputs.includes(wanted)) return undefined;
  const hint = didYouMean(wanted, outputs) ?? 'its task declares no outputs';
  const message = `the items of step "${id}" have no output "${wanted}"`;
  return { code: 'unknown-output', message, hint };
}
