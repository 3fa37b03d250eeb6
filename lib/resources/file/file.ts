/** A file in a desired state: its content, owner and mode, or its absence. */

import { known, Unknown, Untold } from '../../base/unknown.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { planAttributes } from './file-attribute.ts';
import { planContent, refuseOthers } from './file-change.ts';
import { type Content, type ContentValue, contentOf } from './file-content.ts';
import { fileKind } from './file-kind.ts';
import { type Ownership, ownerUses, planOwner } from './file-owner.ts';
import { parentUse } from './file-parent.ts';
import { removeFile } from './file-remove.ts';
import { type FileHint, type FileState, fileKey, plainPath } from './file-state.ts';

export interface FileWish extends Ownership {
  /** The whole content. */
  readonly content?: ContentValue | undefined;
  /** The content of a new file; one that is there keeps its own. Not beside `content`. */
  readonly seed?: ContentValue | undefined;
  /** A command that checks the new content before it is installed; `%s` stands for the path to check. */
  readonly validate?: string | undefined;
  /** A symlink is followed, what it points to is changed; else it is refused. */
  readonly follow?: boolean | undefined;
  /** Overwritten in place instead of renamed over: for bind mounts. Not atomic. */
  readonly inplace?: boolean | undefined;
  /** It shall not be there. */
  readonly absent?: boolean | undefined;
}

/** The file `path`, an absolute path. Throws PlanError for paths, modes and checks that cannot be meant. */
export function file(path: string, wish: FileWish): Resource<FileState, FileHint> {
  const place = plainPath(path);
  if (wish.validate !== undefined && !wish.validate.includes('%s')) {
    throw new PlanError(
      '`validate` does not say what to check',
      'put %s where the path of the new file belongs',
    );
  }
  const value = wish.content ?? wish.seed;
  const content = value === undefined || value instanceof Unknown ? undefined : contentOf(value);
  return {
    kind: fileKind,
    key: fileKey(place),
    hint: hintOf(wish, content),
    ...(value instanceof Unknown ? { unknown: value } : {}),
    uses: wish.absent ? [] : [...parentUse(place), ...ownerUses(wish)],
    plan(state, at, now) {
      if (wish.absent) return removeFile(place, state, now);
      if (value instanceof Unknown) known(value);
      refuseOthers(place, state, wish);
      const keep = state.exists && wish.content === undefined;
      if (!keep && content === undefined) {
        throw new PlanError(`${place} is not there`, 'say its `content`, or make it in an earlier step');
      }
      if (!keep && state.sha256 instanceof Untold) known(state.sha256);
      return keep || content === undefined || state.sha256 === content.sha256
        ? planAttributes(place, state, planOwner(state, wish, at), wish.follow ?? false)
        : planContent(place, wish, content, state, at, now);
    },
  };
}

function hintOf(wish: FileWish, content: Content | undefined): FileHint {
  const follow = wish.follow ? { follow: true } : {};
  // What is removed may have been a secret: it is not looked into, a copy stays on the host.
  if (wish.absent) return { need: 'sum' };
  if (wish.content === undefined) return { need: 'stat', ...follow };
  if (content?.secret) return { need: 'sum', secret: true, ...follow };
  if (content?.upload) return { need: 'sum', ...follow };
  return content ? { need: 'differs', sha256: content.sha256, ...follow } : { need: 'content', ...follow };
}
