/** What planning a host starts from and what it comes to. */
import type { FailureInfo } from '../model/event.ts';
import type { Key } from '../model/key.ts';
import type { Ref } from '../model/kind.ts';
import type { AnyResource, Change, Draft } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { Ended } from './board.ts';
import type { Wait } from './confirm.ts';
import type { Observed } from './observe.ts';
import type { Placed } from './order.ts';
import type { Prediction } from './prediction.ts';
import type { StepView } from './step-view.ts';

export interface PlanInput {
  readonly host: string;
  /**
   * foresee: the whole host, going on over what is uncertain (dry run, and the look ahead before the first write).
   * stretch: as far as everything is certain.
   */
  readonly mode: 'foresee' | 'stretch';
  /** Steps that have not ended on this host, in order. */
  readonly pending: readonly Placed[];
  readonly prediction: Prediction;
  /** Number of the next change. */
  readonly nextId: number;
  view(step: Step): StepView;
  /** Told of each step planned to its end: its outputs may be used from then on. */
  planned(step: PlannedStep): void;
  /** How what a step needs stands: on this host from earlier stretches, on others from the board. */
  need(step: Step, local: ReadonlyMap<string, Standing>): Standing;
  /** The mark of a handler. */
  markOf(step: Step): Key;
  user(step: Step): string | undefined;
  /** How long a change of the step waits for a new login. */
  wait(step: string, draft: Draft): Wait;
  /** Changes after which the next login would not get in are planned, too. */
  readonly allowLockout: boolean;
  /** Acts that this run has carried out already: `step key`. */
  readonly actsDone: ReadonlySet<string>;
  /** Why an act may not be carried out: nobody knows whether it has been. */
  lostAct(step: Step, key: Key): Error | undefined;
  /** Resources that something may be owed to, of every step of the host that can be told so far, handlers too. */
  readonly debtors: readonly { readonly step: Step; readonly resource: AnyResource }[];
  /** True when the step has ended well in an earlier stretch: what becomes owed to it later is still paid. */
  finished(step: Step): boolean;
  /** Marks of the handlers that a step notifies. */
  notified(step: Step): readonly Key[];
  /** True while a step waits for its next try. */
  asleep(step: Step): boolean;
  /** What is said of further tries of a step that fails now; undefined where there are none. */
  triesAhead(step: Step): string | undefined;
  /** What the step's `until` says of the outputs as they are planned. */
  until(planned: Pick<PlannedStep, 'step' | 'view'>): unknown;
  /** For how many more milliseconds the step goes on waiting for what this resource awaits. */
  timeLeft(step: Step, resource: AnyResource): number;
  /** True when the host holds the lock from now on; else it waits for its turn. */
  takeLock(lock: NonNullable<Step['lock']>): boolean;
  /** False when a handler's notifiers failed and none changed anything: its mark stays for the next run. */
  handlerMayRun(step: Step): boolean;
}

/** Where something that is needed stands. */
export type Standing =
  | { readonly kind: 'met' }
  /** tokens: what on the board has to happen first (see board.ts). */
  | { readonly kind: 'waiting'; readonly for: string; readonly tokens?: readonly string[] }
  | { readonly kind: 'unmet'; readonly reason: string }
  /** On a host outside --limit what is needed is not in place: the step fails, it is not skipped. */
  | { readonly kind: 'missing'; readonly message: string; readonly hint: string };

/** A check that does not hold yet, and what is seen now. */
export interface Awaited {
  readonly step: Step;
  readonly resource: AnyResource;
  readonly seen: string;
}

export interface PlannedStep {
  readonly step: Step;
  readonly handler: boolean;
  readonly view: Extract<StepView, { kind: 'ready' }>;
  readonly changes: readonly Change[];
  /** What its checks see in the state as planned. */
  readonly observed: readonly Observed[];
}

export interface HostPlan {
  readonly changes: Change[];
  /** Steps planned to their end, in order. */
  readonly planned: PlannedStep[];
  readonly ended: {
    readonly step: Step;
    readonly handler: boolean;
    readonly ended: Ended;
    readonly reason: string;
  }[];
  /** certain: it rests on nothing that a write of this run could change. */
  readonly failed: {
    readonly step: Step;
    readonly failure: FailureInfo;
    readonly certain: boolean;
    /** What failed is what may be tried again: not the values of the runbook, which stay as they are. */
    readonly by?: 'reading' | 'until';
    /** It lies with another host: what the step says of its failures does not count. */
    readonly foreign?: true;
  }[];
  readonly waiting: { readonly step: Step; readonly for: string; readonly tokens: readonly string[] }[];
  /** What cannot be foreseen yet, and why. */
  readonly later: {
    readonly step: Step;
    readonly reason: string /** How many changes are planned before it. */;
    readonly after: number;
  }[];
  /** Every part of the host that nobody can foresee: a resource, or (without key) a whole step. */
  readonly open: {
    readonly step: Step;
    readonly key?: Key;
    readonly reason: string;
    /** A check, which changes nothing whatever it finds. */
    readonly check?: true;
    /** Right as it is, as far as can be told. */
    readonly right?: true;
  }[];
  /** What the host is to wait for once there is nothing else to do. */
  readonly awaited: Awaited[];
  /** Keys that must be read before the plan can go on. */
  readonly unread: Ref[];
  /** Where the stretch ends because something before it must be applied first. */
  boundary: { readonly step: Step; readonly because: string } | undefined;
}
