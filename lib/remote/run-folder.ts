/** Where a host keeps the journal, the spools and the backups of one attempt at a stretch. */
import { type Sh, sh } from '../base/sh.ts';
import type { ApplyJob } from './contract.ts';

/** As a shell word. Attempts differ, so no journal is ever taken for another's. */
export function runFolder(job: Pick<ApplyJob, 'run' | 'stretch'>, attempt: number): Sh {
  return sh`"\${TB_STATE:?}"/runs/${job.run}/${attemptName(job, attempt)}`;
}

/** `2`, `2.1`. */
export function attemptName(job: Pick<ApplyJob, 'run' | 'stretch'>, attempt: number): string {
  return attempt === 0 ? `${job.stretch}` : `${job.stretch}.${attempt}`;
}

/**
 * `$TB_BACKUP`, as a shell word, given the run's own folder as `$tbr`: what a way back needs is kept for an undo, too, and
 * outlives the run's own folder.
 */
export function backupFolder(job: ApplyJob, attempt: number): Sh {
  if (!job.changes.some(({ save }) => save)) return sh`"$tbr"/backup`;
  return sh`"\${TB_STATE:?}"/undo/${job.run}/${attemptName(job, attempt)}`;
}
