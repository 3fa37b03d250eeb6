/** What a runbook says of Proxmox on a host: zones, vnets, controllers and so on, from the steps of our tasks. */
import { Unknown } from '../../base/unknown.ts';
import type { LintFinding, LintStep, LintUse, LintView } from '../../model/lint.ts';
import { LINTED } from './pve-knowledge.ts';

/** Parameters of a step on a host, and where faults of them are told. */
export interface Used {
  readonly step: LintStep;
  readonly host: string;
  readonly use: LintUse;
}

/** Undefined where nobody can tell yet what steps of the task are given there. Those of state absent are left out. */
export function usedOn(view: LintView, task: string, host: string): readonly Used[] | undefined {
  const found: Used[] = [];
  for (const step of view.steps(task)) {
    if (!step.hosts.has(host)) continue;
    const uses = step.uses(host);
    if (!uses) return undefined;
    for (const use of uses) if (use.params.state !== 'absent') found.push({ step, host, use });
  }
  return found;
}

/** What is known of them. */
export function knownOn(view: LintView, task: string, host: string): readonly Used[] {
  return view
    .steps(task)
    .filter((step) => step.hosts.has(host))
    .flatMap((step) => (step.uses(host) ?? []).map((use) => ({ step, host, use })))
    .filter(({ use }) => use.params.state !== 'absent');
}

/** Hosts that some step of a task of Proxmox counts for, in the order of the inventory. */
export function proxmoxHosts(view: LintView): readonly string[] {
  const named = new Set(view.steps(...LINTED).flatMap(({ hosts }) => [...hosts]));
  return view.hostNames.filter((name) => named.has(name));
}

/** Undefined for what is not there, not known yet, or of another type. */
export function textIn({ use }: Used, name: string): string | undefined {
  return asText(use.params[name]);
}

export function numberIn({ use }: Used, name: string): number | undefined {
  const value = use.params[name];
  return typeof value === 'number' ? value : undefined;
}

/** Texts of a list, those that are known. */
export function textsIn({ use }: Used, name: string): readonly string[] {
  const value = use.params[name];
  return Array.isArray(value) ? value.flatMap((each) => asText(each) ?? []) : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Whether anything is said of it, known or not. */
export function says({ use }: Used, name: string): boolean {
  return use.params[name] !== undefined;
}

export function isOpen({ use }: Used, name: string): boolean {
  return use.params[name] instanceof Unknown;
}

export function finding(
  { step, host, use }: Used,
  path: LintFinding['path'],
  rest: Pick<LintFinding, 'code' | 'message' | 'hint'> & { readonly warning?: boolean },
): LintFinding {
  return { step: step.id, host, item: use.item, path, ...rest };
}
