/** The values of a host as expressions see them: inventory, then the runbook's, then --extra-vars. */

import { lazyRecord } from '../../base/lazy-record.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Project, Scope } from '../../model/runbook.ts';

/** Throws RunError `failed` with the place when an expression among them has no value. */
export function hostVars(project: Project, host: string): Readonly<Record<string, unknown>> {
  const { inventory, runbook, extraVars } = project;
  const scope = varsScope(inventory, runbook.unknownSecrets ?? runbook.secrets, extraVars, host);
  return { ...inventory.hosts.get(host)?.vars, ...(runbook.vars.evaluate(scope) as object), ...extraVars };
}

/** What the runbook's `vars` may look at: hosts as the inventory has them, groups and secrets. */
export function varsScope(
  inventory: Inventory,
  secrets: Readonly<Record<string, unknown>>,
  extraVars: Readonly<Record<string, unknown>>,
  host: string,
): Scope {
  const varsOf = (vars: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
    Object.keys(extraVars).length === 0 ? vars : { ...vars, ...extraVars };
  const view = (name: string): object | undefined => {
    const found = inventory.hosts.get(name);
    if (!found) return undefined;
    return { name, address: found.address, groups: found.groups, vars: varsOf(found.vars) };
  };
  const hosts = lazyRecord(inventory.hosts, view);
  const vars = varsOf(inventory.hosts.get(host)?.vars ?? {});
  return { host: view(host), vars, hosts, groups: Object.fromEntries(inventory.groups), secrets };
}
