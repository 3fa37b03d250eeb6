/** What the names in a file wait for: outputs of its own steps and of its imports, by the ids of the whole run. */
import type { Reference } from '../../model/runbook.ts';
import type { Path } from '../expression/path.ts';
import { referencesOf } from '../expression/reference.ts';
import type { Compiled } from '../expression/template.ts';
import type { FramePart } from './frame-part.ts';
import type { FrameWorld } from './frame-scope.ts';
import { referencesIn, type StepScope } from './step-scope.ts';

/** What a path waits for, in the ids of the whole run. */
export function frameReferences(
  path: Path,
  part: FramePart,
  outer: StepScope | undefined,
  world: FrameWorld,
): readonly Reference[] {
  const [first, , third] = path.segments;
  if (path.root === 'inputs') {
    const named = first?.name === undefined ? [...part.inputs.values()] : [part.inputs.get(first.name)];
    return outer ? named.flatMap((input) => (input?.given ? referencesIn(input.given, outer) : [])) : [];
  }
  const onHost = path.root === 'hosts' ? (first?.name ?? '*') : undefined;
  const rest =
    path.root === 'hosts'
      ? path.segments.slice(1)
      : path.root === 'host'
        ? path.segments
        : [{ name: path.root, optional: false }, ...path.segments];
  const [area, item] = rest;
  if (area?.name === 'vars' && outer) return at(onHost, varReferences(item?.name, part, outer, world));
  const output = path.root === 'hosts' ? path.segments[4] : path.root === 'host' ? path.segments[3] : third;
  return referencesOf(path).flatMap((reference) =>
    reference.kind === 'output' ? stepReferences(reference, output?.name, part, world) : [reference],
  );
}

function varReferences(
  name: string | undefined,
  { frame, vars, over }: FramePart,
  outer: StepScope,
  world: FrameWorld,
): readonly Reference[] {
  const pick = (from: ReadonlyMap<string, Compiled> | undefined): readonly Compiled[] =>
    name === undefined ? [...(from?.values() ?? [])] : from?.get(name) ? [from.get(name) as Compiled] : [];
  const said = pick(over).flatMap((template) => referencesIn(template, outer));
  if (name !== undefined && over.has(name)) return said;
  return [
    ...said,
    ...pick(vars?.templates).flatMap((template) => referencesIn(template, world.scope(frame))),
  ];
}

/** A step of the file, or what the outputs of an import rest on. */
function stepReferences(
  { step, host }: Extract<Reference, { readonly kind: 'output' }>,
  output: string | undefined,
  part: FramePart,
  world: FrameWorld,
): readonly Reference[] {
  const names = step === '*' ? [...part.steps.keys(), ...part.imports.keys()] : [step];
  return names.flatMap((name): readonly Reference[] => {
    const inner = part.imports.get(name)?.inner;
    if (!inner)
      return at(host, [{ kind: 'output', step: part.steps.get(name)?.id ?? part.frame.prefix + name }]);
    const { outputs } = world.part(inner);
    const wanted = output === undefined ? [...outputs.values()] : [outputs.get(output)];
    return at(
      host,
      wanted.flatMap((template) => (template ? referencesIn(template, world.scope(inner)) : [])),
    );
  });
}

/** What a host waits for for itself, as others wait for it. */
function at(host: string | undefined, references: readonly Reference[]): readonly Reference[] {
  if (host === undefined) return references;
  return references.map((reference) => ({ ...reference, host: reference.host ?? host }));
}
