/** Steps that want different states of one thing, found before any connection: where parameters are plain. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import type { Step } from '../model/runbook.ts';
import type { Wanted } from './fixpoint.ts';
import type { Life } from './life.ts';

/** The contradictions of all hosts as one error; undefined when there is none that can be seen from here. */
export function staticConflicts(lives: readonly Life[]): RunError | undefined {
  const found = new Map<string, string>();
  for (const [a, b, key, summary] of lives.flatMap(conflictsOn)) {
    const text = `${formatPlace(b.place)}: step ${b.id} wants ${key} otherwise than step ${a.id} (${formatPlace(a.place)}): ${summary}`;
    found.set(`${a.id} ${b.id} ${key}`, text);
  }
  if (found.size === 0) return undefined;
  return new RunError('invalid', [...found.values()].join('\n'), {
    hint: 'let one step own it; nothing was touched',
  });
}

type Conflict = readonly [Step, Step, string, string];

function conflictsOn(life: Life): readonly Conflict[] {
  const byKey = new Map<string, Wanted[]>();
  for (const { step, handler } of life.order) {
    if (handler || step.when) continue;
    for (const wanted of plainResources(life, step)) {
      const list = byKey.get(wanted.resource.key);
      if (list) list.push(wanted);
      else byKey.set(wanted.resource.key, [wanted]);
    }
  }
  return [...byKey.values()].filter((list) => list.length > 1).flatMap(contradiction);
}

function plainResources(life: Life, step: Step): readonly Wanted[] {
  try {
    const view = life.viewer.view(step);
    if (view.kind !== 'ready' || view.partly) return [];
    return view.resources
      .filter(({ act, transient, late, unknown }) => !act && !transient && !late && !unknown)
      .map((resource) => ({ step, resource }));
  } catch {
    // What is wrong with the step itself is said where it is planned.
    return [];
  }
}

/** Plans all writers of a key one after the other from nothing; the first that wants more in the end disagrees. */
function contradiction(list: readonly Wanted[]): readonly Conflict[] {
  try {
    let state = list[0]?.resource.kind.absent;
    for (const { resource } of list) state = resource.plan(state, () => undefined, 1)?.after ?? state;
    for (const { step, resource } of list) {
      const draft = resource.plan(state, () => undefined, 2);
      const other = list.findLast((each) => each.step !== step);
      if (draft && other) return [[other.step, step, resource.key, draft.summary]];
    }
  } catch {
    // What cannot be planned from nothing is told, with its step, when it is planned on what was read.
    return [];
  }
  return [];
}
