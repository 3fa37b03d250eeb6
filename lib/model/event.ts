/** What the engine tells renderers: a closed union of plain data, described in docs/events.schema.json. */
import type { HostRecap } from './host-recap.ts';
import type { Action, Difference } from './resource.ts';

export type { HostRecap } from './host-recap.ts';

export type StepStatus =
  | 'ok'
  | 'changed'
  | 'failed'
  /** Failed, and counted as met for the reason that the step gives. */
  | 'ignored'
  | 'skipped'
  /** What it had changed was taken back, as far as that can be: see the events `revert`. */
  | 'rolled_back'
  | 'unreachable'
  | 'interrupted'
  | 'not_started';

/** `waiting`: for another host, or for its turn. */
export type Stage = 'connecting' | 'reading' | 'writing' | 'waiting' | 'done';

export interface FailureInfo {
  readonly message: string;
  readonly hint?: string;
  /** The last lines a command printed. */
  readonly output?: string;
  /** `file:line:col` of the step. */
  readonly place?: string;
  /** The resource it is about. */
  readonly key?: string;
  readonly diff?: readonly Difference[];
  /** A check that finds nothing wrong on its own host: the cause is likely on another, which says so itself. */
  readonly elsewhere?: true;
}

export type RunEvent =
  | {
      readonly kind: 'start';
      readonly v: 1;
      readonly run: string;
      readonly version: string;
      readonly runbook: string;
      readonly dryRun: boolean;
      /** Hosts that may be changed. */
      readonly hosts: readonly string[];
    }
  /** Where a host's work stands: for live views alone, and left out of JSON Lines. */
  | { readonly kind: 'stage'; readonly host: string; readonly stage: Stage }
  | { readonly kind: 'connected'; readonly host: string; readonly seconds: number }
  | {
      /** A change was made, or (dryRun) would be. */
      readonly kind: 'change';
      readonly host: string;
      readonly step: string;
      readonly id: number;
      readonly key: string;
      readonly action: Action;
      readonly summary: string;
      readonly diff: readonly Difference[];
      readonly dryRun: boolean;
      readonly seconds: number;
      /** How well the way back can be planned. */
      readonly inverse: 'yes' | 'approximate' | 'no';
      /** `file:line:col` of what in the runbook causes it. */
      readonly place: string;
      /** Dry run: the step on whose effects this prediction rests. */
      readonly mayDiffer?: string;
      /** Dry run: how often it would be tried again if it failed. */
      readonly retries?: number;
      /** Dry run: it has no state to prove, and would be carried out each time. */
      readonly act?: true;
      /** Dry run: it is taken back by the host unless a new login succeeds within so many seconds. */
      readonly confirm?: number;
      /** Drift: path of the runbook that wants it. */
      readonly runbook?: string;
      /** Drift: the command that mends it. */
      readonly mend?: string;
    }
  | {
      /** A change that was made has been taken back, or should have been. */
      readonly kind: 'revert';
      readonly host: string;
      readonly step: string;
      readonly id: number;
      readonly key: string;
      /** failed: its way back was tried, and has not led there; stays: it has none. */
      readonly outcome: 'restored' | 'failed' | 'stays';
      /** What of it does not come back, one line each. */
      readonly leaves?: readonly string[];
      /** The last of what the way back printed, where it failed. */
      readonly output?: string;
    }
  | {
      /** Dry run: what cannot be planned yet, and why. */
      readonly kind: 'later';
      readonly host: string;
      readonly step: string;
      readonly reason: string;
      /** `file:line:col` of the step. */
      readonly place: string;
      /** Drift: path of the runbook that wants it. */
      readonly runbook?: string;
    }
  | {
      /** Something takes long: what it is, for how long, and the last line it printed. */
      readonly kind: 'progress';
      readonly host: string;
      readonly step: string;
      readonly text: string;
      readonly seconds: number;
      readonly lastLine: string;
    }
  | {
      /** A try of a step has failed, and the next one comes after the delay. */
      readonly kind: 'retry';
      readonly host: string;
      readonly step: string;
      /** Number of the next try, out of at most so many. */
      readonly try: number;
      readonly of: number;
      /** Seconds until then. */
      readonly delay: number;
      readonly failure: FailureInfo;
    }
  /** What a query printed that a handler ran: for people to read. */
  | { readonly kind: 'output'; readonly host: string; readonly step: string; readonly text: string }
  | {
      /** A check holds: what it saw, one line. */
      readonly kind: 'check';
      readonly host: string;
      readonly step: string;
      readonly key: string;
      readonly text: string;
    }
  | {
      readonly kind: 'step';
      readonly host: string;
      readonly step: string;
      readonly status: StepStatus;
      /** For skipped: why. For ignored: the reason the step gives. For handlers and changed steps: nothing. */
      readonly reason?: string;
      readonly failure?: FailureInfo;
      readonly handler: boolean;
      /** Drift: path of the runbook that it is a step of. */
      readonly runbook?: string;
    }
  | { readonly kind: 'unreachable'; readonly host: string; readonly failure: FailureInfo }
  | { readonly kind: 'locked'; readonly host: string; readonly failure: FailureInfo }
  | {
      /** The whole plan is refused before the first write, or (ask) somebody has to agree to it. */
      readonly kind: 'refusal';
      readonly guard: Guard;
      readonly message: string;
      readonly hint?: string;
      /** The file of the policy; where it throws, with line and column. */
      readonly policy?: string;
      readonly host?: string;
      readonly step?: string;
      readonly key?: string;
      /** `file:line:col` of what in the runbook causes the change it is about. */
      readonly place?: string;
      /** Somebody at a terminal may agree, and a dry run goes on. */
      readonly ask?: true;
    }
  | { readonly kind: 'warning'; readonly host?: string; readonly message: string }
  /** The run ended before it began: every problem of the user's files. */
  | {
      readonly kind: 'invalid';
      readonly problems: readonly {
        readonly code: string;
        readonly message: string;
        readonly place?: string;
        readonly hint?: string;
      }[];
    }
  | {
      readonly kind: 'recap';
      readonly exit: number;
      readonly result: Result;
      readonly dryRun: boolean;
      readonly hosts: Readonly<Record<string, HostRecap>>;
      /** The command to type next, when there is one. */
      readonly next?: string;
    };

/** Who refuses a plan; `confirm`: the person who was asked. */
export type Guard = 'policy' | 'max-changes' | 'max-hosts' | 'confirm';

/** The word that goes with the exit code. */
export type Result =
  | 'ok'
  | 'changes_pending'
  | 'invalid'
  | 'failed'
  | 'refused'
  /** The plan was refused: by what was found on a host, by a policy or a guard. */
  | 'drifted'
  | 'unreachable'
  | 'rolled_back'
  | 'failed_and_unreachable'
  | 'locked'
  | 'interrupted'
  | 'terminated';

export type Emit = (event: RunEvent) => void;
