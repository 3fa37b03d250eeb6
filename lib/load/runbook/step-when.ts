/** When a step is carried out: what groups and imports around it say, and what it says itself. All of it must hold. */
import type { Cel } from '../expression/cel.ts';
import { type Compiled, compileCondition } from '../expression/template.ts';
import { child, type Node, placeOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { StepDraft } from './draft.ts';
import type { Frame } from './frame.ts';
import type { RunbookScopes } from './scopes.ts';
import { entered, type StepScope } from './step-scope.ts';

/** One condition, in the names of its scope. */
export interface Condition {
  readonly template: Compiled;
  readonly scope: StepScope;
  /** The file that says it. */
  readonly frame: Frame;
  readonly node: Node;
}

/** Outermost first. `own`: the names that the step itself sees. */
export function conditionsOf(
  draft: StepDraft,
  own: StepScope,
  scopes: RunbookScopes,
  cel: Cel | undefined,
  report: Report,
): readonly Condition[] {
  const outer = draft.within.map((layer, at) => ({
    node: child(layer.node, 'when'),
    // A group sees its own variables, an import those of the file that says it.
    scope: () => scopes.within(draft.within.slice(0, layer.kind === 'group' ? at + 1 : at)),
    frame: layer.frame,
  }));
  const said = [...outer, { node: child(draft.node, 'when'), scope: () => own, frame: draft.frame }];
  return said.flatMap(({ node, scope, frame }): readonly Condition[] => {
    const template = node && compileCondition(node, cel, report);
    return template ? [{ template, scope: scope(), frame, node }] : [];
  });
}

/** All of them as one over the scope of a host: the first that is not true decides. */
export function joined(conditions: readonly Condition[]): Compiled | undefined {
  const [first, ...rest] = conditions.map(({ template, scope }) => entered(template, scope));
  if (!first || rest.length === 0) return first;
  const all = [first, ...rest];
  return {
    evaluate(base) {
      for (const each of all) {
        const value = each.evaluate(base);
        if (value !== true) return value;
      }
      return true;
    },
    references: all.flatMap(({ references }) => references),
    constant: all.every(({ constant }) => constant),
    place: conditions.at(-1)?.template.place ?? first.place,
    locate: () => placeOf(conditions.at(-1)?.node ?? (conditions[0] as Condition).node),
    uses: all.flatMap(({ uses }) => uses),
    leaves: [],
  };
}
