/** The one root of all errors that people are meant to see. */
import { formatProblem, type Problem } from './problem.ts';

/**
 * invalid: what the user wrote is wrong (exit 1, nothing was touched) · unreachable: no session (4) · locked: another run writes to the host (7) ·
 * failed: a host refused or a command failed (2) · refused: the plan cannot be carried out as asked (1 before
 * any write, else 2) · drift: changed under our hands (2) · unverified: a saved plan that is not what was reviewed
 * (3, nothing was touched) · internal: a defect of ours (2).
 */
export type ErrorCode =
  | 'invalid'
  | 'unreachable'
  | 'locked'
  | 'failed'
  | 'refused'
  | 'drift'
  | 'unverified'
  | 'interrupted'
  | 'internal';

export interface ErrorDetail {
  /** What to do next, one sentence. */
  readonly hint?: string;
  /** The last lines a command printed, for people. */
  readonly output?: string;
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

// The package is two bundles, each with a class of its own: errors must be known across them.
const BRAND = Symbol.for('tightbeam.RunError');

export class RunError extends Error {
  readonly [BRAND] = true;
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly output: string | undefined;
  readonly problems: readonly Problem[];
  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
    this.output = detail.output;
    this.problems = detail.problems ?? [];
  }
}

/** All problems at once, as the one error that ends a run before it began. */
export function invalid(problems: readonly Problem[]): RunError {
  return new RunError('invalid', problems.map(formatProblem).join('\n\n'), { problems });
}
