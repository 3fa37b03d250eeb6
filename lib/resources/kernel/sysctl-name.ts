/** Names of kernel parameters: their plain form, their place under /proc/sys, the module that brings them. */
import { PlanError } from '../../model/resource.ts';

/**
 * The plain form: parts joined by dots, a dot within a part (an interface like eth0.100) written as a slash.
 * Names whose first separator is a slash mean it the other way round, as sysctl(8) takes them.
 */
export function plainSysctl(name: string): string {
  const dot = name.indexOf('.');
  const slash = name.indexOf('/');
  const slashed = slash >= 0 && (dot < 0 || slash < dot);
  const plain = slashed ? name.replace(/[./]/g, (each) => (each === '/' ? '.' : '/')) : name;
  if (!/^[\w-][\w:@+-]*(?:[./][\w:@+\-*]+)+$/.test(plain) || plain.includes('..')) {
    throw new PlanError(
      `"${name}" is not the name of a kernel parameter`,
      'write it like net.ipv4.ip_forward',
    );
  }
  return plain;
}

/** Where the running value of a plain name stands. */
export function sysctlPath(plain: string): string {
  return `/proc/sys/${plain.replace(/[./]/g, (each) => (each === '.' ? '/' : '.'))}`;
}

/** The kernel module that brings a parameter, where that is known. */
export function sysctlModule(plain: string): string | undefined {
  if (plain.startsWith('net.bridge.')) return 'br_netfilter';
  if (/^net\.(netfilter\.nf_conntrack|nf_conntrack)/.test(plain)) return 'nf_conntrack';
  if (plain.startsWith('net.mpls.')) return 'mpls_router';
  if (plain.startsWith('net.ipv4.vs.')) return 'ip_vs';
  return undefined;
}
