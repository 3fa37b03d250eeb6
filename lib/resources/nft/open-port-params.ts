/** Parameters of `open_ports`: their schema, what no schema can say of them, and the openings they mean. */

import { parseCidr } from '../../base/ip-address.ts';
import type { ParamFault } from '../../model/task.ts';
import { INTERFACE } from '../link/interface-name.ts';
import { type OpenPort, portRange } from './open-port.ts';

const CIDR = {
  type: 'string',
  pattern: '^[0-9A-Fa-f.:]+(/\\d{1,3})?$',
  $comment: 'must be an address or a network, such as 10.0.0.0/8',
} as const;
const PORT = {
  anyOf: [
    { type: 'integer', minimum: 1, maximum: 65_535 },
    {
      type: 'string',
      pattern: '^\\d{1,5}([:-]\\d{1,5})?$',
      $comment: 'must be a port or a range of ports, such as 8000-8010',
    },
  ],
} as const;

/** One or several. */
function listOf<const T extends object>(item: T) {
  return { anyOf: [item, { type: 'array', items: item, minItems: 1 }] } as const;
}

const WITH_PORTS = ['tcp', 'udp', 'sctp', 'dccp', 'udplite'] as const;
const WITHOUT = ['icmp', 'icmpv6', 'esp', 'ah', 'gre', 'ipip', 'ospf', 'vrrp', 'igmp', 'pim'] as const;

const COMMON = {
  port: listOf(PORT),
  protocol: { enum: [...WITH_PORTS, ...WITHOUT] },
  comment: {
    type: 'string',
    pattern: '^[^"\\\\\\p{Cc}]{0,100}$',
    $comment: 'must be one line of at most 100 characters without " and \\',
  },
} as const;

export const PORTS = {
  type: 'array',
  items: {
    anyOf: [
      {
        type: 'string',
        pattern: '^\\d{1,5}([:-]\\d{1,5})?/(tcp|udp|sctp|dccp|udplite)$',
        $comment: 'must be a port with its protocol, such as 443/tcp',
      },
      {
        type: 'object',
        additionalProperties: false,
        properties: { ...COMMON, from: listOf(CIDR), interface: listOf(INTERFACE) },
      },
    ],
  },
} as const;

export const FORWARD = {
  type: 'object',
  additionalProperties: false,
  required: ['policy'],
  properties: {
    policy: { enum: ['accept', 'drop'] },
    allow: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        minProperties: 1,
        properties: {
          ...COMMON,
          from: listOf(CIDR),
          to: listOf(CIDR),
          from_interface: listOf(INTERFACE),
          to_interface: listOf(INTERFACE),
        },
      },
    },
  },
} as const;

export const SSH_FROM = { type: 'array', items: CIDR, minItems: 1 } as const;

type OneOrMany<T> = T | readonly T[] | undefined;

export interface Given {
  readonly port?: OneOrMany<number | string>;
  readonly protocol?: string | undefined;
  readonly comment?: string | undefined;
  readonly from?: OneOrMany<string>;
  readonly to?: OneOrMany<string>;
  readonly interface?: OneOrMany<string>;
  readonly from_interface?: OneOrMany<string>;
  readonly to_interface?: OneOrMany<string>;
}

export function listed<T>(value: OneOrMany<T>): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}

/** `51820/udp`, or the long form; a port without a protocol is one of TCP. */
export function openingOf(given: string | Given, forwarded: boolean): OpenPort {
  if (typeof given === 'string') {
    const [port = '', protocol = 'tcp'] = given.split('/');
    return openingOf({ port, protocol }, forwarded);
  }
  const ports = listed(given.port);
  return {
    protocol: given.protocol ?? (ports.length > 0 || !forwarded ? 'tcp' : 'any'),
    ports,
    from: listed(given.from),
    to: listed(given.to),
    inputs: [...listed(given.interface), ...listed(given.from_interface)],
    outputs: listed(given.to_interface),
    comment: given.comment ?? '',
    forwarded,
  };
}

/** Ports that are none, protocols that have none, addresses that cannot be. */
export function openingFaults(
  given: string | Given,
  path: readonly (string | number)[],
  forwarded: boolean,
): readonly ParamFault[] {
  const { protocol, ports, from, to } = openingOf(given, forwarded);
  const named = WITH_PORTS.some((each) => each === protocol);
  const bad = ports.filter((port) => portRange(port) === undefined);
  const faults: ParamFault[] = bad.map((port) => ({
    path,
    message: `${port} is no port, nor a range of ports`,
    hint: 'ports are 1 to 65535, a range is 8000:8010',
  }));
  if (ports.length > 0 && !named) faults.push({ path, message: `${protocol} has no ports` });
  if (ports.length === 0 && named && !forwarded) {
    faults.push({ path, message: 'no `port` is given', hint: `for all of ${protocol}: port: "1:65535"` });
  }
  for (const text of [...from, ...to]) {
    if (!parseCidr(text)) faults.push({ path, message: `${text} is no address and no network` });
  }
  if (from.length > 0 && to.length > 0 && !meets(from, to)) {
    faults.push({ path, message: '`from` and `to` have no version of IP in common' });
  }
  return faults;
}

function meets(from: readonly string[], to: readonly string[]): boolean {
  const versions = new Set(from.map((each) => parseCidr(each)?.version));
  return to.some((each) => versions.has(parseCidr(each)?.version));
}
