/** What can be asked of a host's network: probes, ways to addresses, evidence; and the keys that they have. */
import type { Key } from '../../model/key.ts';

/** Where a probe starts. */
export interface Origin {
  /** Address or interface. */
  readonly from?: string | undefined;
  readonly vrf?: string | undefined;
  /** Network namespace, as `ip netns` names it. */
  readonly netns?: string | undefined;
}

/** An address to which the kernel's way is looked up. */
export interface Target extends Origin {
  readonly to: string;
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
      /** `rules`: the packet filter; `routing`: FRR. */
      readonly parts: readonly ('rules' | 'routing')[];
    };

export const EVIDENCE: Key = 'network:evidence';

/** `10.2.1.1 from 10.1.1.1 vrf vrf_site`: names a target within the evidence. */
export function targetName({ to, from, vrf, netns }: Target): string {
  return [to, ...origin('from', from), ...origin('vrf', vrf), ...origin('netns', netns)].join(' ');
}

function origin(word: string, value: string | undefined): readonly string[] {
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
