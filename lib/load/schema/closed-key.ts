/** Names, hosts, needs and the like are settled before any host is looked at: no expressions there. */
import { foreignHint } from '../source/foreign-key.ts';
import { eachScalar, type MapNode } from '../source/node.ts';
import type { Report } from '../source/report.ts';

/** Keys whose values may hold expressions; `hosts` has said so itself, and what stands in a group is asked by itself. */
const LEFT = new Set(['with', 'when', 'foreach', 'until', 'env', 'vars', 'hosts', 'steps']);

export function refuseExpressions(node: MapNode, report: Report): void {
  for (const entry of node.entries) {
    // A key of a playbook has been told of.
    if (LEFT.has(entry.name) || foreignHint(entry.name) !== undefined) continue;
    eachScalar(entry.value, (scalar) => {
      if (typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return;
      const message = `"${entry.name}" takes no expression`;
      report.add(
        'expression-not-allowed',
        message,
        scalar,
        'expressions stand in with:, when:, foreach:, until:, env: and vars:',
      );
    });
  }
}
