/** Addresses and interfaces that would go, looked at for a lockout: whether this very session came by one of them. */
import { type Sh, sh } from '../../base/sh.ts';
import { LOCKED_OUT, OR_NOT_TRIED, SESSION_WAY } from './session-way.ts';

export interface Loss {
  /** The interface that it is about. */
  readonly link: string;
  /** Addresses with prefix that are taken away from it. */
  readonly addresses: readonly string[];
  /** The interface itself goes, or is switched off. */
  readonly whole: boolean;
}

/** Text that ends with status {@link LOCKED_OUT} where the next login could not come by the way of this one; else with 0. */
export function tryAddresses({ link, addresses, whole }: Loss): Sh {
  const gone = addresses.map((each) => each.split('/')[0] ?? each);
  const lost = sh`{ echo "this session came to $tb_self, which would go from "${link}; exit ${LOCKED_OUT}; }`;
  const holds = sh`ip -o address show dev ${link} 2>/dev/null | grep -qF " $tb_self/"`;
  return sh`${SESSION_WAY}
${OR_NOT_TRIED}
for tb_word in ${gone.length === 0 ? sh`''` : gone}; do [ "$tb_word" != "$tb_self" ] || ${lost}; done
${whole ? sh`! ${holds} || ${lost}` : sh`:`}
exit 0`;
}
