/** One host's part of a run: advanced by jobs of the queue, each as far as it goes without waiting for other hosts. */
import { RunError } from '../base/error.ts';
import type { StepStatus } from '../model/event.ts';
import { reachesOut } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';
import { endStep, failureOf, retract } from './ending.ts';
import { foresee } from './foresee.ts';
import { forget } from './forget.ts';
import { releaseAll, releaseIdle } from './hold.ts';
import type { HostPlan } from './host-plan.ts';
import { type HostSummary, summaryOf } from './host-summary.ts';
import { type Life, pendingSteps } from './life.ts';
import { look } from './look.ts';
import { noteProvision } from './provision.ts';
import { firstBatch, readBatch } from './reading.ts';
import { takeUp, tidy } from './resume.ts';
import { nextTry } from './retry.ts';
import { refuseDrift } from './review/bound.ts';
import { awaitTurn } from './turn.ts';
import { awaitConfirmed } from './unconfirmed.ts';
import { writeHost } from './write.ts';

export interface HostRun {
  readonly name: string;
  /** Works until the host is done or waits. Never rejects: a host's failure is a value. */
  advance(): Promise<'done' | 'waiting'>;
  /** What it waits for: each inner set is one step's; when one of them is empty the host can go on. */
  readonly awaited: readonly Set<string>[];
  /** When a step of it is tried again, in milliseconds of the monotonic clock. */
  readonly wakeAt: number | undefined;
  /** Something it waited for was changed, not merely found right. */
  disturb(): void;
  /** A step of another host that had counted as done has failed. */
  retract(step: string, host: string): void;
  /** Asked for once the host is done. */
  summary(): HostSummary;
  /** Steps that will not be begun any more get an end. */
  abandon(status: StepStatus): void;
  close(): Promise<void>;
}

/** `record` hears of the host once it is done, with why it could not be reached. */
export function createHostRun(
  life: Life,
  open: () => Promise<Session>,
  record?: (unreachable: string | undefined) => void,
): HostRun {
  let awaited: Set<string>[] = [];
  let started: number | undefined;
  let ended = 0;
  let unreachable: string | undefined;
  let begun = false;
  let summary: HostSummary | undefined;

  async function begin(): Promise<Session | undefined> {
    if (life.session) return life.session;
    const before = performance.now();
    life.context.emit({ kind: 'stage', host: life.host.name, stage: 'connecting' });
    const opening = open();
    // A refusal is looked at below, once the first frame has been put together in the time that logging in takes.
    opening.catch(() => undefined);
    await new Promise(setImmediate);
    const first = firstBatch(life);
    // All is read now.
    life.stale = false;
    const session = await opening;
    life.session = session;
    // A plan on recorded states connects to nobody.
    if (!life.context.recall) {
      const seconds = (performance.now() - before) / 1000;
      life.context.emit({ kind: 'connected', host: life.host.name, seconds });
    }
    life.context.emit({ kind: 'stage', host: life.host.name, stage: 'reading' });
    await takeUp(life, session);
    await readBatch(life, first, session);
    await awaitConfirmed(life, session);
    return session;
  }

  async function work(): Promise<HostPlan | undefined> {
    if (life.context.stopping()) return undefined;
    const turn = life.session ? undefined : awaitTurn(life);
    if (turn) return turn;
    const session = await begin();
    if (!session) return undefined;
    if (!begun) {
      begun = true;
      if (life.readSteps.length > 0) await look(life, session);
      if (life.readOnly || refuseDrift(life)) return undefined;
    }
    return life.context.run.dryRun ? foresee(life, session) : writeHost(life, session);
  }

  function abandon(status: StepStatus): void {
    for (const { step, handler } of pendingSteps(life))
      endStep(life, step, status, { met: false, quiet: handler });
    for (const step of life.readSteps) {
      if (life.ended.has(step.id)) continue;
      life.ended.set(step.id, { status, met: false });
      life.context.board.end(step.id, life.host.name, { status, met: false });
    }
    life.context.rollouts.settled(life.host.name);
  }

  function fail(error: unknown): void {
    const known = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof RunError ? error.code : 'internal';
    if (code === 'unreachable') {
      unreachable = known.message;
      life.context.emit({ kind: 'unreachable', host: life.host.name, failure: failureOf(known) });
      abandon('unreachable');
      return;
    }
    if (code === 'locked') {
      life.locked = true;
      life.context.emit({ kind: 'locked', host: life.host.name, failure: failureOf(known) });
      abandon('not_started');
      return;
    }
    if (code === 'interrupted') {
      abandon('interrupted');
      return;
    }
    const [first] = pendingSteps(life);
    const stack = code === 'internal' && known.stack ? { output: known.stack } : {};
    if (first) endStep(life, first.step, 'failed', { failure: { ...failureOf(known), ...stack } });
    else life.context.emit({ kind: 'warning', host: life.host.name, message: known.message });
    abandon('not_started');
  }

  return {
    name: life.host.name,
    get awaited() {
      return awaited;
    },
    get wakeAt() {
      return nextTry(life);
    },
    disturb() {
      life.stale = true;
    },
    retract: (step, host) => retract(life, step, host),
    async advance() {
      started ??= performance.now();
      awaited = [];
      let rest: HostPlan | undefined;
      try {
        rest = await work();
      } catch (error) {
        fail(error);
      }
      ended = performance.now();
      life.context.rollouts.settled(life.host.name);
      if (rest && rest.waiting.length > 0 && !life.context.stopping()) {
        awaited = rest.waiting.map(({ tokens }) => new Set(tokens));
        releaseIdle(life, new Set(rest.waiting.flatMap(({ tokens }) => tokens)));
        life.context.emit({ kind: 'stage', host: life.host.name, stage: 'waiting' });
        return 'waiting';
      }
      if (pendingSteps(life).length > 0) abandon(life.context.stopping() ? 'interrupted' : 'not_started');
      releaseAll(life);
      noteProvision(life);
      tidy(life, summaryOf(life, unreachable !== undefined, 0).unfinished);
      await close();
      record?.(unreachable);
      if (!life.readOnly)
        life.context.diary?.to.done(life.host.name, summaryOf(life, unreachable !== undefined, 0).unfinished);
      release();
      life.context.emit({ kind: 'stage', host: life.host.name, stage: 'done' });
      return 'done';
    },
    summary: () => summary ?? summarize(),
    abandon,
    close,
  };

  function summarize(): HostSummary {
    return summaryOf(life, unreachable !== undefined, started === undefined ? 0 : (ended - started) / 1000);
  }

  /** A run of thousands of hosts holds what it knows of those at work. */
  function release(): void {
    // Only what rests on the word of other hosts can still change.
    const open = life.order.some(({ step }) => step.needs.some(reachesOut));
    if (!open) summary = summarize();
    forget(life, open);
  }

  async function close(): Promise<void> {
    const { session } = life;
    if (session) life.roundTrips += session.roundTrips;
    life.session = undefined;
    // The work is done and told; a farewell that goes wrong changes nothing.
    await session?.close().catch(() => undefined);
  }
}
