/** A change that a run has made on a host, as its journal has it. Plain data. */
import type { Bytes } from '../../base/bytes.ts';
import { quoteBytes, type Sh, sh } from '../../base/sh.ts';
import type { Key } from '../../model/key.ts';
import type { Cut } from '../../model/resource.ts';

export interface PastChange {
  /** Number within the run. */
  readonly id: number;
  readonly stretch: number;
  readonly step: string;
  readonly key: Key;
  readonly title?: string | undefined;
  /** What was shown of the states. */
  readonly before: unknown;
  readonly after: unknown;
  /** `after` was read, and not only planned: then nothing in it stands for what was not known. */
  readonly seen: boolean;
  readonly restore: string;
  readonly finish?: string | undefined;
  /** It kept something on the host. */
  readonly saves: boolean;
  readonly user?: string | undefined;
  readonly cuts?: Cut | undefined;
  readonly hint?: unknown;
  /** What else it has changed nobody can list: a package that brings files. */
  readonly opaque: boolean;
  /** It came to its end as it should: else its key may be anything between before and after. */
  readonly sound: boolean;
}

/** Text that was written down, in the world of its change: a shell of its own, and the folder of what was kept. */
export function pastText(run: string, { stretch, saves, user }: PastChange, text: string): Sh {
  const own = user === undefined ? '' : `.${user}`;
  const find = saves
    ? sh`TB_BACKUP=; for d in "$TB_STATE"/undo/${run}/${stretch} "$TB_STATE"/undo/${run}/${stretch}.[0-9]; do [ ! -d "$d" ] || TB_BACKUP=$d${own}; done
[ -n "$TB_BACKUP" ] || { echo "what run ${run} has kept on this host is gone" >&2; exit 1; }; export TB_BACKUP\n`
    : sh``;
  return sh`( ${find}eval ${quoteBytes(text as Bytes)}
) || exit $?`;
}
