/** `env:` of a step: what the runbook, its groups and imports around it, and the step itself put into the environment. */
import type { Template } from '../../model/runbook.ts';
import type { Cel } from '../expression/cel.ts';
import { type Compiled, compileValue } from '../expression/template.ts';
import { child, type Node, placeOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { StepDraft } from './draft.ts';
import type { Frame } from './frame.ts';
import type { RunbookScopes } from './scopes.ts';
import { entered, type StepScope } from './step-scope.ts';

/** One variable, in the names of where it is said. */
export interface EnvPart {
  readonly name: string;
  readonly template: Compiled;
  readonly scope: StepScope;
  /** The file that says it. */
  readonly frame: Frame;
  readonly node: Node;
}

interface Source {
  readonly node: Node | undefined;
  readonly scope: () => StepScope;
  readonly frame: Frame;
}

/** Outermost first: a later one of the same name wins. `own`: the names that the step itself sees. */
export function envOf(
  draft: StepDraft,
  own: StepScope,
  scopes: RunbookScopes,
  cel: Cel | undefined,
  report: Report,
): readonly EnvPart[] {
  const around = draft.within.flatMap(({ kind, node, frame, inner }, at): readonly Source[] => {
    if (kind === 'group')
      return [{ node: child(node, 'env'), scope: () => scopes.within(draft.within.slice(0, at + 1)), frame }];
    return inner ? [{ node: child(inner.top, 'env'), scope: () => scopes.inside(inner), frame: inner }] : [];
  });
  const main = scopes.parts[0]?.frame;
  const sources: readonly Source[] = [
    ...(main ? [{ node: child(main.top, 'env'), scope: () => scopes.inside(main), frame: main }] : []),
    ...around,
    { node: child(draft.node, 'env'), scope: () => own, frame: draft.frame },
  ];
  const parts = new Map<string, EnvPart>();
  for (const { node, scope, frame } of sources) {
    for (const { name, value } of node?.kind === 'map' ? node.entries : [])
      parts.set(name, {
        name,
        template: compileValue(value, cel, report),
        scope: scope(),
        frame,
        node: value,
      });
  }
  return [...parts.values()];
}

/** All of them as one over the scope of a host; undefined where there is none. */
export function envTemplate(parts: readonly EnvPart[]): Template | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const all = parts.map(({ name, template, scope }) => [name, entered(template, scope)] as const);
  return {
    evaluate: (scope) => Object.fromEntries(all.map(([name, each]) => [name, each.evaluate(scope)])),
    references: all.flatMap(([, { references }]) => references),
    constant: all.every(([, { constant }]) => constant),
    place: placeOf(first.node),
    locate: ([name]) => placeOf(parts.find((part) => part.name === name)?.node ?? first.node),
  };
}
