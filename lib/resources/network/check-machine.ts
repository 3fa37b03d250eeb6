/** The check of a machine that EVPN must know: its address and MAC, by a route of type 2. */
import type { AnyResource } from '../../model/resource.ts';
import { checkProbe } from './check-network.ts';
import type { Fault } from './diagnosis.ts';
import type { Evidence, EvpnRoute } from './network-state.ts';

export interface MachineCheck {
  /** `10.2.1.9`. */
  readonly address: string;
  /** The host that has it; empty for one of this host's own. */
  readonly at: string;
  /** Seconds. */
  readonly wait: number;
}

export function checkMachine(wish: MachineCheck): AnyResource {
  const { address, at, wait } = wish;
  return checkProbe({
    title: `${address}${at === '' ? '' : ` (${at})`}`,
    probe: { kind: 'machine', to: address, wait },
    needs: { targets: [], parts: ['routing'] },
    judge: (_, evidence) => machineFault(evidence, wish),
    seen: (_, evidence) => {
      const route = routeOf(evidence, address);
      return (
        route &&
        `${address} has MAC ${route.mac}, a type-2 route${at === '' ? ' of this host' : ` from ${at}`}`
      );
    },
  });
}

function routeOf({ routing }: Evidence, address: string): EvpnRoute | undefined {
  return routing?.routes.find(({ type, to }) => type === 2 && to === address);
}

function machineFault(evidence: Evidence, { address, at }: MachineCheck): Fault | undefined {
  // What is wrong with FRR as a whole, the other checks say.
  if (evidence.routing === undefined || routeOf(evidence, address) !== undefined) return undefined;
  if (at === '') {
    return {
      cause: `bgpd of this host has no type-2 route of its own machine ${address}: nobody has heard it on its network here`,
      hint: 'does it run, with its first interface on the vnet, this address and the vnet’s gateway? `bridge fdb` shows MACs that have been seen, `ip neigh` addresses',
    };
  }
  const alone = evidence.routing.routes.filter(
    ({ type, to, remote, mac }) => type === 2 && remote && to === '' && mac !== '',
  );
  return {
    elsewhere: true,
    cause: `the machine ${address} of ${at} is not known here: no type-2 route has come for it${alone.length === 0 ? '' : ` (MACs without an address: ${alone.map(({ mac }) => mac).join(', ')})`}`,
    hint: `see what ${at} says of its own machine; where it has the route, VNI and route target of the two differ`,
  };
}
