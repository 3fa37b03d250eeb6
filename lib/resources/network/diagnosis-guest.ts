/** A guest of Proxmox that was to ask, and could not be asked to. */
import type { Fault } from './diagnosis.ts';

/** `unheard`: what `qm` or `pct` said of it. */
export function guestFault(
  guest: number | undefined,
  { unheard }: { readonly unheard?: string },
): Fault | undefined {
  if (guest === undefined || unheard === undefined) return undefined;
  const cause = `nothing can be asked from within guest ${guest}: ${unheard}`;
  if (/not found/.test(unheard))
    return { cause, hint: 'this host has neither `qm` nor `pct`: is it a node of Proxmox?' };
  if (/agent/i.test(unheard)) {
    return {
      cause,
      hint: 'install qemu-guest-agent in the VM, and set `agent: true` in pve_vm; without it say so in the inventory, and leave the step out',
    };
  }
  return { cause, hint: 'see whether it runs on this node: qm list, pct list' };
}
