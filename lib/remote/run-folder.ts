/** Where a host keeps the journal, the spools and the backups of one attempt at a stretch. */
import { type Sh, sh } from '../base/sh.ts';
import type { ApplyJob } from './contract.ts';

/** As a shell word. Attempts differ, so no journal is ever taken for another's. */
export function runFolder(job: ApplyJob, attempt: number): Sh {
  const stretch = attempt === 0 ? `${job.stretch}` : `${job.stretch}.${attempt}`;
  return sh`"\${TB_STATE:?}"/runs/${job.run}/${stretch}`;
}
