/** The scope of a host as it is before anything was read: what facts and outputs will be is unknown. */

import { lazyRecord } from '../../base/lazy-record.ts';
import type { Secret } from '../../base/secret.ts';
import type { Unknown } from '../../base/unknown.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Scope } from '../../model/runbook.ts';
import { FACTS } from '../expression/fact-type.ts';
import { ANY, mapOf, TEXT, type Type } from '../expression/type.ts';
import { TypedUnknown } from '../expression/typed-unknown.ts';
import type { NameWorld } from './name-check.ts';
import type { NamedSteps } from './name-known.ts';

/** What it is made from. */
export interface ScopeWorld {
  readonly names: NameWorld;
  readonly inventory: Inventory;
  readonly runbookName: string;
  readonly secrets: Readonly<Record<string, Secret>>;
}

/** What an expression can see before anything was read: facts and outputs are unknown. */
export function trialScope(host: string, world: ScopeWorld): Scope {
  const hosts = lazyRecord(world.inventory.hosts, (name) => viewOf(name, world));
  const own = viewOf(host, world);
  return {
    host: own,
    vars: own.vars,
    facts: own.facts,
    steps: own.steps,
    hosts,
    groups: Object.fromEntries(world.inventory.groups),
    secrets: world.secrets,
    run: {
      id: new TypedUnknown('the run', TEXT),
      runbook: world.runbookName,
      dry_run: new TypedUnknown('the run', { kind: 'bool' }),
    },
  };
}

interface TrialView {
  readonly vars: Readonly<Record<string, unknown>>;
  readonly facts: Unknown;
  readonly steps: Unknown;
  readonly [name: string]: unknown;
}

function viewOf(name: string, world: ScopeWorld): TrialView {
  const host = world.inventory.hosts.get(name);
  return {
    name,
    address: host?.address ?? name,
    groups: host?.groups ?? [],
    vars: world.names.vars(name),
    facts: new TypedUnknown(`the facts of ${name}`, FACTS),
    steps: new TypedUnknown(`the steps of ${name}`, stepsType(name, world.names.steps)),
  };
}

/** Steps that run on the host, each with the outputs that its task declares. */
function stepsType(host: string, steps: NamedSteps): Type {
  const field = (id: string): Type | undefined => {
    const step = steps.get(id);
    return step?.hosts.has(host) ? mapOf({ outputs: step.types }) : undefined;
  };
  return { kind: 'map', field, rest: ANY };
}
