/** Everything that is wrong with a step of task `wireguard` and that can be said before anybody connects. Pure. */

import { parseCidr } from '../../base/ip-address.ts';
import { Unknown } from '../../base/unknown.ts';
import type { ParamFault, TaskContext } from '../../model/task.ts';
import { networkFaults } from './wireguard-fault.ts';
import { textsOf } from './wireguard-member.ts';
import { type GivenMember, wireguardNetwork } from './wireguard-network.ts';
import { paramFaults } from './wireguard-param-fault.ts';
import { sharedNetwork, topologyOf, type WireguardParams } from './wireguard-params.ts';

export function wireguardFaults(params: WireguardParams, ctx: TaskContext): readonly ParamFault[] {
  const single = paramFaults(params);
  // What follows from one wrong value is not told as well.
  if (single.length > 0) return single;
  const { given, faults } = membersOf(params, ctx);
  const inside = given.some(({ name }) => name === ctx.host.name);
  const network = inside
    ? sharedNetwork(given, ctx)
    : wireguardNetwork([...given, { name: ctx.host.name, params }]);
  const own = network.members[network.position.get(ctx.host.name) ?? -1];
  const outside = new Map(
    Object.entries(params.external_peers ?? {}).map(([name, peer]) => [
      name,
      textsOf(peer.allowed_ips).flatMap((text) => parseCidr(text) ?? []),
    ]),
  );
  return [
    ...faults,
    ...hubFaults(params, given),
    ...(own ? networkFaults(own, network, topologyOf(params), outside) : []),
  ];
}

function membersOf(
  params: WireguardParams,
  ctx: TaskContext,
): { readonly given: readonly GivenMember[]; readonly faults: readonly ParamFault[] } {
  if (params.peers === undefined || (params.peers as unknown) instanceof Unknown)
    return { given: [], faults: [] };
  const faults: ParamFault[] = [];
  if (params.key === undefined) {
    faults.push({
      path: ['key'],
      message: 'no step makes the keys of the peers',
      hint: 'put a step of task wireguard_key before this one',
    });
  }
  const given: GivenMember[] = [];
  for (const { name } of ctx.hosts(params.peers)) {
    const theirs = ctx.params(ctx.stepId, name);
    if (theirs instanceof Unknown) continue;
    if (theirs !== undefined) given.push({ name, params: theirs });
    else faults.push(absent(name, params.peers));
  }
  return { given, faults };
}

function absent(name: string, group: string): ParamFault {
  return {
    path: ['peers'],
    message: `${name} is in the group ${group}, but this step does not run there`,
    hint: 'let the step run on all hosts of the group, or take the host out of it',
  };
}

function hubFaults(params: WireguardParams, members: readonly GivenMember[]): readonly ParamFault[] {
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
