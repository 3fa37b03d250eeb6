/** Forwarding and reverse path filtering, as the kernel computes them. */
import type { Fault } from './diagnosis.ts';
import type { Evidence } from './network-state.ts';

type Sysctls = Evidence['sysctls'];

export const STRICT = 1;

/** What holds for an interface is the greater of `all` and its own value; undefined without such an interface. */
export function effectiveRpFilter(sysctls: Sysctls, link: string): number | undefined {
  const own = sysctls[`${link}.rp_filter`];
  return own === undefined ? undefined : Math.max(Number(own), Number(sysctls['all.rp_filter'] ?? 0));
}

export function rpFilterFault(
  sysctls: Sysctls,
  link: string,
  allowed: readonly number[] = [0, 2],
): Fault | undefined {
  const value = effectiveRpFilter(sysctls, link);
  if (value === undefined || allowed.includes(value)) return undefined;
  const all = sysctls['all.rp_filter'] ?? '0';
  const own = sysctls[`${link}.rp_filter`] ?? '0';
  const meaning =
    value === STRICT
      ? ', strict: packets whose way back is another interface, as in an overlay, are dropped'
      : '';
  const guilty = Number(all) === value ? 'all' : link;
  return {
    cause: `rp_filter is ${value} on ${link} (the greater of all = ${all} and ${link} = ${own})${meaning}`,
    hint: `set net.ipv4.conf.${guilty.replaceAll('.', '/')}.rp_filter to ${allowed[0] ?? 0} with the task sysctl`,
  };
}

/** `link`: an interface whose own switch counts, too. */
export function forwardingFault(sysctls: Sysctls, link?: string): Fault | undefined {
  if (sysctls.ip_forward === '0') {
    return {
      cause: 'forwarding is off: net.ipv4.ip_forward is 0, so this host passes no packet on',
      hint: 'set net.ipv4.ip_forward to 1 with the task sysctl',
    };
  }
  if (link === undefined || sysctls[`${link}.forwarding`] !== '0') return undefined;
  return {
    cause: `forwarding is off on ${link}: net.ipv4.conf.${link.replaceAll('.', '/')}.forwarding is 0, so what comes in by it is not passed on`,
    hint: `set net.ipv4.conf.${link.replaceAll('.', '/')}.forwarding to 1 with the task sysctl`,
  };
}
