/**
 * A TCP connection that begins and dies, as connection tracking of this host has seen it. That is a symptom: with it goes the
 * first of its usual causes that this host has, forwarding, rp_filter, local routing, a forward rule.
 */
import { verdictOf } from '../nft/nft-verdict.ts';
import { type Fault, firstFault } from './diagnosis.ts';
import { localRoutingFault } from './diagnosis-exit.ts';
import { isOverlay } from './diagnosis-path.ts';
import { placeOf } from './diagnosis-port.ts';
import { forwardingFault, rpFilterFault } from './diagnosis-sysctl.ts';
import type { Evidence } from './network-state.ts';

/** What was asked for: `https://example.net/`, or `TCP 22 of 10.2.1.9`. */
export interface LostConnection {
  readonly title: string;
  /** Undefined for a name: any address counts. */
  readonly to: string | undefined;
  readonly port: number;
}

const SYMPTOM = {
  answered: 'SYN goes out, SYN/ACK comes back, then nothing',
  sent: 'one way only: SYN goes out, and nothing comes back',
  none: 'no SYN leaves this host',
} as const;

type Symptom = keyof typeof SYMPTOM;

/** Undefined where connection tracking cannot be asked. */
export function symptomOf({ flows }: Evidence, { to, port }: LostConnection): Symptom | undefined {
  if (flows === undefined) return undefined;
  const own = flows.filter((flow) => flow.port === port && (to === undefined || flow.to === to));
  if (own.length === 0) return 'none';
  return own.some(({ state }) => state === 'SYN_RECV') ? 'answered' : 'sent';
}

/** Undefined where neither a symptom nor a cause can be told. */
export function connectionFault(evidence: Evidence, lost: LostConnection): Fault | undefined {
  const symptom = symptomOf(evidence, lost);
  const usual = usualFault(evidence, lost);
  if (usual !== undefined) {
    return symptom === undefined
      ? usual
      : { ...usual, cause: `${usual.cause} (seen of ${lost.title}: ${SYMPTOM[symptom]})` };
  }
  return (
    symptom && {
      ...(symptom === 'sent' ? { elsewhere: true } : {}),
      cause: `${lost.title} has no answer: ${SYMPTOM[symptom]}${MEANING[symptom].cause}`,
      hint: MEANING[symptom].hint,
    }
  );
}

/** Neither is one of the usual causes to be seen then. */
const MEANING: Readonly<Record<Symptom, { readonly cause: string; readonly hint: string }>> = {
  answered: {
    cause: '; the answer is lost on its way from this host to the guest',
    hint: 'look at the firewall of the guest, at its routes, and at the MTU of its interface',
  },
  sent: {
    cause: '',
    hint: 'what went out has no way back: the address that SNAT gives it, the route back, a firewall there; or nothing listens',
  },
  none: {
    cause: '; it is lost between the guest and this host, or here before it is sent on',
    hint: 'look at the routes of the guest (one default gateway, that of its vnet), at its firewall, and at the check of the exit node',
  },
};

function usualFault(evidence: Evidence, { to, port }: LostConnection): Fault | undefined {
  // Where ways out and back differ; a strict interface elsewhere does no harm.
  const passed = Object.entries(evidence.links).filter(
    ([name, { type }]) => type === 'vrf' || type === 'wireguard' || isOverlay(evidence, name),
  );
  return firstFault(
    () => forwardingFault(evidence.sysctls),
    ...passed.map(
      ([name]) =>
        () =>
          rpFilterFault(evidence.sysctls, name),
    ),
    () => localRoutingFault(evidence),
    () => droppedFault(evidence, to, port),
  );
}

function droppedFault({ ruleset }: Evidence, to: string | undefined, port: number): Fault | undefined {
  const family = to?.includes(':') ? 'ip6' : 'ip';
  const daddr = to === undefined ? {} : { daddr: to };
  const found =
    ruleset &&
    verdictOf(ruleset, { hook: 'forward', family, protocol: 'tcp', dport: port, state: 'new', ...daddr });
  if (found === undefined || found === 'unknown' || found.verdict !== 'drop') return undefined;
  const where = found.by === undefined ? '' : ` (${placeOf(found.by)}: ${found.by.text})`;
  return {
    cause: `a forward rule is missing: the firewall of this host lets nothing pass to TCP ${port}${where}`,
    hint: 'on Proxmox: a rule of type forward over the sets +sdn/VNET-all, with nftables on for the node',
  };
}
