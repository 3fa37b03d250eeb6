/** `rollout:` of a runbook or group: which hosts are worked on in which batch. */
import type { Rollout } from '../../model/runbook.ts';
import { child, listOf, type Node, placeOf } from '../source/node.ts';
import type { StepDraft } from './draft.ts';
import type { Frame, Layer } from './frame.ts';
import type { BuiltStep } from './runbook.ts';

export interface RolloutSource {
  readonly main: Frame;
  readonly layers: readonly Layer[];
  readonly built: readonly BuiltStep[];
  /** Hosts that may be changed, in the order of the inventory. */
  readonly limit: readonly string[];
  readonly leftOut: ReadonlySet<string>;
}

export function rolloutsOf(source: RolloutSource): readonly Rollout[] {
  const drafts = source.built.map(({ draft }) => draft);
  const all = { node: child(source.main.top, 'rollout'), members: drafts };
  const layered = source.layers.map((layer) => {
    const node = child(layer.kind === 'group' ? layer.node : layer.inner?.top, 'rollout');
    return { node, members: node ? membersOf(layer, drafts, source.built) : [] };
  });
  return [all, ...layered].flatMap(({ node, members }) =>
    node?.kind === 'map' ? [rolloutOf(node, members, source)] : [],
  );
}

/** Its steps, and the handlers that no step outside notifies. */
function membersOf(
  layer: Layer,
  drafts: readonly StepDraft[],
  built: readonly BuiltStep[],
): readonly StepDraft[] {
  const inside = new Set(drafts.filter((draft) => !draft.handler && draft.within.includes(layer)));
  const notifiers = (id: string): readonly StepDraft[] =>
    built.filter(({ step }) => step.notify.includes(id)).map(({ draft }) => draft);
  const handlers = drafts.filter(
    (draft) => draft.handler && notifiers(draft.id).every((notifier) => inside.has(notifier)),
  );
  return [...inside, ...handlers];
}

function rolloutOf(node: Node, members: readonly StepDraft[], source: RolloutSource): Rollout {
  const ids = new Set(members.map(({ id }) => id).filter((id) => !source.leftOut.has(id)));
  // A host that could only be asked for a handler has nothing to be in a batch for.
  const steps = source.built
    .filter(({ step, draft }) => ids.has(step.id) && !draft.handler)
    .map(({ step }) => step);
  const hosts = source.limit.filter((host) => steps.some((step) => step.hosts.has(host)));
  const most = child(node, 'max_failures');
  return {
    steps: ids,
    batches: cut(
      hosts,
      listOf(child(node, 'batch')).map((item) => sizeOf(item, hosts.length)),
    ),
    maxFailures: most?.kind === 'scalar' && typeof most.value === 'number' ? most.value : 0,
    place: placeOf(node),
  };
}

/** A percentage is rounded down, to one host at least. */
function sizeOf(node: Node, hosts: number): number {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (typeof value === 'number') return Math.max(1, Math.floor(value));
  return Math.max(1, Math.floor((hosts * Number.parseInt(String(value), 10)) / 100) || 1);
}

/** The last size counts for all further batches. */
function cut(hosts: readonly string[], sizes: readonly number[]): readonly (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < hosts.length; ) {
    const size = sizes[batches.length] ?? sizes.at(-1) ?? hosts.length;
    batches.push(hosts.slice(at, at + size));
    at += size;
  }
  return batches;
}
