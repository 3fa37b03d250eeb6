/** What the steps of a host look at: gathered, read in one frame, and learnt. */
import type { Facts } from '../model/facts.ts';
import { keyId } from '../model/key.ts';
import type { Ref, State } from '../model/kind.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';
import { factsRef } from '../resources/facts.ts';
import { owedRef } from '../resources/owed.ts';
import { withAccounts } from './account.ts';
import type { Recalled } from './bundle/recall.ts';
import type { Wanted } from './fixpoint.ts';
import { type Life, markOf, statusOf } from './life.ts';
import { addReadings } from './picture.ts';
import { addRefs, type Batch, batchReads } from './read-batch.ts';
import { laySince } from './since.ts';
import type { StepView } from './step-view.ts';

/** Calls `take` with the view of each step. What cannot be viewed at all is left to the planner to report. */
export function eachView(life: Life, take: (step: Step, view: StepView) => void): void {
  for (const { step } of life.order) {
    const view = viewOf(life, step);
    if (view) take(step, view);
  }
  for (const step of life.readSteps) {
    const view = viewOf(life, step);
    if (view?.kind === 'ready') take(step, view);
  }
}

/** Resources that can be told now to which something may be owed. */
export function debtors(life: Life): readonly Wanted[] {
  const found: Wanted[] = [];
  eachView(life, (step, view) => {
    if (view.kind !== 'ready') return;
    for (const resource of view.resources) if (resource.debts?.length) found.push({ step, resource });
  });
  return found;
}

/** True while something is owed to a step of this host that has ended well. */
export function owing(life: Life): boolean {
  const { states } = life.picture;
  return debtors(life).some(
    ({ step, resource }) =>
      ['ok', 'changed'].includes(statusOf(life, step.id) ?? '') &&
      resource.debts?.some(({ mark }) => states.get(mark)?.exists === true),
  );
}

function viewOf(life: Life, step: Step): StepView | undefined {
  try {
    return life.viewer.view(step);
  } catch {
    return undefined;
  }
}

/** Everything worth reading now: all known resources, marks of handlers and debts, facts where somebody looks at them. */
export function wantedRefs(life: Life): readonly Ref[] {
  const refs: Ref[] = [];
  const marks: Ref[] = [];
  eachView(life, (step, view) => {
    if (view.kind === 'skip') return;
    // What is still undecided is worth reading only while it may be decided.
    if (view.kind === 'unknown' && life.ended.has(step.id)) return;
    for (const resource of view.kind === 'ready' ? view.resources : view.perhaps) {
      addRefs(refs, resource);
      for (const { mark } of (view.kind === 'ready' && resource.debts) || [])
        marks.push(owedRef(keyId(mark)));
    }
  });
  for (const { step, handler } of life.order) if (handler) marks.push(owedRef(keyId(markOf(life, step))));
  // Whether anything looks at facts has been told by now.
  return [...refs, ...marks, ...(life.factsWanted ? [factsRef() as Ref] : [])];
}

/** All that its steps want, as far as can be told by now. */
export function wishedResources(life: Life): readonly AnyResource[] {
  const wished: AnyResource[] = [];
  eachView(life, (_, view) => {
    if (view.kind !== 'skip') wished.push(...(view.kind === 'ready' ? view.resources : view.perhaps));
  });
  return wished;
}

/** What these steps look at, facts included where somebody does. */
export function refsOfSteps(life: Life, ids: ReadonlySet<string>): readonly Ref[] {
  const refs: Ref[] = [];
  eachView(life, (step, view) => {
    if (!ids.has(step.id) || view.kind === 'skip') return;
    for (const resource of view.kind === 'ready' ? view.resources : view.perhaps) addRefs(refs, resource);
  });
  return [...refs, ...(life.factsWanted ? [factsRef() as Ref] : [])];
}

/** One round trip: reads these keys and adds them to the picture. */
export async function readRefs(life: Life, refs: readonly Ref[], session: Session): Promise<void> {
  await readBatch(life, batchReads(withAccounts(refs, session), life.context.keep !== undefined), session);
}

export async function readBatch(life: Life, batch: Batch, session: Session): Promise<void> {
  if (batch.parts.length === 0) return;
  const { keep, recall, halt } = life.context;
  if (recall) return remember(life, recall.read(life.host.name, batch.wanted()));
  const results = await session.read(batch.parts, halt);
  const readings = batch.readings(results);
  if (keep && session.hello)
    keep.read(life.host.name, { hello: session.hello, wants: batch.wanted(), readings });
  learn(life, readings);
}

function remember(life: Life, { readings, untold }: Recalled): void {
  for (const [key, why] of untold) life.picture.untold.set(key, why);
  learn(life, readings);
}

/** What is read first, put together before there is a session; one batch for hosts that want the very same. */
export function firstBatch(life: Life): Batch {
  const refs = withAccounts(wantedRefs(life), undefined);
  return life.context.once('first batch', refs, () => batchReads(refs, life.context.keep !== undefined));
}

/** Adds readings, and tells the board of facts. */
export function learn(life: Life, readings: Parameters<typeof addReadings>[1]): void {
  addReadings(life.picture, readings);
  for (const [key, more] of life.captured) {
    const read = life.picture.states.get(key);
    life.picture.states.set(key, { exists: true, ...read, ...more });
  }
  laySince(life.since, life.picture);
  const facts = life.picture.states.get('facts:host') as (State & Facts) | undefined;
  if (facts) life.context.board.publishFacts(life.host.name, facts);
  life.viewer.refresh();
}
