/** Hosts in batches: a batch begins when the one before it has ended, and none when too many hosts have failed. */
import type { Emit } from '../model/event.ts';
import type { Project, Rollout, Step } from '../model/runbook.ts';
import { type Board, type Ended, stepToken } from './board.ts';
import type { Standing } from './host-plan.ts';

export interface Rollouts {
  /** Whether the turn of a host has come for a step. */
  standing(step: Step, host: string): Standing;
  /** Told of every end of a step. */
  ended(step: Step, host: string, how: Ended): void;
  /** Told when a host owes nothing to what has ended on it: only then has its batch been through it. */
  settled(host: string): void;
  /** False when no host ever waits for its turn. */
  readonly waits: boolean;
}

const MET: Standing = { kind: 'met' };

/** Names on the board that stand for batches. */
const BATCH = '\u0001rollout ';

export function isBatch(step: string): boolean {
  return step.startsWith(BATCH);
}

/** `stops`: whether failures keep further batches from beginning: neither in a dry run nor once the run is interrupted. */
export function createRollouts(
  { rollouts, runbook }: Project,
  board: Board,
  emit: Emit,
  stops: () => boolean,
): Rollouts {
  const steps = [...runbook.steps, ...runbook.handlers];
  const all = rollouts.map((rollout, index) =>
    createRollout(rollout, `${BATCH}${index}`, steps, board, emit, stops),
  );
  return {
    standing(step, host) {
      for (const each of all) {
        const standing = each.standing(step, host);
        if (standing.kind !== 'met') return standing;
      }
      return MET;
    },
    ended(step, host, how) {
      for (const each of all) each.ended(step, host, how);
    },
    settled(host) {
      for (const each of all) each.settled(host);
    },
    waits: all.some(({ waits }) => waits),
  };
}

function createRollout(
  { steps: members, batches, maxFailures }: Rollout,
  name: string,
  steps: readonly Step[],
  board: Board,
  emit: Emit,
  stops: () => boolean,
): Rollouts {
  const own = steps.filter(({ id }) => members.has(id));
  const batchOf = new Map(batches.flatMap((hosts, index) => hosts.map((host) => [host, index] as const)));
  const open = new Map([...batchOf.keys()].map((host) => [host, openOn(host, own)]));
  const left = batches.map((hosts) => hosts.length);
  const changed = new Set<number>();
  const failed = new Set<string>();
  let stopped: string | undefined;

  function close(batch: number): void {
    if (stops() && stopped === undefined && failed.size > maxFailures && batch < batches.length - 1) {
      const hosts = `${failed.size} ${failed.size === 1 ? 'host' : 'hosts'} (${few([...failed])})`;
      stopped = `the rollout has stopped: ${hosts} failed, were locked or could not be reached, more than max_failures: ${maxFailures}`;
      const rest = batches.slice(batch + 1).flat();
      emit({ kind: 'warning', message: `${stopped}; not begun: ${few(rest)}` });
    }
    const status = changed.has(batch) ? 'changed' : 'ok';
    board.end(name, String(batch), { status, met: true });
  }

  return {
    standing({ id }, host) {
      const batch = members.has(id) ? batchOf.get(host) : undefined;
      if (batch === undefined || batch === 0) return MET;
      const before = String(batch - 1);
      if (!board.ended(name, before))
        return { kind: 'waiting', for: 'the batch before', tokens: [stepToken(name, before)] };
      return stopped === undefined ? MET : { kind: 'unmet', reason: stopped };
    },
    ended({ id }, host, how) {
      const batch = members.has(id) ? batchOf.get(host) : undefined;
      if (batch === undefined) return;
      if (!how.met) failed.add(host);
      if (how.status === 'changed') changed.add(batch);
      open.get(host)?.delete(id);
    },
    settled(host) {
      const batch = batchOf.get(host);
      if (batch === undefined || open.get(host)?.size !== 0) return;
      open.delete(host);
      left[batch] = (left[batch] ?? 0) - 1;
      if (left[batch] === 0) close(batch);
    },
    waits: batches.length > 1,
  };
}

function openOn(host: string, steps: readonly Step[]): Set<string> {
  return new Set(steps.filter((step) => step.hosts.has(host)).map(({ id }) => id));
}

function few(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
}
