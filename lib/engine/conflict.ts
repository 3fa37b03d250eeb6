/** Steps that want different states of one thing, found before any connection: where parameters are plain. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import { UnknownUsed } from '../base/unknown.ts';
import { PlanError } from '../model/resource.ts';
import type { Project, Step } from '../model/runbook.ts';
import type { LocalFile } from '../model/task.ts';
import { accountsOf, type BecomeFlags } from './account.ts';
import { createBoard } from './board.ts';
import type { Wanted } from './fixpoint.ts';
import { createViewer } from './step-view.ts';

export interface ConflictSource {
  readonly project: Project;
  readonly become: BecomeFlags;
  vars(host: string): Readonly<Record<string, unknown>>;
  local(path: string, step: Step): readonly LocalFile[];
}

/** The first contradiction of each host, as one error; undefined when there is none that can be seen from here. */
export function staticConflicts(source: ConflictSource): RunError | undefined {
  const found = new Map<string, string>();
  for (const host of source.project.limit) {
    for (const [a, b, key, summary] of conflictsOn(source, host)) {
      const text = `${formatPlace(b.place)}: step ${b.id} wants ${key} otherwise than step ${a.id} (${formatPlace(a.place)}): ${summary}`;
      found.set(`${a.id} ${b.id} ${key}`, text);
    }
  }
  if (found.size === 0) return undefined;
  return new RunError('invalid', [...found.values()].join('\n'), {
    hint: 'let one step own it; nothing was touched',
  });
}

type Conflict = readonly [Step, Step, string, string];

function conflictsOn(source: ConflictSource, name: string): readonly Conflict[] {
  const { project } = source;
  const host = project.inventory.hosts.get(name);
  if (!host) return [];
  const accounts = accountsOf(project, host, source.become);
  const viewer = createViewer({
    source: {
      project,
      board: createBoard(),
      run: { id: '', dryRun: true },
      vars: source.vars,
      local: source.local,
    },
    own: { host, facts: () => undefined, outputs: () => undefined, factsTouched: () => undefined },
    user: (step) => accounts.of(step),
    owed: () => undefined,
    checkParams: (_, params) => params,
  });
  const byKey = new Map<string, Wanted[]>();
  for (const step of project.runbook.steps) {
    if (!step.hosts.has(name) || project.leftOut.has(step.id) || step.when) continue;
    for (const wanted of resourcesOf(viewer, step)) {
      byKey.set(wanted.resource.key, [...(byKey.get(wanted.resource.key) ?? []), wanted]);
    }
  }
  return [...byKey.values()].filter((list) => list.length > 1).flatMap(contradiction);
}

function resourcesOf(viewer: ReturnType<typeof createViewer>, step: Step): readonly Wanted[] {
  try {
    const view = viewer.view(step);
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
  } catch (error) {
    if (error instanceof PlanError || error instanceof UnknownUsed) return [];
    throw error;
  }
  return [];
}
