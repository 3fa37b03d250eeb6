/** Checks that rest on a look at the network: one on the host as a whole, or one on a probe. */
import { known } from '../../base/unknown.ts';
import type { At, Resource } from '../../model/resource.ts';
import { check } from './check.ts';
import type { Fault } from './diagnosis.ts';
import {
  EVIDENCE,
  type EvidencePart,
  type NetworkHint,
  type Probe,
  probeKey,
  type Target,
} from './network-ask.ts';
import { evidenceRef, networkKind } from './network-kind.ts';
import { type Evidence, type NetworkState, NO_EVIDENCE } from './network-state.ts';
import type { ProbeState } from './probe-state.ts';

export interface Needs {
  readonly targets: readonly Target[];
  readonly parts: readonly EvidencePart[];
}

type NetworkCheck = Resource<NetworkState, NetworkHint>;

export interface HostCheck {
  readonly title: string;
  readonly needs: Needs;
  judge(evidence: Evidence): Fault | undefined;
  seen(evidence: Evidence): string | undefined;
}

/** On the host itself: nothing is sent. */
export function checkHost({ title, needs, judge, seen }: HostCheck): NetworkCheck {
  return check<NetworkState, NetworkHint>({
    ...evidenceRef(needs.targets, needs.parts),
    title,
    judge: (state) => judge(asEvidence(state)),
    seen: (state) => seen(asEvidence(state)),
  });
}

export interface ProbeCheck<P extends Probe> {
  readonly title: string;
  readonly probe: P;
  readonly needs: Needs;
  judge(result: Extract<ProbeState, { kind: P['kind'] }>, evidence: Evidence): Fault | undefined;
  seen(result: Extract<ProbeState, { kind: P['kind'] }>, evidence: Evidence): string | undefined;
}

/** On what came of a probe, and what the host was like then. */
export function checkProbe<P extends Probe>(spec: ProbeCheck<P>): NetworkCheck {
  type Result = Extract<ProbeState, { kind: P['kind'] }>;
  const evidence = (at: At): Evidence => asEvidence(known(at<NetworkState>(EVIDENCE) ?? NO_EVIDENCE));
  return check<NetworkState, NetworkHint>({
    kind: networkKind,
    key: probeKey(spec.probe),
    hint: spec.probe,
    title: spec.title,
    reads: [evidenceRef(spec.needs.targets, spec.needs.parts)],
    judge: (state, at) => spec.judge(state as unknown as Result, evidence(at)),
    seen: (state, at) => spec.seen(state as unknown as Result, evidence(at)),
  });
}

function asEvidence(state: NetworkState): Evidence {
  return state.kind === 'evidence' ? state : NO_EVIDENCE;
}
