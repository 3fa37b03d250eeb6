/** Checks of kernel parameters: as they are wanted, and as the kernel computes them for an interface. */
import type { At, Resource } from '../../model/resource.ts';
import { plainValue, type SysctlState, sysctlKey, sysctlKind } from '../kernel/sysctl-kind.ts';
import { plainSysctl, sysctlModule } from '../kernel/sysctl-name.ts';
import { check, given } from './check.ts';
import { effectiveRpFilter, forwardingFault, rpFilterFault } from './diagnosis-sysctl.ts';

export function checkSysctl(name: string, value: string): Resource<SysctlState> {
  const plain = plainSysctl(name);
  const wanted = plainValue(value);
  return check<SysctlState, unknown>({
    kind: sysctlKind,
    key: sysctlKey(name),
    title: plain,
    judge(state) {
      if (!state.exists) {
        const module = sysctlModule(plain);
        return {
          cause: `this kernel has no parameter ${plain}${module === undefined ? '' : `: the module ${module} is not loaded`}`,
          hint: module === undefined ? 'check the name' : `load it with the task kernel_module: ${module}`,
        };
      }
      if (state.value === wanted) return undefined;
      return { cause: sysctlCause(plain, state.value, wanted), hint: SET };
    },
    seen: () => `${plain} = ${wanted}`,
  });
}

const SET =
  'set it with the task sysctl, in a file that sorts after all others: /etc/sysctl.d/zz-….conf; `sysctl -a` shows what holds now';

/** The words that people know, before the figures. */
function sysctlCause(plain: string, value: string, wanted: string): string {
  const figures = `${plain} is ${value === '' ? 'empty' : value}, not ${wanted}`;
  if (/^net\.ipv4\.(ip_forward|conf\..*\.forwarding)$|^net\.ipv6\.conf\..*\.forwarding$/.test(plain))
    return value === '0' ? `forwarding is off: ${figures}` : figures;
  if (plain.endsWith('.rp_filter') && value === '1') return `rp_filter is strict: ${figures}`;
  return figures;
}

/** `allowed`: the values that rp_filter may have in effect. */
export function checkForwarding(link: string, allowed: readonly number[]): Resource<SysctlState> {
  const own = (name: string) => sysctlKey(`net.ipv4.conf.${link.replaceAll('.', '/')}.${name}`);
  const all = sysctlKey('net.ipv4.conf.all.rp_filter');
  const ip = sysctlKey('net.ipv4.ip_forward');
  const forwarding = own('forwarding');
  const read = (state: SysctlState, at: At) => ({
    [`${link}.rp_filter`]: state.value,
    'all.rp_filter': given(at<SysctlState>(all))?.value ?? '0',
    ip_forward: given(at<SysctlState>(ip))?.value ?? '0',
    [`${link}.forwarding`]: given(at<SysctlState>(forwarding))?.value ?? '1',
  });
  return check<SysctlState, unknown>({
    kind: sysctlKind,
    key: own('rp_filter'),
    title: link,
    reads: [all, ip, forwarding].map((key) => ({ kind: sysctlKind, key })),
    judge(state, at) {
      if (!state.exists) {
        return {
          cause: `the interface ${link} is not there`,
          hint: 'run the runbook that makes it, or check the name: `ip -br link` lists those that are',
        };
      }
      const sysctls = read(state, at);
      return forwardingFault(sysctls, link) ?? rpFilterFault(sysctls, link, allowed);
    },
    seen: (state, at) => `${link} forwards, rp_filter ${effectiveRpFilter(read(state, at), link)}`,
  });
}
