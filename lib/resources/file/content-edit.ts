/** A part of a file in a desired state: what is wanted is computed from what is there, so several steps compose. */
import type { Bytes } from '../../base/bytes.ts';
import { sh } from '../../base/sh.ts';
import { known, Unknown, Untold } from '../../base/unknown.ts';
import { type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { planAttributes } from './file-attribute.ts';
import { fileBack } from './file-back.ts';
import { planContent, refuseOthers } from './file-change.ts';
import { contentOf } from './file-content.ts';
import { fileKind } from './file-kind.ts';
import { type Ownership, ownerUses, planOwner } from './file-owner.ts';
import { parentUse } from './file-parent.ts';
import { EDIT_LIMIT, type FileHint, type FileState, fileKey, plainPath } from './file-state.ts';

export interface ContentEdit extends Ownership {
  /** The whole content as it shall be, from the whole content as it is (empty for a file that is not there). Pure. */
  edit(content: Bytes): Bytes;
  /** What it does, one line without the path: `set PermitRootLogin`. */
  readonly summary: string;
  /** What becomes of a file that is not there: made, left alone, or an error. */
  readonly missing: 'create' | 'leave' | 'refuse';
  readonly validate?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly inplace?: boolean | undefined;
}

/** Throws PlanError for a path that cannot be one; planning throws it for content that cannot be edited. */
export function editFile(path: string, wish: ContentEdit): Resource<FileState, FileHint> {
  const place = plainPath(path);
  return {
    kind: fileKind,
    key: fileKey(place),
    hint: { need: 'content', ...(wish.follow ? { follow: true } : {}) },
    uses: wish.missing === 'create' ? [...parentUse(place), ...ownerUses(wish)] : ownerUses(wish),
    plan(state, at, now) {
      refuseOthers(place, state, wish);
      if (!state.exists && wish.missing === 'leave') return null;
      if (!state.exists && wish.missing === 'refuse') {
        throw new PlanError(`${place} is not there`, 'set `create: true`, or make it in an earlier step');
      }
      if (state.exists && state.content instanceof Unknown && !(state.content instanceof Untold))
        return laterEdit(place, state, state.content, wish.summary, now);
      const before = state.exists ? editable(place, state) : ('' as Bytes);
      const after = wish.edit(before);
      if (state.exists && after === before) {
        return planAttributes(place, state, planOwner(state, wish, at), wish.follow ?? false);
      }
      const draft = planContent(place, wish, contentOf(after), state, at, now);
      return { ...draft, summary: state.exists ? wish.summary : `create, ${wish.summary}` };
    },
  };
}

/** In a dry run, of a file that a package will bring: what is done to it is known, and not what it then holds. */
function laterEdit(
  path: string,
  state: FileState,
  content: Unknown,
  summary: string,
  now: number,
): Draft<FileState> {
  const back = fileBack({ path }, state, now);
  return {
    action: 'update',
    summary,
    diff: [{ kind: 'field', name: 'content', from: 'known after apply', to: summary }],
    after: { ...state, size: content, sha256: content, content },
    run: sh`exit 75`,
    guard: sh`exit 75`,
    effects: [],
    opaque: false,
    ...(back ? { inverse: 'yes', back } : { inverse: 'no' }),
  };
}

function editable(path: string, state: FileState): Bytes {
  const content = known(state.content);
  if (content === undefined) {
    const long = typeof state.size === 'number' && state.size > EDIT_LIMIT;
    throw new PlanError(
      long
        ? `${path} is too long for a change of a part of it (${state.size} bytes)`
        : `${path} holds a secret, or its content is not known: a part of it cannot be changed`,
      'write the whole file with the task `file` or `template`',
    );
  }
  if (content.includes('\0')) {
    throw new PlanError(`${path} is not a text file`, 'write the whole file with the task `file` or `copy`');
  }
  return content;
}

/** Lines without their line ends; a last line without one counts, an end after the last line does not. */
export function linesOf(content: Bytes): Bytes[] {
  if (content === '') return [];
  return (content.endsWith('\n') ? content.slice(0, -1) : content).split('\n') as Bytes[];
}

/** Lines as content; the final line end stays missing only where it was and the last line is the same. */
export function linesToContent(lines: readonly Bytes[], before: Bytes): Bytes {
  if (lines.length === 0) return '' as Bytes;
  const open = before !== '' && !before.endsWith('\n') && lines.at(-1) === linesOf(before).at(-1);
  return `${lines.join('\n')}${open ? '' : '\n'}` as Bytes;
}
