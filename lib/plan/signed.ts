/** A plan as the text of a file, and back: the signature is of the text itself, so that no byte of it can be another. */
import { timingSafeEqual } from 'node:crypto';
import { RunError } from '../base/error.ts';
import { formatProblem, type Problem } from '../base/problem.ts';
import type { ProblemCode } from '../base/problem-code.ts';
import type { Engine, Plan } from './plan.ts';
import type { PlanKey } from './plan-key.ts';

const END = /,\n {2}"key": "([\w-]{1,64})",\n {2}"signature": "([\w-]{1,128})"\n\}\n$/;

export function planText(plan: Plan, key: PlanKey): string {
  const head = JSON.stringify({ ...ordered(plan), key: key.id }, undefined, 2).slice(0, -'\n}'.length);
  return `${head},\n  "signature": "${key.sign(head)}"\n}\n`;
}

/** Whoever makes a plan may name its parts in any order. */
function ordered(plan: Plan): Plan {
  const { v, kind, engine, created, expires, repository, runbook, inventory, provision } = plan;
  const { flags, tasks, secrets, sources, hosts } = plan;
  const git = repository === undefined ? {} : { repository };
  const head = { v, kind, engine, created, expires, ...git, runbook, inventory, provision };
  return { ...head, flags, tasks, secrets, sources, hosts };
}

export interface Reader {
  /** As it is shown. */
  readonly name: string;
  readonly key: PlanKey;
  readonly engine: Engine;
  readonly now: Date;
}

/** Throws RunError `unverified` for what is not, byte for byte, a plan that this key has signed, or is too old. */
export function readPlan(text: string, { name, key, engine, now }: Reader): Plan {
  const [end = '', id = '', signature = ''] = END.exec(text) ?? [];
  if (end === '')
    throw refuse('plan-cut', `${name} is cut off, or is no plan: what ends a plan is not there`);
  if (id !== key.id)
    throw refuse(
      'plan-other-key',
      `${name} was signed with another key (${id}, this one is ${key.id})`,
      'name the key that it was made with: --plan-key FILE or RUN_PLAN_KEY',
    );
  const head = text.slice(0, text.length - `,\n  "signature": "${signature}"\n}\n`.length);
  if (!same(signature, key.sign(head)))
    throw refuse('plan-changed', `${name} was changed after it was signed`);
  const plan = JSON.parse(text) as Plan;
  if (plan.engine.version !== engine.version || plan.engine.sum !== engine.sum)
    throw refuse(
      'plan-engine',
      `${name} was made by another run: ${engineText(plan.engine)}; this is ${engineText(engine)}`,
      'apply it with the one that made it, or plan again',
    );
  if (now.getTime() >= Date.parse(plan.expires))
    throw refuse('plan-expired', `${name} expired at ${plan.expires}`);
  return plan;
}

function engineText({ version, sum }: Engine): string {
  return `${version} (${sum.slice(0, 12)})`;
}

function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

export const PLAN_AGAIN = 'plan again, and have the new plan reviewed';

/** All that keeps a plan from being applied, at once. */
export function unverified(problems: readonly Problem[]): RunError {
  return new RunError('unverified', problems.map(formatProblem).join('\n\n'), { problems });
}

function refuse(code: ProblemCode, message: string, hint = PLAN_AGAIN): RunError {
  return unverified([{ code, message, hint }]);
}
