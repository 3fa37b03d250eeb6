/** The scope of a host as it is before anything was read: what facts and outputs will be is unknown. */

import { lazyRecord } from '../base/lazy-record.ts';
import type { Secret } from '../base/secret.ts';
import { Unknown } from '../base/unknown.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Scope } from '../model/runbook.ts';
import type { NameWorld } from './name-check.ts';

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
    run: { id: new Unknown('the run'), runbook: world.runbookName, dry_run: new Unknown('the run') },
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
    facts: new Unknown(`the facts of ${name}`),
    steps: new Unknown(`the steps of ${name}`),
  };
}
