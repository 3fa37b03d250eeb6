/** The shape of a runbook's file: keys and types, entry by entry, those within groups included. */
import { child, entryOf, listOf, type MapNode, type Node } from './node.ts';
import type { Report } from './report.ts';
import { ENTRIES, IMPORTED_SCHEMA, RUNBOOK_SCHEMA } from './runbook-schema.ts';
import { checkShape } from './shape.ts';

/** A runbook that is run. */
export function checkRunbook(top: Node, report: Report): void {
  checkShape(RUNBOOK_SCHEMA, top, report, 'a runbook');
  checkGroups(child(top, 'steps'), report);
}

/** A runbook that another one imports: it need not say its hosts. */
export function checkImported(top: Node, report: Report): void {
  checkShape(IMPORTED_SCHEMA, top, report, 'a runbook');
  checkGroups(child(top, 'steps'), report);
}

function checkGroups(list: Node | undefined, report: Report): void {
  for (const group of groupsOf(list)) {
    const steps = child(group, 'steps');
    if (steps?.kind !== 'list') continue;
    checkShape(ENTRIES, steps, report);
    checkGroups(steps, report);
  }
}

function groupsOf(list: Node | undefined): readonly MapNode[] {
  return listOf(list).flatMap((node) => (node.kind === 'map' && entryOf(node, 'group') ? [node] : []));
}
