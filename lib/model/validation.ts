/** What checking runbooks with inventories has found: what `run validate` renders. */
import type { Problem } from '../base/problem.ts';

/** A runbook with an inventory, as people name them; without one where the project has none. */
export interface Pair {
  readonly runbook: string;
  readonly inventory: string | undefined;
}

export interface Validation {
  /** Errors and warnings, sorted by place. */
  readonly problems: readonly Problem[];
  readonly checked: readonly Pair[];
  /** The runbook's `hosts:` are not in the inventory, and another inventory has them. */
  readonly left: readonly Pair[];
}

/** Renders a validation as the whole text of one format. */
export type ValidationText = (validation: Validation) => string;

export function countProblems({ problems }: Validation): {
  readonly errors: number;
  readonly warnings: number;
} {
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  return { errors: problems.length - warnings, warnings };
}
