/** The scopes of all steps of a runbook: what groups and imports around a step add to the names of its host. */
import type { Inventory } from '../../model/inventory.ts';
import type { Compiled } from '../expression/template.ts';
import { child } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { Frame, Layer } from './frame.ts';
import { compileEntries, type FramePart, framePart, type PartSource } from './frame-part.ts';
import { type FrameWorld, frameScope, mainScope } from './frame-scope.ts';
import { HOST_SCOPE, type StepScope, withVariables } from './step-scope.ts';

/** Variables that a group says for its steps. */
export interface GroupValues {
  readonly layer: Layer;
  readonly variables: ReadonlyMap<string, Compiled>;
  /** The names that they are written in. */
  readonly scope: StepScope;
}

export interface RunbookScopes {
  /** The names within these layers, outermost first; within none, those of the runbook itself. */
  within(layers: readonly Layer[]): StepScope;
  /** Every file, the runbook itself first. */
  readonly parts: readonly FramePart[];
  /** The names in a file, without groups. */
  inside(frame: Frame): StepScope;
  part(frame: Frame): FramePart;
  readonly groups: readonly GroupValues[];
}

export function openScopes(
  main: Frame,
  source: PartSource & { readonly inventory: Inventory },
  report: Report,
): RunbookScopes {
  const frames = [main, ...source.layers.flatMap((layer) => layer.inner ?? [])];
  const parts = new Map(frames.map((frame) => [frame, framePart(frame, source, report)]));
  const part = (frame: Frame): FramePart => parts.get(frame) as FramePart;
  const groups = new Map<Layer, ReadonlyMap<string, Compiled>>();
  for (const layer of source.layers) {
    if (layer.kind === 'group')
      groups.set(layer, compileEntries(child(layer.node, 'vars'), source.cel, report));
  }
  const scopes = new Map<Frame, StepScope>();
  const world: FrameWorld = {
    inventory: source.inventory,
    extraVars: source.extraVars,
    part,
    scope(frame) {
      const known = scopes.get(frame) ?? openFrame(frame);
      scopes.set(frame, known);
      return known;
    },
  };
  const openFrame = (frame: Frame): StepScope => {
    if (frame.from) return frameScope(part(frame), within(frame.from.within), world);
    const { imports, inputs } = part(frame);
    return imports.size === 0 && inputs.size === 0 ? HOST_SCOPE : mainScope(part(frame), world);
  };
  const made = new Map<Layer, StepScope>();
  const within = (layers: readonly Layer[]): StepScope => {
    const last = layers.at(-1);
    if (!last) return world.scope(main);
    const known = made.get(last) ?? openLayer(last);
    made.set(last, known);
    return known;
  };
  const openLayer = (layer: Layer): StepScope => {
    if (layer.inner) return world.scope(layer.inner);
    const outer = within(layer.within);
    return withVariables(outer, groups.get(layer) ?? new Map(), source.extraVars);
  };
  return {
    within,
    inside: world.scope,
    parts: [...parts.values()],
    part,
    groups: [...groups].map(([layer, variables]) => ({ layer, variables, scope: within(layer.within) })),
  };
}
