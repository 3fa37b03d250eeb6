/** What is wrong with the parameters of an overlay beyond their schema, on this host and across its peers. */

import { contains, formatCidr, networkOf, overlaps, parseAddress, parseCidr } from '../../base/ip-address.ts';
import { known } from '../../base/unknown.ts';
import type { ParamFault, TaskContext } from '../../model/task.ts';
import { mtuFault } from '../link/overlay-mtu.ts';
import {
  gatewaysOf,
  isExit,
  overlayMtu,
  routedNames,
  subnetsOf,
  type Underlay,
  underlayOf,
  vrfName,
} from './evpn-overlay.ts';
import type { EvpnNetwork, EvpnParams } from './evpn-params.ts';
import { peerFaults } from './evpn-peer-fault.ts';

export function evpnFaults(params: EvpnParams, ctx: TaskContext): readonly ParamFault[] {
  if (params.state === 'absent') return [];
  known(params.networks);
  const underlay = underlayOf(params, ctx);
  return [
    ...localFaults(params, underlay),
    ...sizeFaults(params, underlay),
    ...nameFaults(params),
    ...vniFaults(params),
    ...tableFaults(params),
    ...params.networks.flatMap((network, index) => gatewayFaults(network, index, underlay)),
    ...overlapFaults(params),
    ...exitFaults(params),
    ...peerFaults(params, underlay, ctx),
  ];
}

function localFaults(params: EvpnParams, { local }: Underlay): readonly ParamFault[] {
  if (local === undefined) {
    return [
      {
        path: [],
        message: 'nothing says which address of this host the overlay runs over',
        hint: 'put a step of task wireguard before it, or say `local`',
      },
    ];
  }
  if (parseAddress(local)) return [];
  const path = params.local === undefined ? [] : ['local'];
  return [
    { path, message: `"${local}" is no IP address`, hint: 'write it without a prefix length: 10.1.0.1' },
  ];
}

function sizeFaults(params: EvpnParams, underlay: Underlay): readonly ParamFault[] {
  const ipv6 = params.networks.some((network) =>
    gatewaysOf(network).some((gateway) => gateway.includes(':')),
  );
  const { mtu: below, overhead } = underlay;
  const fault = mtuFault({ layer: 'VXLAN', mtu: overlayMtu(params, underlay), below, overhead, ipv6 });
  return fault ? [{ path: params.mtu === undefined ? [] : ['mtu'], ...fault }] : [];
}

/** Every interface that the step makes, and what in the parameters it comes from. */
function nameFaults(params: EvpnParams): readonly ParamFault[] {
  const vrf = vrfName(params);
  const routed = params.vrf === undefined ? [] : Object.values(routedNames(params));
  const seen = new Set([...routed, ...(vrf === '' ? [] : [vrf])]);
  return params.networks.flatMap(({ name }, index) => {
    const names = [name, `vx_${name}`];
    const taken = names.find((each) => seen.has(each));
    for (const each of names) seen.add(each);
    if (taken === undefined) return [];
    return [
      {
        path: ['networks', index, 'name'],
        message: `two interfaces would be called ${taken}`,
        hint: 'give each network, and the VRF, a name of its own',
      },
    ];
  });
}

function vniFaults(params: EvpnParams): readonly ParamFault[] {
  const seen = new Map<number, string>();
  if (params.vrf) seen.set(params.vrf.vni, '`vrf`');
  return params.networks.flatMap(({ name, vni }, index) => {
    const other = seen.get(vni);
    seen.set(vni, name);
    if (other === undefined) return [];
    return [
      {
        path: ['networks', index, 'vni'],
        message: `VNI ${vni} is that of ${other} already`,
        hint: 'each network needs a VNI of its own, and what is routed (`vrf`) another',
      },
    ];
  });
}

/** Tables of the kernel's own: routes of the VRF would be those of the host. */
function tableFaults({ vrf }: EvpnParams): readonly ParamFault[] {
  const table = vrf?.table ?? 0;
  if (table < 253 || table > 255) return [];
  return [
    {
      path: ['vrf', 'table'],
      message: `table ${table} is the host's own (default, main, local)`,
      hint: 'choose another number, like 1001',
    },
  ];
}

function gatewayFaults(network: EvpnNetwork, index: number, underlay: Underlay): readonly ParamFault[] {
  const path = ['networks', index, 'gateway'];
  const mac = network.mac !== undefined && (Number.parseInt(network.mac.slice(0, 2), 16) & 1) === 1;
  const macFault = {
    path: ['networks', index, 'mac'],
    message: `${network.mac} is a group address, which no interface can have`,
    hint: 'let it begin with 02',
  };
  return [
    ...(mac ? [macFault] : []),
    ...gatewaysOf(network).flatMap((gateway): readonly ParamFault[] => {
      const reason = badGateway(gateway, underlay);
      return reason ? [{ path, ...reason }] : [];
    }),
  ];
}

function badGateway(gateway: string, { local }: Underlay): Omit<ParamFault, 'path'> | undefined {
  const parsed = parseCidr(gateway);
  if (!parsed || !gateway.includes('/')) {
    return {
      message: `"${gateway}" is no address with a prefix length`,
      hint: 'write the gateway like 10.1.1.1/24',
    };
  }
  const bits = parsed.version === 4 ? 32 : 128;
  const last = networkOf(parsed).value | ((1n << BigInt(bits - parsed.prefix)) - 1n);
  const edge =
    parsed.prefix < bits - 1 &&
    (parsed.value === networkOf(parsed).value || (parsed.version === 4 && parsed.value === last));
  if (edge) {
    return {
      message: `${gateway} is the address of the network itself or of its broadcast`,
      hint: 'take one inside the network, like its first',
    };
  }
  const end = local === undefined ? undefined : parseAddress(local);
  if (end && contains(parsed, end)) {
    return {
      message: `the tunnel’s own address ${local} lies in ${formatCidr(networkOf(parsed))}, so the tunnel would run through itself`,
      hint: 'keep the addresses of the tunnels out of the networks of the overlay',
    };
  }
  return undefined;
}

function overlapFaults(params: EvpnParams): readonly ParamFault[] {
  return params.networks.flatMap((network, index) => {
    const other = params.networks
      .slice(0, index)
      .find((each) => subnetsOf(each).some((a) => subnetsOf(network).some((b) => overlaps(a, b))));
    if (!other) return [];
    return [
      {
        path: ['networks', index, 'gateway'],
        message: `${subnetsOf(network).map(formatCidr).join(', ')} of ${network.name} overlaps ${subnetsOf(other).map(formatCidr).join(', ')} of ${other.name}`,
        hint: 'give each network addresses of its own',
      },
    ];
  });
}

function exitFaults(params: EvpnParams): readonly ParamFault[] {
  const to = params.exit?.to ?? 'masquerade';
  const faults: ParamFault[] = [];
  if (to !== 'masquerade' && parseAddress(to)?.version !== 4) {
    faults.push({
      path: ['exit', 'to'],
      message: `"${to}" is neither an IPv4 address nor \`masquerade\``,
      hint: 'leave it out to use the address of the interface',
    });
  }
  params.networks.forEach((network, index) => {
    if (network.snat !== true || gatewaysOf(network).length > 0) return;
    faults.push({
      path: ['networks', index, 'snat'],
      message: `${network.name} has no gateway, so nothing leaves it by way of this host`,
      hint: 'add `gateway`, or take `snat` away',
    });
  });
  if (params.exit !== undefined && !isExit(params) && faults.length === 0) {
    faults.push({
      path: ['exit'],
      message: 'no network has `snat`, so there is nothing that leaves here',
      hint: 'set `snat: true` on a network, or take `exit` away',
    });
  }
  return faults;
}
