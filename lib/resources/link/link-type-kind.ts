/** Whether a kernel can make links of a type: its module is there, or can be loaded. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { type At, PlanError } from '../../model/resource.ts';

/** `exists`: links of that type can be made. */
export interface LinkTypeState extends State {
  /** The running kernel, for people. */
  readonly kernel: string;
}

/**
 * Only for `vrf` an answer is looked for: the module has a version, so it stands in /sys/module even where it is built in,
 * and a container sees there what its machine has loaded. Bridges and VXLAN are in every kernel that does networking
 * in earnest, often without any trace.
 */
export const linkTypeKind: Kind<LinkTypeState> = {
  name: 'link-type',
  limitMs: 10_000,
  absent: { exists: false, kernel: '' },
  read(wants) {
    const types = wants.map(({ key }) => keyId(key));
    return sh`read -r tb_kernel </proc/sys/kernel/osrelease; printf '%s\\n' "$tb_kernel"
for tb_type in ${types}; do
if [ "$tb_type" != vrf ] || [ -d "/sys/module/$tb_type" ] || modprobe -n -q "$tb_type" >/dev/null 2>&1
then printf '@can %s\\n' "$tb_type"; else printf '@cannot %s\\n' "$tb_type"; fi
done`;
  },
  parse(out, wants) {
    const [kernel = '', ...lines] = out.toString('utf8').split('\n');
    return wants.map(({ key }): Reading<LinkTypeState> => {
      const type = keyId(key);
      if (lines.includes(`@can ${type}`)) return { key, state: { exists: true, kernel } };
      if (lines.includes(`@cannot ${type}`)) return { key, state: { exists: false, kernel } };
      return { key, unreadable: 'what the kernel can do was not told' };
    });
  },
  review: ({ exists }) => ({ counts: { exists }, shown: { exists } }),
};

export function linkTypeRef(type: string): Ref<LinkTypeState> {
  return { kind: linkTypeKind, key: `link-type:${type}` };
}

/** Throws PlanError where links of that type cannot be made. */
export function kernelHas(type: string, at: At): void {
  const state = at<LinkTypeState>(linkTypeRef(type).key);
  if (state === undefined || state instanceof Unknown || state.exists) return;
  throw new PlanError(
    `kernel ${state.kernel} cannot make links of type ${type}${type === 'vrf' ? ' (VRF devices)' : ''}`,
    type === 'vrf'
      ? 'leave the name out of `vrf` (name: ""): the fabric is then routed in the main table of the host; or boot a kernel with the module vrf (in a container: load it on the machine that runs it)'
      : `load the module ${type} in an earlier step`,
  );
}
