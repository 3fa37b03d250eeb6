/** Text that reads in the middle of a script, for those who wait for one of its changes. */
import { join, type Sh, sh } from '../base/sh.ts';
import type { ApplyChange } from './contract.ts';
import { worldText } from './hello.ts';
import { groupText, type JobName, partsText } from './read-text.ts';

/** Parts right after a change, in a group of their own: one that hangs is ended without ending the changes. */
export function thenText(name: JobName, change: ApplyChange, mark: string): Sh {
  const job = groupText(name, partsText(name, change.then ?? []), sh`7`);
  return join([
    sh`if [ $tbgo = 1 ] && tb_up; then (`,
    sh`TB_CHANGE=${mark}; export TB_CHANGE`,
    worldText(),
    sh`exec >&5 7>&6 5>&- 6>&-`,
    job,
    sh`) 2>/dev/null; fi`,
  ]);
}
