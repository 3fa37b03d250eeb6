/** What a runbook says of variables, read for `run explain`: its own faults do not matter there. */
import { invalid } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import type { Inventory } from '../model/inventory.ts';
import { wantsCel } from './expression/template.ts';
import { varsScope } from './inventory/host-vars.ts';
import { compileVars, tolerantVars } from './runbook/runbook-vars.ts';
import { child, listOf, type MapNode, type Node, placeOf, textOf } from './source/node.ts';
import { readSource } from './source/read.ts';
import { createReport } from './source/report.ts';
import type { TreeStore } from './source/tree.ts';

export interface ExplainedRunbook {
  readonly top: MapNode;
  /** The node under `vars:`. */
  readonly vars: Node | undefined;
  readonly steps: readonly { readonly id: string; readonly vars: Node | undefined }[];
  /** The runbook's own variable on a host; unknown where it cannot be worked out. */
  valueOf(host: string, name: string): unknown;
}

/** Throws RunError `invalid` where the file cannot be read at all. */
export async function explainRunbook(
  path: string,
  cwd: string,
  trees: TreeStore,
  world: {
    readonly inventory: Inventory;
    readonly secrets: readonly (Node | undefined)[];
    readonly extraVars: Readonly<Record<string, unknown>>;
  },
): Promise<ExplainedRunbook> {
  const report = createReport();
  const file = readSource(path, cwd, report);
  const top = file && (await trees.parse(file, report));
  if (top?.kind !== 'map') throw invalid(report.problems());
  const vars = child(top, 'vars');
  const cel = vars && wantsCel(vars) ? (await import('./expression/cel.ts')).openCel() : undefined;
  const compiled = compileVars(vars, placeOf(top), world.extraVars, cel, createReport());
  const steps = [...listOf(child(top, 'steps')), ...listOf(child(top, 'handlers'))];
  const names = [...world.secrets, child(top, 'secrets')].flatMap((node) =>
    node?.kind === 'map' ? node.entries.map(({ name }) => name) : [],
  );
  const secrets = Object.fromEntries(names.map((name) => [name, new Secret(name, name)]));
  return {
    top,
    vars,
    steps: steps.map((step) => ({
      id: textOf(child(step, 'id')) ?? textOf(child(step, 'task')) ?? '?',
      vars: child(step, 'vars'),
    })),
    valueOf(host, name) {
      const scope = varsScope(world.inventory, secrets, world.extraVars, host);
      // What --extra-vars sets is left out there.
      if (Object.hasOwn(world.extraVars, name))
        return child(vars, name) && compiled.templates.get(name)?.evaluate(scope);
      return tolerantVars(compiled, scope)[name];
    },
  };
}
