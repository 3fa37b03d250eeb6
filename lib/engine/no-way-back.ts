/** Before the first write: what of the changes that are to be confirmed could not be taken back. */
import { formatPlace } from '../base/problem.ts';
import type { Change } from '../model/resource.ts';
import { waitOf } from './confirm.ts';
import { endStep, stepOf } from './ending.ts';
import type { Life } from './life.ts';
import { nameOf } from './outcome.ts';
import { causeOf } from './review/cause.ts';

/**
 * Where `confirm` was asked for by hand, what has no way back ends its step, and with it the host's run: true then. What is
 * confirmed without being asked for is warned of.
 */
export function refuseNoWayBack(life: Life, changes: readonly Change[]): boolean {
  const { context, host } = life;
  const bare = new Map<string, Change[]>();
  for (const change of changes) {
    const wait = waitOf(life, change.step, change.draft);
    if (typeof wait !== 'object') continue;
    const { back } = change.draft;
    if (!back && wait.by === 'hand') bare.set(change.step, [...(bare.get(change.step) ?? []), change]);
    const rest = back ? back.leaves : ['there is no way back from it'];
    for (const line of (back || wait.by === 'cuts') && rest ? rest : [])
      context.emit({
        kind: 'warning',
        host: host.name,
        message: `should it have to be taken back: ${nameOf(change)}: ${line}`,
      });
  }
  for (const [id, found] of bare) {
    const step = stepOf(life, id);
    const [first] = found;
    if (!step || !first) continue;
    const message = found
      .map((change) => `${nameOf(change)}: there is no way back from it, and \`confirm\` asks for one`)
      .join('\n');
    const place = causeOf(life, id, first.key) || formatPlace(step.place);
    const hint =
      'nothing was written on this host; where it is meant all the same: `confirm: off` on its step';
    endStep(life, step, 'failed', { failure: { message, hint, place, key: first.key } });
    life.refused = true;
  }
  return bare.size > 0;
}
