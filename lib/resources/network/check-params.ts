/** Parameters that checks share: where a probe starts, how long it goes on, and the hosts that it asks. */

import { parseAddress } from '../../base/ip-address.ts';
import { known } from '../../base/unknown.ts';
import type { ParamFault, TaskContext } from '../../model/task.ts';

/** Where packets start. */
export const ORIGIN = {
  from: {
    type: 'string',
    pattern: '^[A-Za-z0-9:._][A-Za-z0-9:._/@-]*$',
    $comment: 'must be an address or the name of an interface',
    description:
      'Address or interface of this host that packets leave from. Left out: as the kernel chooses.',
  },
  vrf: {
    type: 'string',
    pattern: '^([A-Za-z0-9._][A-Za-z0-9._-]{0,14})?$',
    $comment: 'must be the name of a VRF: at most 15 characters',
    description: 'VRF to send from; empty for none.',
  },
  netns: {
    type: 'string',
    pattern: '^([A-Za-z0-9._][A-Za-z0-9._-]*)?$',
    $comment: 'must be the name of a network namespace',
    description: 'Network namespace of the host (`ip netns`) to send from; empty for none.',
  },
  guest: {
    type: 'integer',
    minimum: 100,
    maximum: 999_999_999,
    description:
      'ID of a VM or container of this node of Proxmox to send from. A VM must have the guest agent (qemu-guest-agent) and Linux; not with `vrf` or `netns`.',
  },
} as const;

/** A guest has namespaces and VRFs of its own. */
export function originFaults({
  vrf,
  netns,
  guest,
}: Readonly<Record<string, unknown>>): readonly ParamFault[] {
  const beside = [
    ['vrf', vrf],
    ['netns', netns],
  ] as const;
  if (guest === undefined) return [];
  return beside.flatMap(([name, value]): readonly ParamFault[] =>
    typeof value !== 'string' || value === ''
      ? []
      : [
          {
            path: [name],
            message: `\`${name}\` is one of this host, and \`guest\` asks from within a machine`,
            hint: 'leave one of the two out',
          },
        ],
  );
}

/** How long to go on trying. */
export function waiting<const N extends number>(seconds: N) {
  return {
    type: 'number',
    minimum: 0,
    maximum: 60,
    default: seconds,
    description:
      'Seconds to go on trying before it counts as failed. All checks of a host wait side by side, and only as long as something is not in order.',
  } as const;
}

/** An address or name that no program takes for an option. */
export const GOAL = {
  type: 'string',
  pattern: '^[A-Za-z0-9:][A-Za-z0-9:._/%-]*$',
  $comment: 'must be an address or a name',
} as const;

export const PEERS = {
  type: 'string',
  format: 'host-group',
  description: 'Group of the hosts that are asked; this host itself is left out.',
} as const;

/** Either `to`, or `peers` with the parameter in which each of them says its own address. */
export const GOAL_RULES = [
  { oneOf: [{ required: ['to'] }, { required: ['peers'] }] },
  { dependentRequired: { peers: ['address'], address: ['peers'] } },
] as const;

export interface OriginParams {
  readonly from?: string;
  readonly vrf?: string;
  readonly netns?: string;
  readonly guest?: number;
}

/** An address with a prefix length stands for itself, an empty name for none. */
export function originOf({ from, vrf, netns, guest }: OriginParams): OriginParams {
  return {
    ...(guest === undefined ? {} : { guest }),
    ...(from === undefined || from === '' ? {} : { from: plainAddress(from) }),
    ...(vrf === undefined || vrf === '' ? {} : { vrf }),
    ...(netns === undefined || netns === '' ? {} : { netns }),
  };
}

/** `10.1.0.1/32`, or a list of such, as the first address without its prefix length. */
export function plainAddress(value: unknown): string {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first.replace(/\/\d+$/, '') : '';
}

export interface PeerValue {
  readonly name: string;
  /** The parameter as the step has it on that host; undefined where the step does not run there. */
  readonly value: unknown;
}

/** A parameter of this step, or of another one, as every other host of the group has it. */
export function peerValues(
  ctx: TaskContext,
  group: string,
  param: string,
  step = ctx.stepId,
): readonly PeerValue[] {
  return ctx
    .hosts(group)
    .filter(({ name }) => name !== ctx.host.name)
    .map(({ name }) => {
      const params = ctx.params(step, name);
      return { name, value: params === undefined ? undefined : params[param] };
    });
}

/** Peers with the address that the step has on them. Throws UnknownUsed for one that rests on facts not read yet. */
export function peerAddresses(
  ctx: TaskContext,
  group: string,
  param: string,
  step = ctx.stepId,
): readonly { readonly name: string; readonly address: string }[] {
  return peerValues(ctx, group, param, step).map(({ name, value }) => ({
    name,
    address: plainAddress(known(value)),
  }));
}

/** Peers on which the step does not run, or has no address to ask for. */
export function peerFaults(
  ctx: TaskContext,
  group: string,
  param: string,
  step = ctx.stepId,
): readonly ParamFault[] {
  return peerValues(ctx, group, param, step).flatMap(({ name, value }): readonly ParamFault[] => {
    const sure = value === undefined || typeof value === 'string' || Array.isArray(value);
    if (!sure || parseAddress(plainAddress(value)) !== undefined) return [];
    const hint = 'take a group whose hosts all run the step, and give each of them that address';
    if (value === undefined) {
      return [{ path: ['peers'], message: `${name} is a peer, but has no \`${param}\` in this step`, hint }];
    }
    return [
      { path: [param], message: `\`${param}\` of ${name} is not an IP address: ${String(value)}`, hint },
    ];
  });
}
