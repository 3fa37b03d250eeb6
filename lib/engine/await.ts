/** Checks that are waited for: planned like any other, then looked at by the host itself, in reads of a few seconds each. */

import { type AnyResource, PlanError } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';
import type { Awaited, HostPlan, PlanInput, Standing } from './host-plan.ts';
import type { Life } from './life.ts';
import type { Cause } from './plan-one.ts';
import { readRefs } from './reading.ts';

/** One read waits that long at most: then this host looks up, for what others have done in the meantime. */
const SPELL_MS = 5000;
/** What a read may take beyond the time that it waits. */
const SLACK_MS = 60_000;

/** Before the write: it is said, and keeps nobody from anything. */
export function awaitsLater({ awaits }: AnyResource, error: unknown): string | undefined {
  if (!awaits || !(error instanceof PlanError)) return undefined;
  return `waiting for it, up to ${awaits.ms / 1000} s (now: ${error.message.split('\n')[0]})`;
}

/** The step waits, as long as nothing is broken beside what is awaited and there is time; undefined: it has failed. */
export function awaitNow(
  input: PlanInput,
  plan: HostPlan,
  step: Step,
  broken: readonly Cause[],
): Standing | undefined {
  const awaited: Awaited[] = [];
  for (const { resource, error } of broken) {
    if (!resource?.awaits || !(error instanceof PlanError)) return undefined;
    if (input.timeLeft(step, resource) > 0) awaited.push({ step, resource, seen: error.message });
  }
  const [first] = awaited;
  if (!first || awaited.length < broken.length) return undefined;
  plan.awaited.push(...awaited);
  plan.waiting.push({ step, for: first.seen, tokens: [] });
  return { kind: 'waiting', for: first.seen, tokens: [] };
}

/** What is told of a failure once the time is over. */
export function afterWaiting(input: PlanInput, step: Step, cause: Cause): Cause {
  const { resource, error } = cause;
  if (!resource?.awaits || !(error instanceof PlanError) || input.timeLeft(step, resource) > 0) return cause;
  const message = `${error.message}; it was waited for ${resource.awaits.ms / 1000} s`;
  return { resource, error: new PlanError(message, error.hint) };
}

export function timeLeft(life: Life, step: Step, resource: AnyResource): number {
  const since = life.waits.get(nameOf(step, resource)) ?? performance.now();
  return (resource.awaits?.ms ?? 0) - (performance.now() - since);
}

/** One read in which the host waits. Rejects with RunError `interrupted` at the first interrupt. */
export async function awaitThere(life: Life, awaited: readonly Awaited[], session: Session): Promise<void> {
  const begin = performance.now();
  const refs = awaited.flatMap(({ step, resource }) => {
    const name = nameOf(step, resource);
    if (!life.waits.has(name)) life.waits.set(name, begin);
    const ms = Math.max(1, Math.min(SPELL_MS, timeLeft(life, step, resource)));
    const { awaits, kind, key, user } = resource;
    if (!awaits) return [];
    const rest = user === undefined ? {} : { user };
    return [{ kind, key, hint: awaits.hint(ms), limitMs: SPELL_MS + SLACK_MS, ...rest }];
  });
  await readRefs(life, refs, session);
  for (const { step, resource, seen } of awaited) {
    const since = life.waits.get(nameOf(step, resource)) ?? begin;
    const seconds = (performance.now() - since) / 1000;
    const text = `wait for ${resource.title ?? resource.key}`;
    if (performance.now() - begin >= SPELL_MS)
      life.context.emit({
        kind: 'progress',
        host: life.host.name,
        step: step.id,
        text,
        seconds,
        lastLine: seen,
      });
  }
}

/** The next try of a step waits anew. */
export function forgetWaits({ waits }: Life, step: string): void {
  for (const name of waits.keys()) if (name.startsWith(`${step} `)) waits.delete(name);
}

function nameOf({ id }: Step, { key }: AnyResource): string {
  return `${id} ${key}`;
}
