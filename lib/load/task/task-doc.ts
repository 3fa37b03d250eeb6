/** All that a task says of itself, in the words of people. */
import type { AnyTask } from '../../model/task.ts';
import { isMap } from '../source/json-schema.ts';
import { describeParams, type ParamDoc } from './param-doc.ts';

export interface TaskDoc {
  readonly name: string;
  readonly summary: string;
  /** Of the project itself. */
  readonly own: boolean;
  readonly params: readonly ParamDoc[];
  readonly outputs: readonly ParamDoc[];
  /** What its schema says of parameters together. */
  readonly rules: readonly string[];
  /** Lists of steps, in YAML. */
  readonly examples: readonly string[];
}

export function describeTask(name: string, task: AnyTask, own: boolean): TaskDoc {
  const { summary, params, outputs = {}, examples = [] } = task;
  return {
    name,
    summary,
    own,
    params: describeParams(params),
    outputs: describeParams({ properties: outputs }),
    rules: (params.allOf ?? []).flatMap((rule: unknown) => (isMap(rule) ? noteOf(rule) : [])),
    examples: examples.map((example) => `${example.trim()}\n`),
  };
}

function noteOf({ $comment }: Readonly<Record<string, unknown>>): readonly string[] {
  return typeof $comment === 'string' ? [$comment] : [];
}
