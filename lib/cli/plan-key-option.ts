/** The key of plans that a command line, the environment or the project says. */
import { isFile } from '../load/source/read.ts';
import { keyFile, makeKey, type PlanKey, readKeyFile, readKeyText } from '../plan/plan-key.ts';
import type { Args } from './args.ts';

/** Undefined where nobody names one and the project has none. Throws RunError `invalid`. */
export function planKeyOf(args: Args, root: string): PlanKey | undefined {
  const file = args.value('plan-key');
  if (file !== undefined) return readKeyFile(file);
  const { RUN_PLAN_KEY } = process.env;
  if (RUN_PLAN_KEY) return readKeyText(RUN_PLAN_KEY);
  return isFile(keyFile(root)) ? readKeyFile(keyFile(root)) : undefined;
}

/** The same; where the project has none yet, it is made. */
export function planKeyToSign(args: Args, root: string): PlanKey {
  const known = planKeyOf(args, root);
  if (known) return known;
  makeKey(root);
  return readKeyFile(keyFile(root));
}
