/** Parameters of a step as they are known before connecting: against the schema, and against what there is to be named. */
import { dirname } from 'node:path';
import { formatPlace } from '../base/problem.ts';
import { didYouMean } from '../base/suggest.ts';
import { child, type Node } from './node.ts';
import { parameterCode, paramViolations, schemaOf, withFormat } from './param.ts';
import { isFile, isFolder, shownPath } from './read.ts';
import type { Report } from './report.ts';
import type { BuiltStep } from './runbook.ts';
import { reportViolation } from './shape.ts';
import { noneBefore, stepFault, stepParams, stepTask } from './step-param.ts';
import type { Once, TrialWorld } from './trial.ts';
import { valuePlace } from './value-place.ts';

/** Reports what is wrong with the parameters that a step has on a host (on all of them without one); true when nothing is. */
export function checkParams(
  built: BuiltStep,
  params: unknown,
  host: string | undefined,
  world: TrialWorld,
  report: Report,
  once: Once,
): boolean {
  const { step, draft } = built;
  let sound = true;
  const top: Node = child(draft.node, 'with') ?? child(draft.node, 'task') ?? draft.node;
  // Which host it is matters only where the value comes from an expression.
  const where = (path: readonly (string | number)[]): string => {
    if (host === undefined || path.length === 0) return '';
    if (!built.with.uses.some((use) => onOneLine(use.path, path))) return '';
    const place = valuePlace(built, host, path, world.values);
    return ` (on ${host}${place ? `, set at ${formatPlace(place)}` : ''})`;
  };
  const add = (
    code: string,
    message: string,
    path: readonly (string | number)[],
    hint?: string,
    wanted?: readonly string[],
  ): void => {
    sound = false;
    once(code, path.join('/'), () => {
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
  };
  for (const { code, message, path, hint, ...rest } of paramViolations(step.task, params)) {
    // A key with an expression in it has been refused as such.
    if (code === 'unknown-key' && String(path.at(-1)).includes('${{')) continue;
    const wanted = 'wanted' in rest ? rest.wanted : undefined;
    const text = `${message.replace('unknown key', 'unknown parameter')}${code === 'unknown-key' ? '' : where(path)}`;
    if (code === 'missing-key')
      add(parameterCode(code), `${step.taskName}: ${text}`, path, hint ?? missingStep(built, message, path));
    else add(parameterCode(code), text, path, hint, wanted);
  }
  if (built.worldly) checkFormats(built, params, world, add);
  return sound;
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
  { step, draft }: BuiltStep,
  params: unknown,
  world: TrialWorld,
  add: (code: string, message: string, path: readonly (string | number)[], hint?: string) => void,
): void {
  for (const found of withFormat(schemaOf(step.task), params, isWorldly)) {
    const text = String(found.value);
    const wanted = stepTask(found.format);
    if (wanted !== undefined) {
      const fault = stepFault(text, wanted, draft, world.drafts);
      if (fault) add(fault.code, fault.message, found.path, fault.hint);
      continue;
    }
    if (found.format === 'host-group') {
      if (world.inventory.groups.has(text)) continue;
      add('unknown-group', `no group "${text}"`, found.path, didYouMean(text, world.inventory.groups.keys()));
    } else if (!isFile(text) && !(found.format === 'local-path' && isFolder(text))) {
      const why = isFolder(text) ? 'is a folder' : 'does not exist';
      const hint = `paths are relative to ${shownPath(dirname(world.path), world.cwd) || '.'}`;
      add('no-local-file', `${shownPath(text, world.cwd)} ${why}`, found.path, hint);
    }
  }
}

/** One of the two paths leads through the other. */
export function onOneLine(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.every((key, at) => long[at] === key);
}
