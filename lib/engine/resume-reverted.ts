/** What an earlier process of a run had made, and its host has taken back: said, and planned again. */
import type { ChangeEnd } from '../model/journal.ts';
import type { HostResume } from '../model/resume.ts';
import type { TakenUp } from '../remote/take-up.ts';
import type { Life } from './life.ts';

const NAMED = 3;

/** In `ends` what has a way back is then as if it had not been carried out; what has none has stayed. */
export function tellReverted(
  { context, host }: Life,
  { stretch, changes }: HostResume['stretches'][number],
  { reverted }: TakenUp,
  ends: Map<number, ChangeEnd>,
): void {
  const back = reverted.get(stretch);
  if (!back) return;
  const undone = changes.filter(({ restore, restoreHidden }) => restore !== undefined || restoreHidden);
  const lost = new Set(back.lost);
  const names = (of: typeof changes): string =>
    [...of.slice(0, NAMED).map(({ title, key }) => title ?? key), ...(of.length > NAMED ? ['…'] : [])].join(
      ', ',
    );
  const what = `what this run had changed was not confirmed by a new login, and`;
  const not = undone.filter(({ id }) => lost.has(id));
  const message = back.pending
    ? `${what} will be taken back by the host: ${names(undone)}`
    : `${what} was taken back by the host: ${names(undone)}; it is planned again`;
  context.emit({ kind: 'warning', host: host.name, message });
  if (not.length > 0)
    context.emit({
      kind: 'warning',
      host: host.name,
      message: `HAS NOT COME BACK, look at the host: ${names(not)}`,
    });
  for (const { id } of undone) {
    const end: ChangeEnd = { id, ended: 'not_run', rc: -1 };
    ends.set(id, end);
    if (!back.pending) context.diary?.to.ended(host.name, end);
  }
}
