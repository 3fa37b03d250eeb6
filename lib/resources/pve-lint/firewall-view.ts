/** The rules that a runbook gives a host, as lints look at them. */
import { Unknown } from '../../base/unknown.ts';
import type { LintView } from '../../model/lint.ts';
import { asText, textIn, type Used, usedOn } from './pve-view.ts';

export interface Rule {
  readonly used: Used;
  readonly index: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Undefined where not all of them can be told yet. `node`: those of the node itself, `cluster`: of all nodes. */
export function rulesOn(
  view: LintView,
  host: string,
  scopes: readonly ('cluster' | 'node' | 'vnet')[],
): readonly Rule[] | undefined {
  return usedOn(view, 'pve_firewall_rules', host)
    ?.filter((used) => {
      const scope = textIn(used, 'scope') ?? 'cluster';
      return scopes.some((each) => each === scope) && isOf(used, host, scope);
    })
    .flatMap(rulesIn);
}

/** Of a node that is named, or the host's own. */
export function isOf(used: Used, host: string, scope: string): boolean {
  const node = textIn(used, 'node');
  return scope !== 'node' || node === undefined || node === host;
}

/** By name of the group; undefined where not all of them can be told yet. */
export function groupsOn(view: LintView, host: string): ReadonlyMap<string, readonly Rule[]> | undefined {
  const groups = usedOn(view, 'pve_firewall_group', host);
  return groups && new Map(groups.map((used) => [textIn(used, 'name') ?? '', rulesIn(used)]));
}

/** Those that are on. */
function rulesIn(used: Used): readonly Rule[] {
  const { rules } = used.use.params;
  return (Array.isArray(rules) ? rules : []).flatMap((fields: Rule['fields'], index) =>
    fields?.enable === false ? [] : [{ used, index, fields }],
  );
}

/** Of a rule that lets in: whether it may be for this port; true where that cannot be told yet. */
export function covers(
  { fields }: Rule,
  port: number,
  proto: string,
  number: string,
  macro: string,
): boolean {
  if (fields.type !== 'in') return false;
  const { proto: given, dport } = fields;
  if (fields.macro instanceof Unknown || given instanceof Unknown || dport instanceof Unknown) return true;
  if (fields.macro !== undefined) return fields.macro === macro;
  if (given === undefined) return true;
  if (given !== proto && given !== number) return false;
  return dport === undefined || namesPort(dport, port);
}

/** Whether the port is written in the rule itself. */
export function names(rule: Rule, port: number, proto: string, number: string): boolean {
  const { proto: given, dport } = rule.fields;
  return (given === proto || given === number) && dport !== undefined && namesPort(dport, port);
}

function namesPort(dport: unknown, port: number): boolean {
  return (asText(dport) ?? '').split(',').some((each) => {
    const [first = '', last = first] = each.split(/[:-]/);
    return (first === 'ssh' && port === 22) || (Number(first) <= port && Number(last) >= port);
  });
}
