/** Parameters of a step as they are known before connecting: against the schema, and against what there is to be named. */

import { dirname } from 'node:path';
import { formatPlace } from '../../base/problem.ts';
import type { ProblemCode } from '../../base/problem-code.ts';
import { didYouMean } from '../../base/suggest.ts';
import { looseParams, stepKeyHint } from '../runbook/loose-param.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { STEP_KEYS } from '../runbook/runbook-schema.ts';
import { noneBefore, stepFault, stepParams, stepTask } from '../runbook/step-param.ts';
import { reportViolation } from '../schema/shape.ts';
import { hasNoParams } from '../source/echo.ts';
import { child, type Node } from '../source/node.ts';
import { isFile, isFolder, shownPath } from '../source/read.ts';
import { parameterCode, schemaOf, withFormat } from '../task/param.ts';
import type { Attempt, TrialWorld } from './trial.ts';
import { valuePlace } from './value-place.ts';

/** Asks of the parameters that the step has on a host (without one: on all of them) whether nothing is wrong; what is, is reported. */
export type ParamCheck = (params: unknown, host: string | undefined) => boolean;

export function paramCheck(attempt: Attempt): ParamCheck {
  const { shape, worldly } = attempt.built;
  // What is there to be named is looked for once.
  const found = new Set<string>();
  return (params, host) => {
    if (shape.fits(params) && !worldly) return true;
    const add = adder(attempt, host);
    checkSchema(attempt.built, params, add);
    if (worldly) checkFormats(attempt, params, found, add.fault);
    return add.sound();
  };
}

type Path = readonly (string | number)[];

interface Adder {
  fault(code: ProblemCode, message: string, path: Path, hint?: string, wanted?: readonly string[]): void;
  /** ` (on wro, set at inventory/prod/hosts.yaml:4:63)`, where it matters which host it is. */
  where(path: Path): string;
  sound(): boolean;
}

function adder({ built, world, report, first, item }: Attempt, host: string | undefined): Adder {
  const { step, draft } = built;
  let sound = true;
  return {
    sound: () => sound,
    where(path) {
      // Which host it is matters only where the value comes from an expression.
      if (host === undefined || path.length === 0) return '';
      if (!built.with.uses.some((use) => onOneLine(use.path, path))) return '';
      const place = valuePlace(built, host, path, world.values, item);
      const set = place ? `set at ${formatPlace(place)}` : undefined;
      // The same for all hosts, where the items are written out.
      const on = item && built.foreach?.compiled.items.constant ? undefined : `on ${host}`;
      return ` (${[item?.label, on, set].filter((text) => text !== undefined).join(', ')})`;
    },
    fault(code, message, path, hint, wanted) {
      sound = false;
      const top: Node = child(draft.node, 'with') ?? child(draft.node, 'task') ?? draft.node;
      first(code, path.join('/'), () => {
        const violation = {
          code: code as 'bad-value',
          message,
          path,
          ...(hint === undefined ? {} : { hint }),
          ...(wanted ? { wanted } : {}),
          atKey: code === 'unknown-parameter',
        };
        reportViolation(violation, top, report, step.taskName);
      });
    },
  };
}

function checkSchema(built: BuiltStep, params: unknown, { fault, where }: Adder): void {
  const { step, shape } = built;
  if (shape.fits(params) || hasNoParams(built.draft.node, Object.keys(STEP_KEYS))) return;
  if (looseParams(built.draft.node).length > 0) return;
  for (const { code, message, path, hint, ...rest } of shape.violations(params)) {
    // A key with an expression in it has been refused as such.
    if (code === 'unknown-key' && String(path.at(-1)).includes('${{')) continue;
    const wanted = 'wanted' in rest ? rest.wanted : undefined;
    const text = `${message.replace('unknown key', 'unknown parameter')}${code === 'unknown-key' ? '' : where(path)}`;
    if (code === 'missing-key')
      fault(
        parameterCode(code),
        `${step.taskName}: ${text}`,
        path,
        hint ?? missingStep(built, message, path),
      );
    else
      fault(
        parameterCode(code),
        text,
        path,
        (code === 'unknown-key' && path.length === 1 ? stepKeyHint(String(path[0])) : undefined) ?? hint,
        wanted,
      );
  }
}

/** A step that would have been found by itself, had there been one. */
function missingStep(
  { step }: BuiltStep,
  message: string,
  path: readonly (string | number)[],
): string | undefined {
  if (path.length > 0) return undefined;
  const [, task] = [...stepParams(step.task)].find(([name]) => message.startsWith(`"${name}" `)) ?? [];
  return task === undefined ? undefined : noneBefore(task);
}

function isWorldly(format: string): boolean {
  return ['host-group', 'local-file', 'local-path'].includes(format) || stepTask(format) !== undefined;
}

function checkFormats(
  { built, world }: Attempt,
  params: unknown,
  known: Set<string>,
  add: (code: ProblemCode, message: string, path: Path, hint?: string) => void,
): void {
  for (const { value, format, path } of withFormat(schemaOf(built.step.task), params, isWorldly)) {
    const text = String(value);
    const key = `${format} ${text}`;
    if (known.has(key)) continue;
    const fault = formatFault(format, text, built, world);
    if (fault) add(fault.code, fault.message, path, fault.hint);
    else known.add(key);
  }
}

interface FormatFault {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

function formatFault(
  format: string,
  text: string,
  { draft }: BuiltStep,
  world: TrialWorld,
): FormatFault | undefined {
  const wanted = stepTask(format);
  if (wanted !== undefined) return stepFault(text, wanted, draft, world.drafts);
  if (format === 'host-group') {
    if (world.inventory.groups.has(text)) return undefined;
    const hint = didYouMean(text, world.inventory.groups.keys());
    return { code: 'unknown-group', message: `no group "${text}"`, hint };
  }
  const { disk } = world;
  if (isFile(text, disk) || (format === 'local-path' && isFolder(text, disk))) return undefined;
  const why = isFolder(text, disk) ? 'is a folder' : 'does not exist';
  const hint = `paths are relative to ${shownPath(dirname(world.path), world.cwd) || '.'}`;
  return { code: 'no-local-file', message: `${shownPath(text, world.cwd)} ${why}`, hint };
}

/** One of the two paths leads through the other. */
export function onOneLine(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.every((key, at) => long[at] === key);
}
