/** The way back of a running FRR: daemons and configuration follow its files once more. */
import { sh } from '../../base/sh.ts';
import type { Key } from '../../model/key.ts';
import type { Back, Undoing } from '../../model/resource.ts';
import type { FrrHint, FrrState } from './frr-kind.ts';
import { frrReload } from './frr-reload.ts';

interface Turn {
  /** Daemons that shall not live any more. */
  readonly stopped: readonly string[];
  readonly secret: boolean;
}

/** Once its files are those of before. What ran and stood in no file stays away, as frr-reload would have it. */
export function frrBack(before: FrrState, { stopped, secret }: Turn): Back {
  const { daemons } = before;
  // Stopped by its own unit, or by its package, which go after it.
  if (!before.exists) return { restore: sh`:` };
  return {
    restore: sh`:`,
    // Where a package has brought FRR, it has gone with it.
    finish: sh`[ -x /usr/lib/frr/frr-reload.py ] || exit 0
${frrReload({ daemons, stopped, turn: true, secret })}`,
    leaves: ranBeside(before, secret) ? ['what ran in FRR and did not stand in its file'] : [],
  };
}

/** Of an undo, which has started and stopped the others. */
export function frrForth(_: Key, { before, state, hint }: Undoing<FrrState, FrrHint>): Back {
  const stopped = before.daemons.filter((name) => !state.daemons.includes(name));
  const back = frrBack(state, { stopped, secret: hint?.secret ?? false });
  // One that the undo has stopped is started by its unit's own way back, with its files.
  return back.finish
    ? { ...back, finish: sh`systemctl is-active -q frr.service || exit 0\n${back.finish}` }
    : back;
}

/** True where that cannot be told, too. */
function ranBeside({ file, loaded, surplus, missing }: FrrState, secret: boolean): boolean {
  return file !== loaded && (secret || surplus !== '' || missing === '');
}
