/** Whether what a step needs has happened, here and on other hosts. */
import type { Project, Reference, Step } from '../model/runbook.ts';
import { type Board, factsToken, stepToken } from './board.ts';
import type { Standing } from './host-plan.ts';

export interface NeedSource {
  readonly project: Project;
  readonly board: Board;
  readonly host: string;
  /** The look ahead before the first write: other hosts' steps count as met, their outputs as unknown. */
  readonly aloof: boolean;
  /** How to bring hosts outside --limit to where they are needed. */
  command(hosts: readonly string[]): string;
}

export function standingOf(source: NeedSource, step: Step, local: ReadonlyMap<string, Standing>): Standing {
  const waiting = new Set<string>();
  let first: string | undefined;
  for (const need of step.needs) {
    const hosts = need.hosts === 'same' ? [source.host] : need.hosts;
    for (const host of hosts) {
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
  return first === undefined ? { kind: 'met' } : { kind: 'waiting', for: first, tokens: [...waiting] };
}

function one(source: NeedSource, id: string, host: string, local: ReadonlyMap<string, Standing>): Standing {
  const here = host === source.host;
  if (here) {
    const standing = local.get(id);
    if (standing) return standing.kind === 'missing' ? { kind: 'unmet', reason: standing.message } : standing;
  }
  if (!runsOn(source.project, id, host)) return { kind: 'met' };
  const ended = source.board.ended(id, host);
  if (ended?.met) return { kind: 'met' };
  if (ended) return unmet(source, id, host, ended.status);
  if (here) return { kind: 'met' };
  if (source.aloof) return { kind: 'met' };
  return { kind: 'waiting', for: `${id} on ${host}`, tokens: [stepToken(id, host)] };
}

function unmet(source: NeedSource, id: string, host: string, status: string): Standing {
  const where = host === source.host ? '' : ` on ${host}`;
  if (source.project.limit.has(host) || host === source.host) {
    return {
      kind: 'unmet',
      reason: `it needs ${id}${where}, which ${status === 'skipped' ? 'was skipped' : status === 'unreachable' ? 'is unreachable' : 'failed'}`,
    };
  }
  return {
    kind: 'missing',
    message: `it needs ${id} on ${host}, which is outside --limit and ${status === 'unreachable' ? 'unreachable' : 'not in place there'}`,
    hint: `run: ${source.command([...source.project.limit, host])}`,
  };
}

/** False for a step left out by tags or not meant for that host: such an edge counts as met. */
function runsOn(project: Project, id: string, host: string): boolean {
  const step = [...project.runbook.steps, ...project.runbook.handlers].find((each) => each.id === id);
  if (!step?.hosts.has(host)) return false;
  return !project.leftOut.has(id) || outputsUsed(project, id);
}

/** A step left out by tags is still read, wherever it belongs, when an expression of another uses its outputs. */
export function outputsUsed(project: Project, id: string): boolean {
  return [...project.runbook.steps, ...project.runbook.handlers].some(
    (step) =>
      !project.leftOut.has(step.id) &&
      // `*`: which step is meant cannot be told.
      referencesOf(step).some(
        (reference) => reference.kind === 'output' && (reference.step === id || reference.step === '*'),
      ),
  );
}

export function referencesOf(step: Step): readonly Reference[] {
  return [...step.with.references, ...(step.when?.references ?? []), ...(step.vars?.references ?? [])];
}

function foreignFacts(source: NeedSource, step: Step): readonly string[] {
  if (source.aloof) return [];
  return referencesOf(step).flatMap((reference) => {
    if (reference.kind !== 'facts' || reference.host === undefined || reference.host === source.host)
      return [];
    const hosts = reference.host === '*' ? [...source.project.inventory.hosts.keys()] : [reference.host];
    return hosts.filter((host) => host !== source.host && !source.board.facts(host));
  });
}
