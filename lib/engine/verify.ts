/** What was written must hold: everything is read again, and planning must find nothing left. */
import { formatPlace } from '../base/problem.ts';
import type { FailureInfo } from '../model/event.ts';
import { keyKind } from '../model/key.ts';
import type { Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { ApplyResult, Session } from '../remote/contract.ts';
import { unitJournal } from '../resources/unit/unit-command.ts';
import { type UnitState, unitSettled } from '../resources/unit/unit-kind.ts';
import { unsettled, type Wanted } from './fixpoint.ts';
import { hasFailed, type Life } from './life.ts';
import { canonical } from './picture.ts';
import { allOf } from './plan-one.ts';
import { predict, stateAt } from './prediction.ts';

const JOURNAL_MS = 10_000;
const CHANGED_BACK =
  'something else on the host, or a later step, changes it back; the difference is what is still wrong';
const GUARD =
  'it ran, and its guard (creates, unless, only_if) says that it must run again: mend the command or the guard';

export interface Broken {
  readonly step: Step;
  readonly failure: FailureInfo;
}

/** Resources of finished steps that do not hold in what was just read. Each step is named once, by its first. */
export function verifySteps(life: Life): readonly Broken[] {
  const now = predict(life.picture);
  const wanted: Wanted[] = [...life.done]
    .filter(({ handler, step }) => !handler && !hasFailed(life, step.id))
    .flatMap(({ step, view }) => view.resources.map((resource) => ({ step, resource })));
  const named = new Set<string>();
  const found = unsettled(now, wanted, life.nextId, 'reading');
  return found.flatMap(({ step, resource, summary, diff, hint: advice }) => {
    if (named.has(step.id)) return [];
    named.add(step.id);
    const place = formatPlace(step.place);
    if (resource.observe) {
      // A check says itself what is wrong, and so do those behind it.
      const checks = found.filter((each) => each.step === step && each.resource.observe);
      const message = allOf(checks.map((each) => each.summary));
      const rest = advice === undefined ? {} : { hint: advice };
      return [{ step, failure: { message, ...rest, key: resource.key, place } }];
    }
    const of = resource.item === undefined ? '' : `${resource.item}: `;
    const name = resource.titleOf?.(canonical(life.picture, resource.key)) ?? resource.title ?? resource.key;
    const message = `${of}${name} is not as declared after it was applied: ${summary}`;
    const hint = keyKind(resource.key) === 'command' ? GUARD : CHANGED_BACK;
    return [{ step, failure: { message, hint, key: resource.key, diff, place } }];
  });
}

/** A unit that did not stay as its start had left it, and why. */
export interface Fallen {
  readonly unit: string;
  readonly change: Change;
  readonly reason: string;
}

/** Units that fell over, or were restarted by something else, in the seconds after their start. */
export function fallenUnits(life: Life, changes: readonly Change[], result: ApplyResult): readonly Fallen[] {
  const now = predict(life.picture);
  return changes.flatMap((change) => {
    const unit = change.draft.settle?.unit;
    const noted = unit === undefined ? undefined : result.invocations.get(unit);
    if (unit === undefined || noted === undefined) return [];
    // A later restart of the same unit in this stretch has noted an invocation of its own.
    const state = stateAt(now, change.key) as UnitState | undefined;
    const reason = state && unitSettled(state, noted);
    return reason === undefined ? [] : [{ unit, change, reason }];
  });
}

/** What fallen units left in their journals, by unit: one more frame, only when something is wrong. */
export async function readJournals(
  fallen: readonly Fallen[],
  session: Session,
): Promise<ReadonlyMap<string, string>> {
  if (fallen.length === 0) return new Map();
  const parts = fallen.map(({ unit }, index) => ({
    tag: `journal.${index}`,
    script: unitJournal(unit),
    limitMs: JOURNAL_MS,
  }));
  const results = await session.read(parts);
  return new Map(
    fallen.map(({ unit }, index) => [unit, results[index]?.out.toString('utf8').trimEnd() ?? '']),
  );
}

export function fallenFailure({ unit, change, reason }: Fallen, step: Step, journal = ''): FailureInfo {
  return {
    message: `${unit} did not stay up: ${reason}`,
    hint: `look at: journalctl -u ${unit} -n 50`,
    key: change.key,
    place: formatPlace(step.place),
    ...(journal === '' ? {} : { output: journal }),
  };
}
