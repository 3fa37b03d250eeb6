/** The folder that a path lies in: it must be there, and be a folder, before anything is made in it. */
import { posix } from 'node:path';
import { Unknown } from '../../base/unknown.ts';
import type { At, Ref } from '../../model/kind.ts';
import { PlanError } from '../../model/resource.ts';
import { fileRef } from './file-kind.ts';
import { type FileHint, type FileState, fileKey } from './file-state.ts';

/** For `uses`: the engine refuses the plan when the folder is not there. */
export function parentUse(path: string): readonly Ref<FileState, FileHint>[] {
  const folder = posix.dirname(path);
  return folder === '/' ? [] : [fileRef(folder)];
}

/** Throws PlanError where something other than a folder (or a link, which may lead to one) is in the way. */
export function refuseParent(path: string, at: At): void {
  const folder = posix.dirname(path);
  const found = at<FileState>(fileKey(folder));
  if (found === undefined || found instanceof Unknown || !found.exists) return;
  if (found.type === 'directory' || found.type === 'symlink') return;
  throw new PlanError(
    `${folder} is not a folder, so ${path} cannot be made in it`,
    'remove it in an earlier step',
  );
}
