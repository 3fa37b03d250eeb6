/** Where changes keep what their way back needs: with the run's spools, or longer where an undo may ask for it. */
import { type Sh, sh } from '../base/sh.ts';
import type { ApplyJob } from './contract.ts';
import { backupFolder } from './run-folder.ts';

/** Days after which nobody undoes a run any more. */
const KEPT_DAYS = 30;

/** Sets and makes `$TB_BACKUP`. `users`: other accounts have folders of their own beside it. */
export function backupText(job: ApplyJob, attempt: number, users: boolean): Sh {
  const open = users ? sh`; chmod 711 "\${TB_BACKUP%/*}" "\${TB_BACKUP%/*/*}"` : sh``;
  return sh`TB_BACKUP=${backupFolder(job, attempt)}; mkdir -p "$TB_BACKUP"${open}`;
}

/** Takes away what nobody will ask for: copies of a month ago. */
export function forgetText(): Sh {
  return sh`[ ! -d "$TB_STATE/undo" ] || find "$TB_STATE/undo" -mindepth 1 -maxdepth 1 -mtime +${KEPT_DAYS} -exec rm -rf {} +`;
}
