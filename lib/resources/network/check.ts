/** A check: a resource that changes nothing, and fails with the probable cause where something is not as it should be. */
import { type Known, known, type Unknown } from '../../base/unknown.ts';
import type { Ref, State } from '../../model/kind.ts';
import { type At, PlanError, type Resource } from '../../model/resource.ts';
import type { Fault } from './diagnosis.ts';

export interface Check<S extends State, H> extends Ref<S, H> {
  /** What people see instead of the key. */
  readonly title: string;
  readonly reads?: readonly Ref[];
  /** Why it does not hold; undefined when it does. */
  judge(state: S, at: At): Fault | undefined;
  /** One line on what was seen, when all is well. */
  seen(state: S, at: At): string | undefined;
}

/** It looks after everything before it in the run. */
export function check<S extends State, H>({ judge, seen, ...spec }: Check<S, H>): Resource<S, H> {
  return {
    ...spec,
    late: {},
    observe: seen,
    plan(state, at) {
      const fault = judge(state, at);
      if (fault !== undefined) throw new PlanError(fault.cause, fault.hint, fault.elsewhere);
      return null;
    },
  };
}

/** What `at` gives, known and read: what a check names in `reads` is there. */
export function given<S extends State>(state: S | Unknown | undefined): Known<S> | undefined {
  return state === undefined ? undefined : (known(state) as Known<S>);
}
