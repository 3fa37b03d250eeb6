/** Steps as they stand in the files: names settled, groups and imports laid out flat, tasks and expressions not read yet. */
import { basename, dirname } from 'node:path';
import { didYouMean } from '../../base/suggest.ts';
import type { HostNames } from '../inventory/host-pattern.ts';
import { narrowHosts } from '../inventory/hosts-of.ts';
import { child, entryOf, listOf, type MapNode, type Node, textOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { Frame, Layer } from './frame.ts';
import type { Imports } from './import.ts';
import { inherit } from './inherit.ts';

/** A step or handler whose shape is right and whose id is its own. */
export interface StepDraft {
  /** Its own in the whole run: that of its file, behind those of the imports that bring it. */
  readonly id: string;
  /** Its id in its file. */
  readonly name: string;
  readonly taskName: string;
  /** The entry, with what groups and imports say for it. */
  readonly node: MapNode;
  readonly handler: boolean;
  /** Hosts it counts for. */
  readonly hosts: ReadonlySet<string>;
  /** With `once`: by whom it is carried out for each of them. */
  readonly actors?: ReadonlyMap<string, string>;
  readonly frame: Frame;
  /** Groups and imports around it, outermost first. */
  readonly within: readonly Layer[];
}

export interface Drafts {
  /** Steps in the order in which they are reached, then handlers. */
  readonly drafts: readonly StepDraft[];
  readonly layers: readonly Layer[];
}

/** Every entry of `steps:` and `handlers:` that can be worked with. Faults of ids and hosts are reported. */
export function draftRunbook(
  frame: Frame,
  hosts: ReadonlySet<string>,
  imports: Imports,
  names: HostNames,
  report: Report,
): Drafts {
  const found = { steps: [] as StepDraft[], handlers: [] as StepDraft[], layers: [] as Layer[] };
  const world = { imports, names, report, ...found };
  draftFrame({ frame, hosts, within: [], outer: undefined, taken: new Set(), world });
  return { drafts: [...found.steps, ...found.handlers], layers: found.layers };
}

/** Where an entry stands. */
interface Spot {
  readonly frame: Frame;
  readonly hosts: ReadonlySet<string>;
  readonly within: readonly Layer[];
  /** What is said around it, all in one. */
  readonly outer: MapNode | undefined;
  /** Ids of this file. */
  readonly taken: Set<string>;
  readonly world: {
    readonly imports: Imports;
    readonly names: HostNames;
    readonly report: Report;
    readonly steps: StepDraft[];
    readonly handlers: StepDraft[];
    readonly layers: Layer[];
  };
}

function draftFrame(spot: Spot): void {
  const { top } = spot.frame;
  draftList(child(top, 'steps'), false, spot);
  draftList(child(top, 'handlers'), true, spot);
}

function draftList(list: Node | undefined, handler: boolean, spot: Spot): void {
  for (const node of listOf(list)) {
    if (node.kind !== 'map') continue;
    if (!handler && entryOf(node, 'group')) draftGroup(node, spot);
    else if (!handler && entryOf(node, 'import')) draftImport(node, spot);
    else draftStep(node, handler, spot);
  }
}

function draftStep(node: MapNode, handler: boolean, spot: Spot): void {
  const { world, frame, within } = spot;
  const taskName = textOf(child(node, 'task'));
  if (taskName === undefined) return;
  const name = settleId(node, taskName, 'task', spot);
  if (name === undefined) return;
  const hosts = narrowHosts(node, spot.hosts, world.names, world.report);
  // Groups hold no handlers: those of an import have what that says.
  const draft = {
    id: frame.prefix + name,
    name,
    taskName,
    node: inherit(node, spot.outer),
    handler,
    hosts,
    frame,
    within,
  };
  (handler ? world.handlers : world.steps).push(draft);
}

function draftGroup(node: MapNode, spot: Spot): void {
  const { world, frame, within } = spot;
  const title = textOf(child(node, 'group'));
  const said = entryOf(node, 'id') ? settleId(node, '', 'group', spot) : undefined;
  const named = !entryOf(node, 'id') && title !== undefined && ID.test(title);
  const name = named ? settleId(node, title, 'group', spot) : said;
  const hosts = narrowHosts(node, spot.hosts, world.names, world.report);
  const layer: Layer = { kind: 'group', name, node, frame, within, hosts, inner: undefined };
  world.layers.push(layer);
  draftList(child(node, 'steps'), false, {
    ...spot,
    hosts,
    within: [...within, layer],
    outer: inherit(node, spot.outer),
  });
}

const ID = /^[a-z][a-z0-9_]*$/;

function draftImport(node: MapNode, spot: Spot): void {
  const { world, within } = spot;
  const file = basename(textOf(child(node, 'import')) ?? '').replace(/\.ya?ml$/, '');
  const name = settleId(node, file.replaceAll('-', '_'), 'import', spot);
  if (name === undefined) return;
  const imported = world.imports.get(node);
  const around = narrowHosts(node, spot.hosts, world.names, world.report);
  const hosts = imported ? narrowHosts(imported.top, around, world.names, world.report) : around;
  const layer: Layer = {
    kind: 'import',
    name,
    node,
    frame: spot.frame,
    within,
    hosts,
    get inner() {
      return inner;
    },
  };
  const inner: Frame | undefined = imported && {
    prefix: `${spot.frame.prefix}${name}.`,
    top: imported.top,
    path: imported.path,
    folder: dirname(imported.path),
    from: layer,
  };
  world.layers.push(layer);
  if (!inner) return;
  draftFrame({
    frame: inner,
    hosts,
    within: [...within, layer],
    outer: inherit(node, inherit(inner.top, spot.outer)),
    taken: new Set(),
    world,
  });
}

/** The id said, else the one by default; one that is taken already, or cannot be one, is reported. */
function settleId(
  node: MapNode,
  usual: string,
  key: 'task' | 'group' | 'import',
  spot: Spot,
): string | undefined {
  const { taken, world } = spot;
  const said = entryOf(node, 'id');
  const id = said ? textOf(said.value) : usual;
  const at = said?.value ?? child(node, key) ?? node;
  if (id === undefined) return undefined;
  // What is said is held against the schema.
  if (!said && !ID.test(id) && key === 'import') {
    world.report.add('bad-value', `"${id}" cannot be an id`, at, 'give the import an id: of its own');
    return undefined;
  }
  if (taken.has(id)) {
    const message = said
      ? `a second step with id "${id}"`
      : `a second step "${id}" (the id when none is given)`;
    world.report.add('duplicate-id', message, at, said ? 'give it another id' : 'give it an id: of its own');
    return undefined;
  }
  taken.add(id);
  return id;
}

/** Ids of handlers that a step notifies; unknown ones are reported. */
export function notifiedBy(
  draft: StepDraft,
  handlers: readonly StepDraft[],
  report: Report,
): readonly string[] {
  const own = handlers.filter(({ frame }) => frame === draft.frame);
  const known = own.map(({ name }) => name);
  return listOf(child(draft.node, 'notify')).flatMap((item) => {
    const name = textOf(item);
    if (name === undefined) return [];
    const handler = own.find((each) => each.name === name);
    if (handler) return [handler.id];
    const hint = known.length === 0 ? 'the runbook has no handlers:' : didYouMean(name, known);
    report.add('unknown-handler', `no handler "${name}"`, item, hint);
    return [];
  });
}
