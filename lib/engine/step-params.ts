/** The parameters that steps have on hosts, for tasks that look at other steps and at their own step on other hosts. */
import { findUnknown } from '../base/unknown.ts';
import type { Facts } from '../model/facts.ts';
import type { Scope, Step } from '../model/runbook.ts';

export type Params = Readonly<Record<string, unknown>>;

/** Parameters that rest on neither facts nor outputs, by step and host: evaluated once, whoever asks first. */
export type FixedParams = Map<Step, Map<string, Params | undefined>>;

export interface ParamsSource {
  /** A step or handler by id. */
  step(id: string): Step | undefined;
  readonly fixed: FixedParams;
  /** Names in scope of a step on a host. */
  scope(step: Step, host: string): Scope;
  checkParams(step: Step, params: unknown): unknown;
  /** How often facts or outputs of any host have been looked at so far. */
  looks(): number;
  /** How often this host's own facts have been. */
  factLooks(): number;
  ownFacts(): Facts | undefined;
  /** Told when something is handed out that rests on facts (of this host's own) or outputs. */
  rests(ownFacts: boolean): void;
}

/** What rests on facts or outputs, with the facts that it was worked out from. */
interface Passing {
  readonly params: Params | undefined;
  readonly looked: boolean;
  readonly facts: Facts | undefined;
}

export interface StepParams {
  /** Undefined where the step is not for that host, or its condition is known to be false there. */
  of(step: string, host: string): Params | undefined;
  /** Forgets what rested on facts and outputs. */
  refresh(): void;
}

export function createStepParams(source: ParamsSource): StepParams {
  const { fixed } = source;
  let passing = new Map<string, Passing>();
  return {
    of(id, host) {
      const step = source.step(id);
      if (!step?.hosts.has(host)) return undefined;
      const ofStep = fixed.get(step) ?? new Map<string, Params | undefined>();
      fixed.set(step, ofStep);
      // Each host asks for each: the first look must be enough.
      const found = ofStep.get(host);
      if (found || ofStep.has(host)) return found;
      const key = `${id}\0${host}`;
      const known = passing.get(key);
      // A change planned in between may have altered the facts, or made them unknown.
      if (known && (!known.looked || known.facts === source.ownFacts())) {
        source.rests(known.looked);
        return known.params;
      }
      const [looks, factLooks] = [source.looks(), source.factLooks()];
      const params = paramsOf(source, step, host);
      if (source.looks() === looks) {
        ofStep.set(host, params);
        return params;
      }
      const looked = source.factLooks() > factLooks;
      source.rests(looked);
      // What is still unknown may be known the next time somebody asks.
      if (!findUnknown(params))
        passing.set(key, { params, looked, facts: looked ? source.ownFacts() : undefined });
      return params;
    },
    refresh() {
      passing = new Map();
    },
  };
}

function paramsOf(source: ParamsSource, step: Step, host: string): Params | undefined {
  const scope = source.scope(step, host);
  const condition = step.when?.evaluate(scope);
  if (step.when && condition !== true && !findUnknown(condition)) return undefined;
  const evaluated = step.with.evaluate(scope);
  return (step.with.constant ? evaluated : source.checkParams(step, evaluated)) as Params;
}
