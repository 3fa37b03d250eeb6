/** Steps that want different states of one thing, found before any connection: where parameters are plain. */
import { createOnce, type Once } from '../base/once.ts';
import { formatPlace, type Problem } from '../base/problem.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import { nameOf, type Wanted } from './fixpoint.ts';
import type { Life } from './life.ts';

/** The contradictions of all hosts that can be seen from here, each once. */
export function staticConflicts(lives: readonly Life[]): readonly Problem[] {
  const found = new Map<string, Problem>();
  // Most hosts want the very same of most steps.
  const once = createOnce();
  for (const life of lives) {
    for (const [a, b, key, summary] of conflictsOn(life, once)) {
      const message = `step ${nameOf(b)} wants ${key} otherwise than step ${nameOf(a)} (${formatPlace(a.step.place)}): ${summary}`;
      const problem: Problem = {
        code: 'step-conflict',
        message,
        place: b.step.place,
        hint: 'let one step own it',
      };
      found.set(`${nameOf(a)} ${nameOf(b)} ${key}`, problem);
    }
    // Its turn may come late in the run: till then nothing of it is kept.
    life.viewer.release();
  }
  return [...found.values()];
}

type Conflict = readonly [Wanted, Wanted, string, string];

interface Wish {
  readonly step: Step;
  readonly resources: readonly AnyResource[];
}

function conflictsOn(life: Life, once: Once): readonly Conflict[] {
  const wishes: Wish[] = [];
  for (const { step, handler } of life.order) {
    const resources = handler || step.when ? undefined : plainResources(life, step);
    if (resources) wishes.push({ step, resources });
  }
  return shared(wishes).flatMap((list) => {
    const of = list.flatMap(({ step, resource }) => [step, resource]);
    return once('conflict', of, () => contradiction(list));
  });
}

/** What more than one wants, in the order of the steps; little of all, so that nothing else is kept for other hosts. */
function shared(wishes: readonly Wish[]): readonly (readonly Wanted[])[] {
  const byKey = new Map<string, Wanted[]>();
  for (const { step, resources } of wishes) {
    for (const resource of resources) {
      const { act, transient, late, unknown, key } = resource;
      if (act || transient || late || unknown) continue;
      const list = byKey.get(key);
      if (list) list.push({ step, resource });
      else byKey.set(key, [{ step, resource }]);
    }
  }
  return [...byKey.values()].filter((list) => list.length > 1);
}

function plainResources(life: Life, step: Step): readonly AnyResource[] | undefined {
  try {
    const view = life.viewer.view(step);
    return view.kind === 'ready' && !view.partly ? view.resources : undefined;
  } catch {
    // What is wrong with the step itself is said where it is planned.
    return undefined;
  }
}

/** Plans all writers of a key one after the other from nothing; the first that wants more in the end disagrees. */
function contradiction(list: readonly Wanted[]): readonly Conflict[] {
  try {
    let state = list[0]?.resource.kind.absent;
    for (const { resource } of list) state = resource.plan(state, () => undefined, 1)?.after ?? state;
    for (const wanted of list) {
      const { step, resource } = wanted;
      const draft = resource.plan(state, () => undefined, 2);
      const other = list.findLast((each) => each.step !== step || each.resource.item !== resource.item);
      if (draft && other) return [[other, wanted, resource.key, draft.summary]];
    }
  } catch {
    // What cannot be planned from nothing is told, with its step, when it is planned on what was read.
    return [];
  }
  return [];
}
