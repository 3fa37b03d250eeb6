/** An undo can cut us off as any run: what of it is confirmed by a new login, and how its host takes it back. */
import { sh } from '../../base/sh.ts';
import { type Key, keyId, keyKind } from '../../model/key.ts';
import type { State } from '../../model/kind.ts';
import type { Back, Draft } from '../../model/resource.ts';
import { fileBack } from '../../resources/file/file-back.ts';
import type { FileState } from '../../resources/file/file-state.ts';
import { bothBack, keptBack } from '../../resources/file/kept-back.ts';
import { nftBack } from '../../resources/nft/nft-back.ts';
import type { NftTableState } from '../../resources/nft/nft-table.ts';
import { keepNetwork, networkAgain } from '../../resources/unit/network-keep.ts';
import { unitBack } from '../../resources/unit/unit-back.ts';
import type { UnitVerb } from '../../resources/unit/unit-command.ts';
import type { UnitState } from '../../resources/unit/unit-kind.ts';
import { runningBack } from '../../resources/wireguard/wireguard-back.ts';
import type { PastChange } from './past-change.ts';

/** Packages may take so long, in milliseconds, and must not be ended in their middle. */
const LONG_MS = 300_000;
const SHORT_MS = 60_000;

export interface Cutting {
  readonly some: boolean;
  /** For a draft that takes these back. */
  of(changes: readonly PastChange[]): Pick<Draft, 'cuts' | 'along'>;
}

/**
 * Where anything of it can cut, all of it is written and confirmed as one: in between, a thing is neither as before nor
 * as after.
 */
export function cutting(all: readonly PastChange[]): Cutting {
  const along = all.some(({ opaque }) => opaque) ? LONG_MS : SHORT_MS;
  const some = all.some(({ cuts }) => cuts !== undefined);
  return {
    some,
    of(changes) {
      const cuts = changes.findLast((change) => change.cuts !== undefined)?.cuts;
      return some ? { along, ...(cuts === undefined ? {} : { cuts }) } : {};
    },
  };
}

interface Turn {
  readonly before: State;
  /** As it is now. */
  readonly state: State;
  readonly id: number;
}

/** The way back of the undo itself, where the state tells it or the host can keep it; of the rest that is another run of the runbook. */
export function forth(key: Key, turn: Turn): Pick<Draft, 'inverse' | 'back'> {
  const back = forthBack(key, turn);
  return back ? { inverse: 'yes', back } : { inverse: 'no' };
}

function forthBack(key: Key, { before, state, id }: Turn): Back | undefined {
  const name = keyId(key);
  switch (keyKind(key)) {
    case 'file':
      return fileBack({ path: name }, state as FileState, id);
    case 'nft-table': {
      const [family = '', table = ''] = name.split(' ');
      return nftBack({ family, name: table }, state.exists ? (state as NftTableState).text : undefined);
    }
    case 'unit':
      return unitBack(name, state as UnitState, verbsTo(before as UnitState, state as UnitState), id);
    case 'wireguard':
      return runningBack(name, id);
    case 'wireguard-conf':
      return bothBack(keptBack([`/etc/wireguard/${name}.conf`], id), runningBack(name, id));
    case 'link':
      // One that comes or goes is made by its step.
      return state.exists && before.exists
        ? { save: keepNetwork(id), restore: sh`tb_rc=0\n${networkAgain(id, true)}\nexit $tb_rc` }
        : undefined;
    default:
      return undefined;
  }
}

/** What an undo does to a unit, as far as its state tells. */
function verbsTo(before: UnitState, now: UnitState): readonly UnitVerb[] {
  const runs = (state: UnitState): boolean => state.active === 'active' || state.active === 'reloading';
  const verbs: UnitVerb[] = [];
  if (before.file !== now.file && now.file === 'enabled') verbs.push('disable');
  if (before.file === 'enabled' && now.file !== 'enabled') verbs.push('enable');
  if (runs(now) !== runs(before)) verbs.push(runs(now) ? 'stop' : 'start');
  return verbs;
}
