/** The shape of a runbook's file: keys and types, entry by entry, those within groups included. */

import { checkInner } from '../inventory/value-schema.ts';
import type { Violation } from '../schema/schema.ts';
import { checkShape } from '../schema/shape.ts';
import { hushRunbook } from '../source/echo.ts';
import { foreignHint } from '../source/foreign-key.ts';
import type { JsonSchema } from '../source/json-schema.ts';
import { child, entryOf, listOf, type MapNode, type Node } from '../source/node.ts';
import { refuseOddVars } from '../source/odd-number.ts';
import type { Report } from '../source/report.ts';
import { type TaskNames, tellBareTask } from './bare-task.ts';
import { tellLooseParam } from './loose-param.ts';
import { ENTRIES, IMPORTED_SCHEMA, RUNBOOK_SCHEMA, STEP_KEYS } from './runbook-schema.ts';

/** A runbook that is run. `tasks`: asked only where something is wrong. */
export function checkRunbook(top: Node, tasks: TaskNames, report: Report): void {
  checkFile(RUNBOOK_SCHEMA, top, tasks, report);
}

/** A runbook that another one imports: it need not say its hosts. */
export function checkImported(top: Node, tasks: TaskNames, report: Report): void {
  checkFile(IMPORTED_SCHEMA, top, tasks, report);
}

function checkFile(schema: JsonSchema, top: Node, tasks: TaskNames, report: Report): void {
  const sound = checkShape(schema, top, report, 'a runbook', inOurWords(top, tellBareTask(top, tasks)));
  refuseOddVars(top, report);
  const inner = top.kind !== 'map' || checkInner(top, report);
  if (checkGroups(child(top, 'steps'), tasks, report) && sound && inner) return;
  hushRunbook(top, Object.keys(RUNBOOK_SCHEMA.properties), Object.keys(STEP_KEYS), report);
}

type Tell = (one: Violation) => Violation | undefined;

/** Keys that playbooks have are told with what stands in their place. */
function inOurWords(top: Node, tell: Tell): Tell {
  return (one) => {
    const loose = tellLooseParam(one, top);
    const told = loose === one ? tell(one) : loose;
    const hint = told?.code === 'unknown-key' ? foreignHint(String(told.path.at(-1))) : undefined;
    return told && hint !== undefined ? { ...told, hint } : told;
  };
}

function checkGroups(list: Node | undefined, tasks: TaskNames, report: Report): boolean {
  let sound = true;
  for (const group of groupsOf(list)) {
    const steps = child(group, 'steps');
    // An empty one has been told of with the group.
    if (steps?.kind !== 'list' || steps.items.length === 0) continue;
    sound = checkShape(ENTRIES, steps, report, '', inOurWords(steps, tellBareTask(steps, tasks))) && sound;
    sound = checkGroups(steps, tasks, report) && sound;
  }
  return sound;
}

function groupsOf(list: Node | undefined): readonly MapNode[] {
  return listOf(list).flatMap((node) => (node.kind === 'map' && entryOf(node, 'group') ? [node] : []));
}
