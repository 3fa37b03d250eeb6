/** `become` and `become_user` as they stand on a host, a runbook or a step. */
import type { Become } from '../../model/inventory.ts';
import { child, type Node, textOf } from '../source/node.ts';

/** What is said there: undefined when nothing is. `become_user` alone says become too. */
export function becomeOf(node: Node): Become | false | undefined {
  const become = child(node, 'become');
  const user = textOf(child(node, 'become_user'));
  if (become?.kind === 'scalar' && become.value === false) return false;
  const says = become?.kind === 'map' || (become?.kind === 'scalar' && become.value === true);
  if (!says && user === undefined) return undefined;
  const method = textOf(child(become, 'method'));
  return {
    user: user ?? textOf(child(become, 'user')) ?? 'root',
    method: method === 'su' || method === 'doas' ? method : 'sudo',
  };
}
