/** The change of owner and mode alone, of a file or a folder. */
import { sh } from '../../base/sh.ts';
import type { Draft } from '../../model/resource.ts';
import { attributesBack, fileCuts } from './file-back.ts';
import type { OwnerPlan } from './file-owner.ts';
import type { FileState } from './file-state.ts';
import { EXPLAIN, octal, pathVariable } from './file-write.ts';

/** The change of owner and mode alone, of anything but a symlink; null when there is nothing to change. */
export function planAttributes(
  path: string,
  state: FileState,
  owner: OwnerPlan,
  follow: boolean,
): Draft<FileState> | null {
  if (owner.diff.length === 0) return null;
  const chown = owner.chown === undefined ? sh`` : sh`chown -h ${owner.chown} "$p" || ${EXPLAIN}\n`;
  const chmod = owner.chmod === undefined ? sh`` : sh`chmod ${octal(owner.chmod)} "$p" || ${EXPLAIN}\n`;
  return {
    action: 'update',
    summary: fieldsSummary(owner),
    diff: owner.diff,
    after: { ...state, ...owner.after },
    run: sh`${pathVariable(path, follow)}\n${chown}${chmod}`,
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: attributesBack(path, state, follow),
    ...fileCuts(path),
  };
}

/** `mode 0644 → 0640, owner root → frr` */
export function fieldsSummary(owner: OwnerPlan): string {
  return owner.diff
    .flatMap((each) => (each.kind === 'field' ? [`${each.name} ${each.from} → ${each.to}`] : []))
    .join(', ');
}
