/** The parameters that steps have on hosts, for tasks that look at other steps and at their own step on other hosts. */
import { findUnknown } from '../base/unknown.ts';
import type { Facts } from '../model/facts.ts';
import { type Item, itemsOf } from '../model/item.ts';
import { actorFor, type Scope, type Step, type Template } from '../model/runbook.ts';

export type Params = Readonly<Record<string, unknown>>;

/** Parameters that rest on neither facts nor outputs, by step and host: evaluated once, whoever asks first. */
export type FixedParams = Map<Step, Map<string, Params | undefined>>;

export interface ParamsSource {
  /** A step or handler by id. */
  step(id: string): Step | undefined;
  readonly fixed: FixedParams;
  /** Names in scope of a host, and of an item of a step. */
  scope(host: string, item: Item | undefined): Scope;
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
  /**
   * Undefined where the step is not for that host, or its condition is known to be false there. Of a step with
   * `foreach` those of one item: of the same key or index on that host.
   */
  of(step: string, host: string, item?: Item | undefined): Params | undefined;
  /** Forgets what rested on facts and outputs. */
  refresh(): void;
}

export function createStepParams(source: ParamsSource): StepParams {
  const { fixed } = source;
  let passing = new Map<string, Passing>();
  return {
    of(id, asked, item) {
      const step = source.step(id);
      const host = step ? actorFor(step, asked) : asked;
      if (!step?.hosts.has(host)) return undefined;
      const name = item ? `${host}\0${item.label}` : host;
      const ofStep = fixed.get(step) ?? new Map<string, Params | undefined>();
      fixed.set(step, ofStep);
      // Each host asks for each: the first look must be enough.
      const found = ofStep.get(name);
      if (found || ofStep.has(name)) return found;
      const key = `${id}\0${name}`;
      const known = passing.get(key);
      // A change planned in between may have altered the facts, or made them unknown.
      if (known && (!known.looked || known.facts === source.ownFacts())) {
        source.rests(known.looked);
        return known.params;
      }
      const [looks, factLooks] = [source.looks(), source.factLooks()];
      const params = paramsOf(source, step, host, item);
      if (source.looks() === looks) {
        ofStep.set(name, params);
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

function paramsOf(
  source: ParamsSource,
  step: Step,
  host: string,
  item: Item | undefined,
): Params | undefined {
  const once = source.scope(host, undefined);
  if (!holds(step.foreach?.when ? undefined : step.when, once)) return undefined;
  if (!step.foreach) return evaluated(source, step, once);
  const there = itemsOf(step.foreach.items.evaluate(once))?.find(({ label }) => label === item?.label);
  if (!there) return undefined;
  const scope = source.scope(host, there);
  return holds(step.when, scope) ? evaluated(source, step, scope) : undefined;
}

function holds(when: Template | undefined, scope: Scope): boolean {
  const condition = when?.evaluate(scope) ?? true;
  return condition === true || findUnknown(condition) !== undefined;
}

function evaluated({ checkParams }: ParamsSource, step: Step, scope: Scope): Params {
  const params = step.with.evaluate(scope);
  return (step.with.constant ? params : checkParams(step, params)) as Params;
}
