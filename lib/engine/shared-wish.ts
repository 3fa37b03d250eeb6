/** What a step wants with the same parameters on many hosts, made once where its task does not look at the host. */
import type { Unknown } from '../base/unknown.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';

export interface Wish {
  readonly params: unknown;
  readonly resources: readonly AnyResource[];
  /** Something inside is not known yet. */
  readonly partly: Unknown | undefined;
}

/** Wishes by step, account and the very parameters; they go when the parameters go. */
export interface SharedWishes {
  get(step: Step, user: string | undefined, params: object): Wish | undefined;
  set(step: Step, user: string | undefined, params: object, wish: Wish): void;
}

export function createSharedWishes(): SharedWishes {
  const wishes = new Map<Step, Map<string | undefined, WeakMap<object, Wish>>>();
  return {
    get: (step, user, params) => wishes.get(step)?.get(user)?.get(params),
    set(step, user, params, wish) {
      const byUser = wishes.get(step) ?? new Map<string | undefined, WeakMap<object, Wish>>();
      wishes.set(step, byUser);
      const byParams = byUser.get(user) ?? new WeakMap<object, Wish>();
      byUser.set(user, byParams);
      byParams.set(params, wish);
    },
  };
}
