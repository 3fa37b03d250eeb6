/** Whether what a step needs has happened, here and on other hosts. */
import { hostsAwaited, type Step } from '../model/runbook.ts';
import { type Ended, factsToken, stepToken } from './board.ts';
import type { Standing } from './host-plan.ts';
import type { RunContext } from './run-context.ts';

export interface NeedSource {
  readonly context: RunContext;
  readonly host: string;
  /** How a step has ended on this host. */
  ended(id: string): Ended | undefined;
  /** The look ahead before the first write: other hosts' steps count as met, their outputs as unknown. */
  readonly aloof: boolean;
}

export function standingOf(source: NeedSource, step: Step, local: ReadonlyMap<string, Standing>): Standing {
  const turn = turnOf(source, step);
  if (turn.kind === 'unmet') return turn;
  const waiting = new Set(turn.kind === 'waiting' ? turn.tokens : []);
  let first = turn.kind === 'waiting' ? turn.for : undefined;
  for (const need of step.needs) {
    for (const host of hostsAwaited(need, source.host)) {
      const standing = one(source, need.step, host, local);
      if (standing.kind === 'unmet' || standing.kind === 'missing') return standing;
      if (standing.kind !== 'waiting') continue;
      first ??= standing.for;
      for (const token of standing.tokens ?? []) waiting.add(token);
    }
  }
  for (const host of foreignFacts(source, step)) {
    first ??= `the facts of ${host}`;
    waiting.add(factsToken(host));
  }
  return first === undefined ? MET : { kind: 'waiting', for: first, tokens: [...waiting] };
}

/** A dry run shows all batches, and the look ahead all of the host. */
function turnOf({ context, host, aloof }: NeedSource, step: Step): Standing {
  return aloof || context.run.dryRun ? MET : context.rollouts.standing(step, host);
}

const MET: Standing = { kind: 'met' };

function one(source: NeedSource, id: string, host: string, local: ReadonlyMap<string, Standing>): Standing {
  const here = host === source.host;
  if (here) {
    const standing = local.get(id);
    if (standing) return standing.kind === 'missing' ? { kind: 'unmet', reason: standing.message } : standing;
  }
  if (!runsOn(source, id, host)) return MET;
  const ended = here ? source.ended(id) : source.context.board.ended(id, host);
  if (ended?.met) return MET;
  if (ended) return unmet(source, id, host, ended.status);
  if (here || source.aloof) return MET;
  return { kind: 'waiting', for: `${id} on ${host}`, tokens: [stepToken(id, host)] };
}

function unmet(source: NeedSource, id: string, host: string, status: string): Standing {
  const where = host === source.host ? '' : ` on ${host}`;
  if (source.context.project.limit.has(host) || host === source.host) {
    return {
      kind: 'unmet',
      reason: `it needs ${id}${where}, which ${status === 'skipped' ? 'was skipped' : status === 'unreachable' ? 'is unreachable' : status === 'rolled_back' ? 'was taken back' : 'failed'}`,
    };
  }
  return {
    kind: 'missing',
    message: `it needs ${id} on ${host}, which is outside --limit and ${status === 'unreachable' ? 'unreachable' : 'not in place there'}`,
    hint: `run: ${source.context.command([...source.context.project.limit, host])}`,
  };
}

/** False for a step left out by tags or not meant for that host: such an edge counts as met. */
function runsOn({ context: { project, steps } }: NeedSource, id: string, host: string): boolean {
  if (!steps.get(id)?.hosts.has(host)) return false;
  return !project.leftOut.has(id) || steps.outputsUsed(id);
}

function foreignFacts({ context, host: own, aloof }: NeedSource, step: Step): readonly string[] {
  const named = aloof ? [] : context.steps.foreignFacts(step);
  if (named.length === 0) return named;
  const hosts = named[0] === '*' ? [...context.project.inventory.hosts.keys()] : named;
  return hosts.filter((host) => host !== own && !context.board.facts(host));
}
