/** The way back of MTUs that were set together. */
import { join, sh } from '../../base/sh.ts';
import type { Back, Cut } from '../../model/resource.ts';

/**
 * `before`: bytes by interface, also of what lies upon those that are set and may follow them. Each bounds the other, so
 * they are gone over twice, and only what differs is set: a bridge that was told its MTU follows its ports no more.
 */
export function mtuBack(before: ReadonlyMap<string, number>): Back {
  const lines = [...before].map(
    ([name, bytes]) =>
      sh`[ ! -e /sys/class/net/${name} ] || [ "$(cat /sys/class/net/${name}/mtu)" = ${bytes} ] || ip link set dev ${name} mtu ${bytes} || rc=1`,
  );
  return {
    restore: join([sh`for pass in 1 2 3; do rc=0`, ...lines, sh`[ $rc != 0 ] || break; done; exit $rc`]),
  };
}

/** Packets that grow longer than their way takes are lost without a word. */
export function mtuCuts(names: readonly string[]): { readonly cuts?: Cut } {
  return names.every((name) => name === 'lo') ? {} : { cuts: 'address' };
}
