/** All that a run knows of one host while it works on it; the loops in write.ts, foresee.ts and reading.ts act on it. */
import type { Sh } from '../base/sh.ts';
import type { StepStatus } from '../model/event.ts';
import type { Host } from '../model/inventory.ts';
import type { Key } from '../model/key.ts';
import type { Step } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';
import type { Accounts } from './account.ts';
import type { Ended } from './board.ts';
import type { Made } from './confirm.ts';
import { handlerMark } from './debt.ts';
import type { PlannedStep } from './host-plan.ts';
import type { Placed } from './order.ts';
import { factsNow, ownOutputs } from './own.ts';
import { emptyPicture, type Picture } from './picture.ts';
import { type Prediction, predict } from './prediction.ts';
import type { Sleeping } from './retry.ts';
import type { Planned } from './review/record.ts';
import type { RunContext } from './run-context.ts';
import type { OwnView } from './scope.ts';
import type { Since } from './since.ts';
import type { StepViewer } from './step-view.ts';

export interface Planning {
  readonly prediction: Prediction;
  readonly planned: readonly PlannedStep[];
  /** What is planned will be written: no guess is good enough. */
  readonly certain: boolean;
}

export interface Life {
  readonly context: RunContext;
  readonly host: Host;
  readonly readOnly: boolean;
  /** Steps of others' interest that are only read here. */
  readonly readSteps: readonly Step[];
  readonly order: readonly Placed[];
  readonly accounts: Accounts;
  readonly viewer: StepViewer;
  readonly picture: Picture;
  /** Changes with a way back that something is owed for: what pays it takes them back with it. */
  readonly made: Made[];
  /** Steps that can cut the connection, as the look ahead has seen them. */
  cutting: ReadonlySet<string>;
  /** Outputs of acts, which no read gives again. */
  readonly captured: Map<Key, object>;
  readonly since: Since;
  /** How its steps have ended, by id. */
  readonly ended: Map<string, Ended>;
  readonly actsDone: Set<string>;
  /** Acts that may or may not have been carried out, and why: `step key`. */
  readonly actsLost: Map<string, string>;
  /** Steps planned and carried out to their end (dry run: planned). */
  readonly done: Set<PlannedStep>;
  readonly changedSteps: Set<string>;
  /** Dry run: steps of which something is known after apply only. */
  readonly putOff: Set<string>;
  /** Dry run: all that its passes have planned. */
  readonly foreseen: Planned;
  readonly failures: { readonly step: string; readonly message: string }[];
  /** How often steps have been tried in vain so far; since when (monotonic) they wait for something: `step key`. */
  readonly tries: Map<string, number>;
  readonly waits: Map<string, number>;
  /** Steps with a lock that have begun to change something. */
  readonly holding: Set<string>;
  /** Steps that are tried again later. */
  readonly sleeping: Map<string, Sleeping>;
  /** Numbers of changes that renderers have been told of. */
  readonly announced: Set<number>;
  /** How often a key was found changed under our hands. */
  readonly drifts: Map<Key, number>;
  /** Dry run: the prediction that grows over the whole run. */
  readonly foresight: Prediction;
  session: Session | undefined;
  /** Takes away on the host what an earlier process of the run has left there. */
  leftBehind: Sh | undefined;
  /** While a plan is made: the steps planned so far, and the state after them. */
  planning: Planning | undefined;
  /** Of sessions closed already. */
  roundTrips: number;
  factsWanted: boolean;
  nextId: number;
  stretch: number;
  wrote: boolean;
  /** How often the host had to be read again because others write to it. */
  turnedAway: number;
  /** Another run holds it. */
  locked: boolean;
  /** The whole host has been planned once, as must be before the first write. */
  lookedAhead: boolean;
  /** Turned away before the first write: its plan contradicts itself. */
  refused: boolean;
  /** Turned away by the review that the run is bound to. */
  drifted: boolean;
  /** Something on another host changed while this one waited: look again before planning on. */
  stale: boolean;
}

export function createLife(
  base: Pick<Life, 'context' | 'host' | 'readOnly' | 'readSteps' | 'order' | 'accounts'> & {
    factsWanted: boolean;
  },
  viewer: (own: OwnView) => StepViewer,
): Life {
  const picture = emptyPicture();
  const own: OwnView = {
    host: base.host,
    facts: () => factsNow(life),
    outputs: (step) => ownOutputs(life, step),
    factsTouched: (host) => {
      if (host === base.host.name) life.factsWanted = true;
    },
  };
  const life: Life = {
    ...base,
    viewer: viewer(own),
    picture,
    made: [],
    cutting: new Set(),
    captured: new Map(),
    since: new Map(),
    ended: new Map(),
    actsDone: new Set(),
    actsLost: new Map(),
    done: new Set(),
    changedSteps: new Set(),
    putOff: new Set(),
    foreseen: { changes: [], open: [] },
    failures: [],
    tries: new Map(),
    waits: new Map(),
    sleeping: new Map(),
    holding: new Set(),
    announced: new Set(),
    drifts: new Map(),
    foresight: predict(picture),
    session: undefined,
    leftBehind: undefined,
    planning: undefined,
    roundTrips: 0,
    nextId: 1,
    stretch: 0,
    wrote: false,
    turnedAway: 0,
    locked: false,
    lookedAhead: false,
    refused: false,
    drifted: false,
    stale: false,
  };
  return life;
}

/** Steps of this host that have not ended, in order. */
export function pendingSteps(life: Life): readonly Placed[] {
  return life.order.filter(({ step }) => !life.ended.has(step.id));
}

/** The status of a step that has ended. */
export function statusOf(life: Life, step: string): StepStatus | undefined {
  return life.ended.get(step)?.status;
}

/** Whether it counts as met or not. */
export function hasFailed(life: Life, step: string): boolean {
  const status = statusOf(life, step);
  return status === 'failed' || status === 'ignored' || status === 'rolled_back';
}

export function markOf(life: Life, step: Step): `owed:${string}` {
  return handlerMark(life.context.project.runbook.name, step.id);
}
