/** Numbers that are another text than the one that is written: a version 1.10 would be 1.1 on the host, in silence. */
import { child, eachScalar, listOf, type Node, rawText } from './node.ts';
import type { Report } from './report.ts';

/** Variables have no type of their own that would tell. */
export function refuseOddNumbers(node: Node | undefined, report: Report): void {
  if (!node) return;
  eachScalar(node, (scalar) => {
    // What a program prints is written by no hand.
    if (typeof scalar.value !== 'number' || scalar.file.keyPath) return;
    const raw = rawText(scalar);
    const read = String(scalar.value);
    if (raw === read) return;
    const hint = `quote it if it is text: "${raw}"; else write ${read}`;
    report.add('yaml-number', `${raw} is the number ${read} to YAML`, scalar, hint);
  });
}

/** Those of a runbook: its own, and those of steps, groups and imports. */
export function refuseOddVars(top: Node, report: Report): void {
  refuseOddNumbers(child(top, 'vars'), report);
  for (const key of ['steps', 'handlers'])
    for (const each of listOf(child(top, key))) refuseOddVars(each, report);
}
