/** What can be asked of a host's network: probes, ways to addresses, evidence; and the keys that they have. */
import type { Key } from '../../model/key.ts';

/** Where a probe starts. */
export interface Origin {
  /** Address or interface. */
  readonly from?: string | undefined;
  readonly vrf?: string | undefined;
  /** Network namespace, as `ip netns` names it. */
  readonly netns?: string | undefined;
  /** ID of a VM or container of this node of Proxmox, which asks by itself: a VM by its agent. */
  readonly guest?: number | undefined;
}

/** An address to which the kernel's way is looked up. */
export interface Target extends Origin {
  readonly to: string;
  /** The way on of what comes in by this interface, from the address `from`. */
  readonly iif?: string | undefined;
}

export type Probe = (
  | {
      readonly kind: 'ping';
      readonly to: string;
      /** Bytes of the whole IP packet; undefined: ping's own 84. */
      readonly size?: number | undefined;
      readonly dontFragment: boolean;
      readonly count: number;
    }
  | { readonly kind: 'tcp'; readonly to: string; readonly port: number }
  | { readonly kind: 'http'; readonly url: string; readonly status: number }
  | { readonly kind: 'session'; readonly to: string; readonly evpn: boolean }
  /** An address that EVPN must know by a route of type 2. */
  | { readonly kind: 'machine'; readonly to: string }
) &
  Origin & {
    /** Seconds to go on trying. */
    readonly wait: number;
  };

/** What is asked of one key: a probe, or what the evidence must hold beyond the basics. */
export type NetworkHint =
  | Probe
  | {
      readonly kind: 'evidence';
      readonly targets: readonly Target[];
      readonly parts: readonly EvidencePart[];
    };

/** `rules`: the packet filter; `routing`: FRR; `flows`: connections that are half open. */
export type EvidencePart = 'rules' | 'routing' | 'flows';

export const EVIDENCE: Key = 'network:evidence';

/** `10.2.1.1 from 10.1.1.1 vrf vrf_site`: names a target within the evidence. */
export function targetName({ to, from, vrf, netns, guest, iif }: Target): string {
  const origins = [...origin('from', from), ...origin('vrf', vrf), ...origin('netns', netns)];
  return [to, ...origins, ...origin('guest', guest), ...origin('iif', iif)].join(' ');
}

function origin(word: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [`${word} ${value}`];
}

/** `network:ping 10.2.1.1 size 1370`: one probe, one key. */
export function probeKey(probe: Probe): Key {
  const wait = probe.wait > 0 ? [`wait ${probe.wait}`] : [];
  return `network:${[probe.kind, ...probeWords(probe), ...wait].join(' ')}`;
}

function probeWords(probe: Probe): readonly string[] {
  switch (probe.kind) {
    case 'ping': {
      const size = probe.size === undefined ? [] : [`size ${probe.size}`];
      return [targetName(probe), ...size, ...(probe.dontFragment ? ['whole'] : []), `${probe.count} times`];
    }
    case 'tcp':
      return [targetName(probe), `port ${probe.port}`];
    case 'http':
      return [targetName({ ...probe, to: probe.url }), `status ${probe.status}`];
    case 'session':
      return [probe.to, ...(probe.evpn ? ['evpn'] : [])];
    case 'machine':
      return [probe.to];
  }
}

/** The answer to the first holds all that the second asks for. */
export function coversAsk(asked: NetworkHint | undefined, wanted: NetworkHint | undefined): boolean {
  if (wanted === undefined) return true;
  if (asked?.kind !== 'evidence' || wanted.kind !== 'evidence')
    return JSON.stringify(asked) === JSON.stringify(wanted);
  const targets = new Set(asked.targets.map(targetName));
  const parts = new Set(asked.parts);
  return (
    wanted.targets.every((target) => targets.has(targetName(target))) &&
    wanted.parts.every((part) => parts.has(part))
  );
}
