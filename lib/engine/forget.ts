/** A host that is done is let go of: a run of thousands holds what it knows of those at work. */
import type { Life } from './life.ts';

/** Lets go of what nobody asks a host for that is done. `open`: its steps may still be retracted. */
export function forget(life: Life, open: boolean): void {
  life.viewer.release();
  for (const map of [life.picture.states, life.picture.unreadable, life.picture.alias]) map.clear();
  for (const map of [life.foresight.overlay, life.foresight.setBy, life.foresight.voided]) map.clear();
  life.foresight.changed.length = 0;
  for (const map of [life.captured, life.since, life.drifts]) map.clear();
  for (const planned of life.done) if (!open || !planned.handler) life.done.delete(planned);
  life.made.length = 0;
  life.foreseen.changes.length = 0;
  life.foreseen.open.length = 0;
  if (open) return;
  for (const each of [life.ended, life.actsDone, life.changedSteps, life.putOff, life.announced])
    each.clear();
}
