/** Chains of nftables that lower the segment size of TCP connections. */
import type { NftChain } from './nft-table.ts';

const MANGLE = -150;

/**
 * By interface `path-mtu` or a size in bytes. Forwarded connections are met in both directions, as each end says in
 * its own SYN what it can take; `rt mtu` is the smaller one of the ways forth and back. Those of the host itself only
 * on their way out: what comes in was lowered by the other end's host, or by the route there.
 */
export function mssChains(interfaces: Readonly<Record<string, number | 'path-mtu'>>): readonly NftChain[] {
  const rules = (direction: 'iifname' | 'oifname') =>
    Object.entries(interfaces).map(
      ([name, size]) =>
        `${direction} "${name}" tcp flags syn tcp option maxseg size set ${size === 'path-mtu' ? 'rt mtu' : size}`,
    );
  const base = (hook: 'forward' | 'output') =>
    ({ type: 'filter', hook, priority: MANGLE, policy: 'accept' }) as const;
  return [
    { name: 'forward', base: base('forward'), rules: [...rules('iifname'), ...rules('oifname')] },
    { name: 'output', base: base('output'), rules: rules('oifname') },
  ];
}
