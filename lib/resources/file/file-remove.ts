/** The change that removes a file or a symlink. */
import { sh } from '../../base/sh.ts';
import { type Draft, PlanError } from '../../model/resource.ts';
import { sshdFileTrial } from '../lockout/sshd-trial.ts';
import { fileBack, fileCuts } from './file-back.ts';
import { contentDifference } from './file-content.ts';
import { unchanged } from './file-guard.ts';
import { ABSENT_FILE, type FileState } from './file-state.ts';
import { EXPLAIN } from './file-write.ts';

/** Null when it is not there. A folder is refused: that takes the task `directory`. `now` names the kept copy. */
export function removeFile(path: string, state: FileState, now: number): Draft<FileState> | null {
  if (!state.exists) return null;
  if (state.type === 'directory') {
    throw new PlanError(`${path} is a folder, not a file`, 'remove it with the task `directory`');
  }
  const link = state.type === 'symlink';
  const back = fileBack({ path }, state, now);
  const run = sh`p=${path}
rm -f "$p" || ${EXPLAIN}`;
  return {
    action: 'delete',
    summary: link ? `remove the link to ${state.target}` : 'remove the file',
    diff: link
      ? [{ kind: 'field', name: 'target', from: state.target, to: 'none' }]
      : [contentDifference(path, state, undefined)],
    after: ABSENT_FILE,
    run,
    ...sshdFileTrial(path, run),
    ...(typeof state.sha256 === 'string' && state.sha256 !== ''
      ? { guard: unchanged(path, state, false, false) }
      : {}),
    effects: [],
    // What was reached through a link is not reached any more.
    opaque: link,
    ...fileCuts(path),
    ...(back ? { inverse: 'yes', back } : { inverse: 'no' }),
  };
}
