/** A run that did not begin, as events and as text: what was wrong, and the exit code that goes with it. */
import type { RunError } from '../base/error.ts';
import { formatPlace, type Problem } from '../base/problem.ts';
import type { RunEvent } from '../model/event.ts';
import { printable } from '../render/printable.ts';

type Recap = Extract<RunEvent, { kind: 'recap' }>;

/** All problems in one event, and the recap. */
export function refusalEvents(error: RunError, dryRun: boolean): readonly [RunEvent, Recap] {
  const { code, message, hint, problems } = error;
  const all =
    problems.length > 0
      ? problems.map(plainProblem)
      : [{ code, message, ...(hint === undefined ? {} : { hint }) }];
  const end =
    code === 'interrupted'
      ? ({ exit: 130, result: 'interrupted' } as const)
      : code === 'unverified'
        ? ({ exit: 3, result: 'drifted' } as const)
        : ({ exit: 1, result: 'invalid' } as const);
  return [
    { kind: 'invalid', problems: all },
    { kind: 'recap', ...end, dryRun, hosts: {} },
  ];
}

export function refusalText({ message, hint, problems }: RunError): string {
  const count = problems.length > 1 ? `\n${problems.length} problems; nothing was touched\n` : '';
  // Excerpts are lines of files: nothing in them may move the cursor.
  return `${printable(message)}\n${hint === undefined ? '' : `→ ${printable(hint)}\n`}${count}`;
}

function plainProblem({ code, message, place, hint }: Problem) {
  return {
    code,
    message,
    ...(place ? { place: formatPlace(place) } : {}),
    ...(hint === undefined ? {} : { hint }),
  };
}
