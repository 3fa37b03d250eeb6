/** The way back of a running WireGuard interface: its keys and peers as wg tells them, kept on the host alone. */
import { join, sh } from '../../base/sh.ts';
import type { Back } from '../../model/resource.ts';
import type { LinkState } from '../link/link-state.ts';

/** Keys, port, mark and peers; sessions of peers that are the same go on. Nothing is done where none was running. */
export function runningBack(name: string, now: number): Back {
  const kept = sh`"\${TB_BACKUP:?}"/${now}.wg`;
  return {
    save: sh`if wg show ${name} public-key >/dev/null 2>&1; then ( umask 077; wg showconf ${name} >${kept} ) || exit 1; fi`,
    restore: sh`[ ! -e ${kept} ] || wg syncconf ${name} ${kept}`,
  };
}

/** An interface that somebody had brought up by hand, with its addresses and routes. */
export function removedWireguardBack(name: string, before: LinkState, now: number): Back {
  const kept = sh`"\${TB_BACKUP:?}"/${now}.wg`;
  return {
    save: sh`[ -e /sys/class/net/${name} ] || exit 0; ( umask 077; wg showconf ${name} >${kept} ) || exit 1`,
    restore: join([
      sh`[ -e ${kept} ] || exit 0`,
      sh`[ -e /sys/class/net/${name} ] || ip link add dev ${name} type wireguard 2>/dev/null || wireguard-go ${name} || exit 1`,
      sh`wg setconf ${name} ${kept} && ip link set dev ${name} mtu ${before.mtu} || exit 1`,
      ...before.addresses.map((each) => sh`ip address replace ${each} dev ${name} || exit 1`),
      ...(before.up ? [sh`ip link set dev ${name} up || exit 1`] : []),
      ...before.routes.map((route) => {
        const six = route.split(' ')[0]?.includes(':') ? '-6' : '-4';
        return sh`ip ${six} route replace ${route.split(' ')} dev ${name} || exit 1`;
      }),
      sh`:`,
    ]),
    leaves: [`rules of routing that lead into ${name}, which was brought up by hand`],
  };
}
