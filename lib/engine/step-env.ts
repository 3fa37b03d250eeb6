/** The environment of a step: what its commands and its changes find beyond the usual. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import { Secret } from '../base/secret.ts';
import { join, quote, quoteSecret, type Sh, sh } from '../base/sh.ts';
import { Unknown } from '../base/unknown.ts';
import { keyKind } from '../model/key.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Scope, Step } from '../model/runbook.ts';
import type { StepEnv } from '../model/task.ts';

export const NO_ENV: StepEnv = {};

/** Throws RunError `failed`, with the place, when a value is no text. */
export function envOn(step: Step, scope: Scope): StepEnv {
  if (!step.env) return NO_ENV;
  const given = step.env.evaluate(scope) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, textOf(step, name, value)] as const),
  );
}

function textOf(step: Step, name: string, value: unknown): string | Secret | Unknown {
  if (typeof value === 'string' || value instanceof Secret || value instanceof Unknown) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const place = step.env?.locate([name]) ?? step.place;
  throw new RunError('failed', `${formatPlace(place)}: "${name}" of env must be text`, {
    hint: 'make it text with string(…), or take a value of it',
  });
}

/** Its changes run with it. Commands have it in their own text, as their guards and queries do. */
export function withEnv(env: StepEnv, resource: AnyResource): AnyResource {
  if (env === NO_ENV || keyKind(resource.key) === 'command') return resource;
  const text = exportsOf(env);
  return {
    ...resource,
    plan(state, at, now) {
      const draft = resource.plan(state, at, now);
      return draft && { ...draft, run: join([text, draft.run]) };
    },
  };
}

/** `export` is a builtin, and the script reaches the host on stdin: no list of arguments shows a value. */
function exportsOf(env: StepEnv): Sh {
  // A plan over something unknown is never carried out.
  const lines = Object.entries(env).flatMap(([name, value]) =>
    value instanceof Unknown ? [] : [sh`export ${name}=${word(value)}`],
  );
  return lines.length === 0 ? sh`:` : join(lines);
}

function word(value: string | Secret): Sh {
  return value instanceof Secret ? quoteSecret(value.toBytes()) : quote(value);
}
