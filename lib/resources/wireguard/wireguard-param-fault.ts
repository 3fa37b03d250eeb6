/** What is wrong with single parameters of a WireGuard interface. Unknown values are left alone. Pure. */

import { parseCidr } from '../../base/ip-address.ts';
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { ParamFault } from '../../model/task.ts';
import { ETHERNET_MTU, mtuFault, tunnelMtu, WIREGUARD_OVERHEAD } from '../link/overlay-mtu.ts';
import { parseEndpoint } from './wireguard-endpoint.ts';
import { WIREGUARD_KEY } from './wireguard-key-kind.ts';
import { textsOf } from './wireguard-member.ts';
import type { OutsidePeer, WireguardParams } from './wireguard-params.ts';

type Path = readonly (string | number)[];

export function paramFaults(params: WireguardParams): readonly ParamFault[] {
  return [
    ...cidrFaults(['address'], params.address),
    ...cidrFaults(['allowed_ips'], params.allowed_ips),
    ...endpointFaults(['endpoint'], params.endpoint),
    ...secretFaults(['preshared_key'], params.preshared_key),
    ...mtuFaults(params),
    ...Object.entries(params.external_peers ?? {}).flatMap(([name, peer]) => outsideFaults(name, peer)),
  ];
}

function outsideFaults(name: string, peer: OutsidePeer): readonly ParamFault[] {
  const path = ['external_peers', name];
  return [
    ...keyFaults([...path, 'public_key'], peer.public_key),
    ...secretFaults([...path, 'preshared_key'], peer.preshared_key),
    ...cidrFaults([...path, 'allowed_ips'], peer.allowed_ips),
    ...endpointFaults([...path, 'endpoint'], peer.endpoint),
  ];
}

function cidrFaults(path: Path, value: unknown): readonly ParamFault[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((text, index) => {
    if (typeof text !== 'string' || parseCidr(text)) return [];
    return [
      {
        path: Array.isArray(value) ? [...path, index] : path,
        message: `"${text}" is not an address with a prefix length`,
        hint: 'write it like 10.1.0.1/32 or 2001:db8::1/128',
      },
    ];
  });
}

function endpointFaults(path: Path, value: unknown): readonly ParamFault[] {
  if (typeof value !== 'string' || value === '' || parseEndpoint(value, 1)) return [];
  return [
    {
      path,
      message: `"${value}" is not an endpoint`,
      hint: 'write a name or an address, with `:port` if it is another than `listen_port`; IPv6 with a port like [2001:db8::1]:51820',
    },
  ];
}

function keyFaults(path: Path, value: unknown): readonly ParamFault[] {
  if (typeof value !== 'string' || WIREGUARD_KEY.test(value)) return [];
  return [
    {
      path,
      message: 'this is not a public key of WireGuard',
      hint: 'it is 44 characters of base64, as `wg pubkey` prints it',
    },
  ];
}

/** Never says what the value is. */
function secretFaults(path: Path, value: unknown): readonly ParamFault[] {
  if (value === undefined || value instanceof Unknown) return [];
  const text = value instanceof Secret ? value.reveal() : String(value);
  if (WIREGUARD_KEY.test(text)) return [];
  return [
    {
      path,
      message: 'this is not a preshared key of WireGuard',
      hint: 'make one with `wg genpsk`: 44 characters of base64, without a line break',
    },
  ];
}

function mtuFaults(params: WireguardParams): readonly ParamFault[] {
  const { mtu, underlay_mtu: below = ETHERNET_MTU } = params;
  if ((mtu !== undefined && typeof mtu !== 'number') || typeof below !== 'number') return [];
  const ipv6 = textsOf(params.address).some((address) => address.includes(':'));
  const layer = { layer: 'WireGuard', mtu: tunnelMtu(params), below, overhead: WIREGUARD_OVERHEAD, ipv6 };
  const fault = mtuFault(layer);
  return fault ? [{ path: [mtu === undefined ? 'underlay_mtu' : 'mtu'], ...fault }] : [];
}
