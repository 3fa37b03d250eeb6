/** Everything that is wrong with a step of task `wireguard` and that can be said before anybody connects. Pure. */
import { Unknown } from '../base/unknown.ts';
import type { ParamFault, TaskContext } from '../model/task.ts';
import { parseCidr } from './ip-address.ts';
import { networkFaults } from './wireguard-fault.ts';
import { memberOf, textsOf, type WireguardMember } from './wireguard-member.ts';
import { paramFaults } from './wireguard-param-fault.ts';
import { topologyOf, type WireguardParams } from './wireguard-params.ts';

export function wireguardFaults(params: WireguardParams, ctx: TaskContext): readonly ParamFault[] {
  const single = paramFaults(params);
  // What follows from one wrong value is not told as well.
  if (single.length > 0) return single;
  const { members, faults } = membersOf(params, ctx);
  const own = memberOf(ctx.host.name, params);
  const everybody = members.some(({ name }) => name === own.name) ? members : [...members, own];
  const outside = new Map(
    Object.entries(params.external_peers ?? {}).map(([name, peer]) => [
      name,
      textsOf(peer.allowed_ips).flatMap((text) => parseCidr(text) ?? []),
    ]),
  );
  return [
    ...faults,
    ...hubFaults(params, members),
    ...networkFaults(own, everybody, topologyOf(params), outside),
  ];
}

function membersOf(
  params: WireguardParams,
  ctx: TaskContext,
): { readonly members: readonly WireguardMember[]; readonly faults: readonly ParamFault[] } {
  if (params.peers === undefined || (params.peers as unknown) instanceof Unknown)
    return { members: [], faults: [] };
  const faults: ParamFault[] = [];
  if (params.key === undefined) {
    faults.push({
      path: ['key'],
      message: 'no step makes the keys of the peers',
      hint: 'put a step of task wireguard_key before this one',
    });
  }
  const members = ctx.hosts(params.peers).flatMap(({ name }): readonly WireguardMember[] => {
    const theirs = name === ctx.host.name ? params : ctx.params(ctx.stepId, name);
    if (theirs instanceof Unknown) return [];
    if (theirs !== undefined) return [memberOf(name, theirs)];
    faults.push({
      path: ['peers'],
      message: `${name} is in the group ${params.peers}, but this step does not run there`,
      hint: 'let the step run on all hosts of the group, or take the host out of it',
    });
    return [];
  });
  return { members, faults };
}

function hubFaults(params: WireguardParams, members: readonly WireguardMember[]): readonly ParamFault[] {
  return (params.hubs ?? []).flatMap((hub, index) => {
    if ((hub as unknown) instanceof Unknown || members.some(({ name }) => name === hub)) return [];
    return [
      {
        path: ['hubs', index],
        message: `${hub} is not in the group ${params.peers}`,
        hint: `name hosts of that group: ${members.map(({ name }) => name).join(', ')}`,
      },
    ];
  });
}
