/** What a host knows of itself while it plans: its facts and outputs as they will be by then. */
import { Unknown } from '../base/unknown.ts';
import type { Facts } from '../model/facts.ts';
import { joinItems } from '../model/item.ts';
import type { Key } from '../model/key.ts';
import type { At, State } from '../model/kind.ts';
import { NO_OUTPUTS, type Outputs } from './board.ts';
import type { PlannedStep } from './host-plan.ts';
import type { Life } from './life.ts';
import { canonical } from './picture.ts';
import { atOf } from './plan-resource.ts';
import { type Prediction, predict, stateAt, uncertainty } from './prediction.ts';

/** The facts as they will be by then; undefined once a change before it may have altered them in unknown ways. */
export function factsNow({ picture, planning }: Life): (State & Facts) | undefined {
  const ahead = planning?.prediction ?? predict(picture);
  if (planning?.certain && uncertainty(ahead, 'facts:host') !== undefined) return undefined;
  return stateAt(ahead, 'facts:host') as (State & Facts) | undefined;
}

/** The outputs of a step of this host: as planned a moment ago, as ended, or from what was read after it. */
export function ownOutputs(life: Life, id: string): Outputs | undefined {
  const now = life.planning?.planned.find(({ step }) => step.id === id);
  if (now && life.planning) return outputsOf(now, life.planning.prediction);
  const ended = life.context.board.outputs(id, life.host.name);
  if (ended) return ended;
  const done = [...life.done].find(({ step }) => step.id === id);
  return done && outputsOf(done, life.context.run.dryRun ? life.foresight : predict(life.picture));
}

/** An output over what a planned change will alter in an unknown way is unknown itself, whatever is there now. */
function outputAt(prediction: Prediction): At {
  const at = atOf(prediction);
  return <S extends State>(key: Key) => {
    const step = prediction.voided.get(canonical(prediction.picture, key));
    return step === undefined ? at<S>(key) : new Unknown(`step ${step}`);
  };
}

/** Of a step with `foreach`: a list or map of what each item gives, null for those whose condition is false. */
export function outputsOf(
  planned: Pick<PlannedStep, 'step' | 'view'>,
  prediction: Prediction,
): Outputs | undefined {
  const { view, step } = planned;
  const { output } = step.task;
  if (!output) return NO_OUTPUTS;
  const at = outputAt(prediction);
  if (!view.items) return view.context ? output(view.params, at, view.context) : NO_OUTPUTS;
  const given = view.items.map(({ item, params, context }) => ({
    item,
    value: context ? output(params, at, context) : null,
  }));
  return joinItems(given) as Outputs;
}
