/** What a project's own policies see of a plan and say to it. Plain data, without a secret in it. */
import type { HostReview, OpenPart, ReviewedChange, Weight } from './review.ts';

/** A change that a plan holds. */
export interface PlanChange extends Omit<ReviewedChange, 'before' | 'after'> {
  /** `destructive`: something is lost or stopped · `restart`: interrupted for a moment · `plain`. */
  readonly weight: Weight;
}

/** What a plan holds for one host. */
export interface PlanHost {
  readonly name: string;
  /** Groups of the inventory, `all` included. */
  readonly groups: readonly string[];
  readonly steps: HostReview['steps'];
  /** In the order in which they would be made. */
  readonly changes: readonly PlanChange[];
  /** What is known after apply only. */
  readonly open: readonly OpenPart[];
  readonly failed: HostReview['failed'];
  /** Set when it was not reached: nothing is known of it. */
  readonly unreachable?: string;
}

/** A plan as a policy sees it: of all hosts at once. */
export interface PlanView {
  /** Name of the runbook. */
  readonly runbook: string;
  /** The inventory as it was named. */
  readonly inventory: string;
  /** Hosts that may be changed. */
  readonly hosts: readonly PlanHost[];
}

/** What a policy sees beside the plan. */
export interface PolicyContext {
  /** True: nothing is written after this. */
  readonly dryRun: boolean;
  /** When the plan is judged, ISO 8601 in UTC. */
  readonly now: string;
}

/** Why a plan must not be carried out. `host`, `step` and `key` say what it is about, where it is about one thing. */
export interface Objection {
  readonly reason: string;
  readonly host?: string;
  readonly step?: string;
  readonly key?: string;
  /** What to do instead, one sentence. */
  readonly hint?: string;
  /** True: somebody at a terminal may agree, or `--yes` does; refused elsewhere. */
  readonly ask?: true;
}

/** What {@link definePolicy} takes. */
export interface Policy {
  /** One line for people: what it holds to. */
  readonly summary: string;
  /** No objection lets the plan pass. Pure: no I/O, no clock, no chance; the plan is frozen. */
  review(plan: PlanView, ctx: PolicyContext): readonly Objection[];
}

/** Identity with inference: what a policy looks at is known to editors. */
export function definePolicy(policy: Policy): Policy {
  return policy;
}
