/** The record that a run leaves on a host which it has changed and brought to a good end. */
import { recordText } from '../resources/provision/provision-text.ts';
import type { Life } from './life.ts';

/** Told to the host's shell as its last text: no answer is waited for. */
export function noteProvision(life: Life): void {
  const { context, session, host } = life;
  if (!context.provision || !session || !endedWell(life)) return;
  session.tell(
    recordText({
      v: 1,
      ...context.provision(),
      host: host.name,
      time: new Date().toISOString(),
      run: context.run.id,
    }),
  );
}

/** What was found right by a run that has changed nothing gets no record: such a run writes nothing at all. */
function endedWell({ context, readOnly, wrote, changedSteps, order, ended }: Life): boolean {
  if (context.run.dryRun || readOnly || !wrote || changedSteps.size === 0) return false;
  return order.every(({ step }) => ended.get(step.id)?.met === true);
}
