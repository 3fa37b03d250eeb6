/** Before a step changes anything somebody is asked, where a run is gone through step by step. */
import type { Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import { endStep, stepOf } from './ending.ts';
import type { Life } from './life.ts';

/** What somebody says to a step; whoever says `all` is not asked again, and `quit` has stopped the run. */
export type Answer = 'yes' | 'no' | 'quit';

/** One answer for all hosts; asked with the changes of the host that comes to it first. */
export type AskStep = (step: Step, host: string, changes: readonly Change[]) => Promise<Answer>;

/** False: a step is left out, or nothing more is to begin, and what is planned does not hold any more. */
export async function consent(life: Life, changes: readonly Change[]): Promise<boolean> {
  const { askStep } = life.context;
  if (!askStep) return true;
  const ids = new Set(changes.map(({ step }) => step));
  for (const id of ids) {
    const step = stepOf(life, id);
    // What has ended already is paid what it is owed.
    if (!step || life.ended.has(id)) continue;
    const answer = await askStep(
      step,
      life.host.name,
      changes.filter((change) => change.step === id),
    );
    if (answer === 'yes') continue;
    if (answer === 'no') endStep(life, step, 'skipped', { reason: 'somebody said no to it', met: true });
    return false;
  }
  return true;
}
