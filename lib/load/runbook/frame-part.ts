/** What a file of a runbook declares beside its steps, compiled: inputs with what they are given, variables, outputs. */

import { didYouMean } from '../../base/suggest.ts';
import type { Cel } from '../expression/cel.ts';
import { type Compiled, compileValue } from '../expression/template.ts';
import { typeOfSchema } from '../expression/type.ts';
import { TypedUnknown } from '../expression/typed-unknown.ts';
import { soundSchema } from '../inventory/value-schema.ts';
import { isMap, type JsonSchema } from '../source/json-schema.ts';
import { child, type Entry, entryOf, type MapNode, type Node, placeOf, plain } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { StepDraft } from './draft.ts';
import type { Frame, Layer } from './frame.ts';
import { compileVars, type RunbookVars } from './runbook-vars.ts';
import { defaultVars } from './var-schema.ts';

export interface Input {
  readonly name: string;
  readonly schema: JsonSchema;
  /** What the import gives, in the names of the file that imports. */
  readonly given: Compiled | undefined;
  /** What it is otherwise: undefined when it may be left out and has no default, unknown when somebody should give it. */
  readonly preset: unknown;
  /** The value given, else where it is declared. */
  readonly node: Node;
}

export interface FramePart {
  readonly frame: Frame;
  readonly inputs: ReadonlyMap<string, Input>;
  /** Of an imported file; those of the runbook itself are a part of what its hosts have. */
  readonly vars: RunbookVars | undefined;
  /** What variables are that nobody sets. */
  readonly presets: Readonly<Record<string, unknown>>;
  /** What the import says under `vars`, in the names of the file that imports. */
  readonly over: ReadonlyMap<string, Compiled>;
  readonly outputs: ReadonlyMap<string, Compiled>;
  /** Steps by their ids in this file. */
  readonly steps: ReadonlyMap<string, StepDraft>;
  /** Imports by their ids in this file. */
  readonly imports: ReadonlyMap<string, Layer>;
}

export interface PartSource {
  readonly drafts: readonly StepDraft[];
  readonly layers: readonly Layer[];
  readonly cel: Cel | undefined;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

export function framePart(frame: Frame, source: PartSource, report: Report): FramePart {
  const { top, from } = frame;
  const { drafts, layers, cel, extraVars } = source;
  const vars = child(top, 'vars');
  const own = drafts.filter((each) => each.frame === frame && !each.handler);
  const imports = layers.filter((each) => each.frame === frame && each.kind === 'import');
  return {
    frame,
    inputs: inputsOf(frame, cel, report),
    vars: from && compileVars(vars, placeOf(vars ?? top), extraVars, cel, report),
    presets: defaultVars(top),
    over: compileEntries(from && child(from.node, 'vars'), cel, report),
    outputs: compileEntries(child(top, 'outputs'), cel, report),
    steps: new Map(own.map((each) => [each.name, each])),
    imports: new Map(imports.map((each) => [each.name ?? '', each])),
  };
}

/** A map of values, each compiled by itself. */
export function compileEntries(
  node: Node | undefined,
  cel: Cel | undefined,
  report: Report,
): ReadonlyMap<string, Compiled> {
  return new Map(entriesOf(node).map(({ name, value }) => [name, compileValue(value, cel, report)]));
}

function entriesOf(node: Node | undefined): readonly Entry[] {
  return node?.kind === 'map' ? node.entries : [];
}

function inputsOf({ top, from }: Frame, cel: Cel | undefined, report: Report): ReadonlyMap<string, Input> {
  const declared = entriesOf(child(top, 'inputs'));
  const given = from && child(from.node, 'with');
  const known = new Set(declared.map(({ name }) => name));
  for (const { name, key } of entriesOf(given)) {
    if (known.has(name)) continue;
    const hint = didYouMean(name, known) ?? (known.size === 0 ? 'it declares no inputs:' : undefined);
    report.add('unknown-input', `no input "${name}"`, key, hint ?? `it takes ${[...known].join(', ')}`);
  }
  const inputs = declared.flatMap(({ name, key, value }): readonly Input[] => {
    const rule = plain(value);
    if (!isMap(rule)) return [];
    const { required, ...schema } = rule;
    const entry = entryOf(given, name);
    const open = schema.default === undefined && required !== false;
    const preset = open
      ? new TypedUnknown(`input ${name}`, typeOfSchema(soundSchema(schema)))
      : schema.default;
    if (!entry && open) {
      const spot = given ?? (from && child(from.node, 'import')) ?? key;
      const message = `input "${name}" is missing`;
      report.add('missing-input', message, from ? spot : key, from ? hintFor(name, rule) : ALONE);
    }
    const template = entry && compileValue(entry.value, cel, report);
    return [{ name, schema: soundSchema(schema), given: template, preset, node: entry?.value ?? value }];
  });
  return new Map(inputs.map((input) => [input.name, input]));
}

const ALONE = 'only a runbook that imports this one can give it: import it, or give the input a default';

function hintFor(name: string, { type, description }: Readonly<Record<string, unknown>>): string {
  const what = typeof description === 'string' ? `: ${description}` : '';
  return `add ${name}: under with: (${[type].flat().join(' or ')}${what})`;
}

/** True when the file has something that only the expression language's library can read. */
export function frameNodes({ top, from }: Frame): readonly (MapNode | Node)[] {
  const own = [child(top, 'vars'), child(top, 'env'), child(top, 'outputs')];
  const outer = from ? [child(from.node, 'with'), child(from.node, 'vars')] : [];
  return [...own, ...outer].flatMap((node) => node ?? []);
}
