/** Looks at steps for others' sake: what their outputs are, and whether they are in place. Nothing is written. */
import type { Ref } from '../model/kind.ts';
import type { Step } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';
import { unsettled } from './fixpoint.ts';
import type { Life } from './life.ts';
import { outputsOf } from './own.ts';
import { type Prediction, predict, stateAt } from './prediction.ts';
import { unreadOf } from './read-batch.ts';
import { readRefs } from './reading.ts';

/** Steps read for others: their outputs from what is there, and whether they are in place. */
export async function look(life: Life, session: Session): Promise<void> {
  const { board, project } = life.context;
  await readRefs(
    life,
    life.readSteps.flatMap((step) => unread(life, step)),
    session,
  );
  for (const step of life.readSteps) {
    // What rests on outputs of a step before it can be told only now.
    await readRefs(life, unread(life, step), session);
    const view = life.viewer.view(step);
    const now = predict(life.picture);
    const outputs = view.kind === 'ready' ? outputsOf({ step, view }, now) : undefined;
    // An edge to a step that tags leave out counts as met, whatever its state.
    const met = project.leftOut.has(step.id) || untold(life, view) || inPlace(step, view, now, outputs);
    const ended = { status: 'ok', met } as const;
    life.ended.set(step.id, ended);
    board.end(step.id, life.host.name, ended, outputs);
    life.viewer.refresh();
  }
}

function unread(life: Life, step: Step): readonly Ref[] {
  const view = life.viewer.view(step);
  if (view.kind !== 'ready') return [];
  return unreadOf(view.resources, life.picture);
}

/** Nobody can say that it is not in place either. */
function untold({ picture }: Life, view: ReturnType<Life['viewer']['view']>): boolean {
  return view.kind === 'ready' && view.resources.some(({ key }) => picture.untold.has(key));
}

function inPlace(
  step: Step,
  view: ReturnType<Life['viewer']['view']>,
  now: Prediction,
  outputs: Readonly<Record<string, unknown>> | undefined,
): boolean {
  if (view.kind === 'skip') return true;
  if (view.kind === 'unknown') return false;
  const missing = view.resources.some(
    (resource) => stateAt(now, resource.key)?.exists !== true && !resource.act,
  );
  if (outputs) return !missing;
  const wanted = view.resources.map((resource) => ({ step, resource }));
  return unsettled(now, wanted, 1, 'reading').length === 0;
}
