/** The change of a file's content, computed from its state; shared by whole files and by edits of a part. */
import { type At, type Draft, PlanError } from '../../model/resource.ts';
import { sshdFileTrial } from '../lockout/sshd-trial.ts';
import { fieldsSummary } from './file-attribute.ts';
import { fileBack, fileCuts } from './file-back.ts';
import { byteCount, type Content, contentDifference, feed } from './file-content.ts';
import { unchanged } from './file-guard.ts';
import { freshFields, heir, type OwnerPlan, type Ownership, planOwner } from './file-owner.ts';
import { refuseParent } from './file-parent.ts';
import { EDIT_LIMIT, type FileState } from './file-state.ts';
import { writeFile } from './file-write.ts';

/** A link, a folder or a device where a file is wanted is never replaced behind anyone's back. */
export function refuseOthers(
  path: string,
  state: FileState,
  wish: { readonly follow?: boolean | undefined },
): void {
  if (!state.exists || state.type === 'file') return;
  if (state.type === 'symlink') {
    const reason = wish.follow ? 'which leads nowhere' : 'not a file';
    throw new PlanError(
      `${path} is a link to ${state.target}, ${reason}`,
      wish.follow
        ? 'mend the link first'
        : 'set `follow: true` to write what it points to, or remove the link first',
    );
  }
  const what = state.type === 'directory' ? 'a folder' : 'neither a file nor a folder';
  throw new PlanError(
    `${path} is ${what}, not a file`,
    'choose another path, or remove it in an earlier step',
  );
}

export interface ContentWish extends Ownership {
  readonly validate?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly inplace?: boolean | undefined;
}

/** The change of the content, and of owner and mode with it. */
export function planContent(
  path: string,
  wish: ContentWish,
  content: Content,
  state: FileState,
  at: At,
  now: number,
): Draft<FileState> {
  if (!state.exists) refuseParent(path, at);
  const fresh = content.secret ? '0600' : '0644';
  const want = { ...wish, mode: wish.mode ?? (state.exists ? undefined : fresh) };
  const owner = planOwner(state, want, at);
  const { content: _, ...rest } = state;
  const still = unchanged(path, state, content.secret, wish.follow ?? false);
  const run = writeFile({
    path,
    still,
    follow: wish.follow ?? false,
    inplace: wish.inplace ?? false,
    feed: feed(content),
    proof: content.upload ? content.sha256 : undefined,
    chown: heir(state, want, owner),
    mode: owner.after.mode || fresh,
    validate: wish.validate,
  });
  return {
    action: state.exists ? 'update' : 'create',
    summary: contentSummary(content, state, owner, want),
    diff: [contentDifference(path, state, content), ...(state.exists ? owner.diff : [])],
    after: {
      ...rest,
      ...owner.after,
      exists: true,
      type: 'file',
      size: content.size,
      sha256: content.sha256,
      ...(content.bytes !== undefined && !content.secret && content.size <= EDIT_LIMIT
        ? { content: content.bytes }
        : {}),
    },
    run,
    ...sshdFileTrial(path, run),
    guard: still,
    effects: [],
    opaque: false,
    ...(content.upload ? { upload: content.upload } : {}),
    ...wayBack(path, wish, state, now),
  };
}

function wayBack(path: string, { follow, inplace }: ContentWish, before: FileState, now: number) {
  const back = fileBack({ path, follow: follow ?? false, inplace: inplace ?? false }, before, now);
  return { ...fileCuts(path), ...(back ? { inverse: 'yes' as const, back } : { inverse: 'no' as const }) };
}

function contentSummary(content: Content, state: FileState, owner: OwnerPlan, want: Ownership): string {
  const size = content.secret ? 'secret content' : byteCount(content.size);
  if (!state.exists) return `create, ${size}, ${freshFields(owner.after.mode, want)}`;
  const fields = fieldsSummary(owner);
  return `${content.secret ? 'secret content' : 'content'}${fields === '' ? '' : `, ${fields}`}`;
}
