/** A host as tasks and expressions see it: looked up at each use, so that nothing of it grows stale. */
import { lookUpRecord } from '../base/lazy-record.ts';
import { Unknown, unknownView } from '../base/unknown.ts';
import type { Facts } from '../model/facts.ts';
import { actorFor } from '../model/runbook.ts';
import type { HostView } from '../model/task.ts';
import type { Outputs } from './board.ts';
import type { OwnView, ScopeSource } from './scope.ts';

/** `look` is told when facts or outputs are looked at. */
export function hostView(source: ScopeSource, own: OwnView, name: string, look: () => void): HostView {
  const host = source.project.inventory.hosts.get(name);
  if (!host) throw new Error(`no host ${name}`);
  let steps: HostView['steps'] | undefined;
  return {
    name,
    address: host.address,
    groups: host.groups,
    // In a mesh of many hosts most views are never asked for it.
    get steps() {
      steps ??= stepViews(source, own, name, look);
      return steps;
    },
    // When they are looked at: the runbook's variables need not make sense on hosts that are not its own.
    get vars() {
      return source.vars(name);
    },
    get facts() {
      look();
      const known = name === own.host.name ? own.facts() : source.board.facts(name);
      return known ?? unknownView<Facts>(`the facts of ${name}`, name, () => own.factsTouched(name));
    },
  };
}

function stepViews(source: ScopeSource, own: OwnView, host: string, look: () => void): HostView['steps'] {
  return lookUpRecord(source.stepsOn(host), (id) => ({
    get outputs() {
      look();
      const step = source.step(id);
      return outputsOf(source, own, id, step ? actorFor(step, host) : host);
    },
  }));
}

function outputsOf(source: ScopeSource, own: OwnView, step: string, host: string): Outputs {
  const known = (host === own.host.name ? own.outputs(step) : undefined) ?? source.board.outputs(step, host);
  return known ?? outputsAhead(source, step, host);
}

/** Each output that the task declares, unknown: whoever hands them on can be read and foreseen already. */
function outputsAhead({ step }: ScopeSource, id: string, host: string): Outputs {
  const unknown = new Unknown(`step ${id} on ${host}`);
  // How many items there will be nobody can tell.
  if (step(id)?.foreach) return unknown as unknown as Outputs;
  const names = Object.keys(step(id)?.task.outputs ?? {});
  return Object.fromEntries(names.map((name) => [name, unknown]));
}
