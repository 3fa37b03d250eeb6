/** The refusal of a plan as a problem: with who refuses it, and what it is about. */
import type { RunEvent } from '../model/event.ts';

type Refusal = Extract<RunEvent, { readonly kind: 'refusal' }>;
type Problem = Extract<RunEvent, { readonly kind: 'invalid' }>['problems'][number];

/** Its code is the guard: `policy`, `max-changes`. */
export function refusalProblem(event: Refusal): Problem {
  const { guard, place, hint } = event;
  return {
    code: guard,
    message: refusalMessage(event),
    ...(place === undefined ? {} : { place }),
    ...(hint === undefined ? {} : { hint }),
  };
}

export function refusalMessage({ policy, message, host, step, key }: Refusal): string {
  const about = [host, key ?? step].filter((part) => part !== undefined).join(' ');
  return `${policy === undefined ? '' : `${policy}: `}${message}${about === '' ? '' : ` (${about})`}`;
}
