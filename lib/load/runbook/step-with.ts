/** The parameters of a step as its task gets them: defaults and steps filled in, local paths absolute. */

import { ITEM_NAMES } from '../../model/item.ts';
import { type InputMemo, inputMemo } from '../expression/input-memo.ts';
import type { Compiled } from '../expression/template.ts';
import { isMap, type JsonSchema } from '../source/json-schema.ts';
import {
  absoluteLocalPaths,
  namesLocalFiles,
  type ParamShape,
  replaceAt,
  schemaOf,
  withFormat,
} from '../task/param.ts';
import type { Frame } from './frame.ts';
import { stepTask } from './step-param.ts';
import type { StepScope } from './step-scope.ts';

/** Over the names of `scope`. Constant ones are made once. `each`: there are items, too. */
export function finishParams(
  params: Compiled,
  { task, fill }: ParamShape,
  { folder, prefix }: Frame,
  implied: Readonly<Record<string, string>>,
  scope: StepScope,
  each: boolean,
): Compiled {
  const schema = schemaOf(task);
  const local = namesLocalFiles(schema);
  const named = prefix !== '' && namesSteps(schema);
  const more = Object.keys(implied).length > 0;
  const finish = (value: unknown): unknown => {
    // Ids are those of the file that says them.
    const own = named ? withFullIds(schema, value, prefix) : value;
    const full = fill(more && isMap(own) ? { ...own, ...implied } : own);
    return local ? absoluteLocalPaths(schema, full, folder) : full;
  };
  if (!params.constant) {
    const paths = params.uses.flatMap(({ expression }) => expression.paths);
    // The same object for the same values: whatever follows from it can be shared, too.
    const memo: InputMemo<unknown> = paths.every(
      (path) => scope.fixed(path) || (each && ITEM_NAMES.has(path.root)),
    )
      ? inputMemo(paths)
      : (_, make) => make();
    return { ...params, evaluate: (names) => memo(names, () => finish(params.evaluate(names))) };
  }
  const value = finish(params.evaluate({}));
  return { ...params, evaluate: () => value };
}

const isStep = (format: string): boolean => stepTask(format) !== undefined;

function namesSteps(schema: JsonSchema): boolean {
  return /"format":"step:/.test(JSON.stringify(schema));
}

function withFullIds(schema: JsonSchema, value: unknown, prefix: string): unknown {
  let out = value;
  for (const { value: name, path } of withFormat(schema, value, isStep))
    out = replaceAt(out, path, prefix + String(name));
  return out;
}
