/** `needs:` resolved: which steps, on which hosts, a step waits for; what is implied when nothing is said. */
import { didYouMean } from '../../base/suggest.ts';
import type { Need, Reference } from '../../model/runbook.ts';
import type { HostNames } from '../inventory/host-pattern.ts';
import { child, entryOf, listOf, type Node, placeOf, textOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { StepDraft } from './draft.ts';
import type { Frame, Layer } from './frame.ts';
import { impliedBy, needOf } from './need-edge.ts';

/** The needs of a step, explicit ones or the step before it, and those that its expressions imply. */
export function needsOf(
  draft: StepDraft,
  drafts: readonly StepDraft[],
  references: readonly Reference[],
  world: NeedWorld,
  report: Report,
): readonly Need[] {
  if (draft.handler) return [];
  const entry = entryOf(draft.node, 'needs');
  const own = { hosts: draft.hosts, frame: draft.frame, except: draft.name };
  const needs = entry ? readNeeds(entry.value, own, drafts, world, report) : [];
  const before = entry
    ? aroundImport(draft, needs, drafts, world, report)
    : stepsBefore(draft, drafts.indexOf(draft), draft.within, drafts, world, report);
  const given = [...needs, ...before];
  return [...given, ...impliedBy(references, draft, drafts, given)];
}

/** What names in `needs` are held against. */
export interface NeedWorld {
  readonly names: HostNames;
  readonly layers: readonly Layer[];
}

/** Who says a need. */
interface Needer {
  readonly hosts: ReadonlySet<string>;
  /** The file in which ids mean its own. */
  readonly frame: Frame;
  /** Its own id, which is not suggested. */
  readonly except: string | undefined;
}

function readNeeds(
  list: Node,
  needer: Needer,
  drafts: readonly StepDraft[],
  world: NeedWorld,
  report: Report,
): readonly Need[] {
  return listOf(list).flatMap((item) => readNeed(item, needer, drafts, world, report));
}

function readNeed(
  item: Node,
  needer: Needer,
  drafts: readonly StepDraft[],
  world: NeedWorld,
  report: Report,
): readonly Need[] {
  const text = textOf(item);
  if (text === undefined) return [];
  const [id = '', where, ...rest] = text.split('@');
  const steps = rest.length > 0 ? undefined : stepsNamed(id, needer.frame, drafts, world.layers);
  if (!steps) {
    const ids = namesIn(needer.frame, drafts, world.layers).filter((each) => each !== needer.except);
    report.add('unknown-step', `no step "${rest.length > 0 ? text : id}"`, item, didYouMean(id, ids));
    return [];
  }
  const [only] = steps.length === 1 ? steps : [];
  const wide = only?.hosts ?? new Set(steps.flatMap((step) => [...step.hosts]));
  if (where === undefined) {
    const here = steps.filter((step) => meet(needer.hosts, step.hosts));
    if (here.length === 0 && needer.hosts.size > 0 && wide.size > 0) {
      const hint = `it runs on ${some(wide)}: write ${id}@all`;
      report.add('need-no-host', `"${id}" runs on no host that this step runs on`, item, hint);
    }
    return here.map((step) => needOf(step, 'same', { place: placeOf(item) }));
  }
  const wanted = where === 'all' ? [...wide] : (world.names.groups.get(where) ?? known(where, world.names));
  if (!wanted) {
    const candidates = ['all', ...world.names.groups.keys(), ...world.names.hosts];
    report.add('unknown-host', `no host or group "${where}"`, item, didYouMean(where, candidates));
    return [];
  }
  const needs = steps.flatMap((step): readonly Need[] => {
    const hosts = wanted.filter((host) => step.hosts.has(host));
    return hosts.length > 0 ? [needOf(step, hosts, { place: placeOf(item) })] : [];
  });
  if (needs.length === 0 && wide.size > 0)
    report.add('need-no-host', `"${id}" does not run on ${where}`, item, `it runs on ${some(wide)}`);
  return needs;
}

/** The step of that id in a file, or all of a group or import; undefined where there is none. */
function stepsNamed(
  name: string,
  frame: Frame,
  drafts: readonly StepDraft[],
  layers: readonly Layer[],
): readonly StepDraft[] | undefined {
  const step = drafts.find((each) => each.name === name && each.frame === frame);
  if (step) return [step];
  const layer = layers.find((each) => each.name === name && each.frame === frame);
  return layer && drafts.filter((each) => !each.handler && each.within.includes(layer));
}

function namesIn(frame: Frame, drafts: readonly StepDraft[], layers: readonly Layer[]): readonly string[] {
  return [...drafts, ...layers].flatMap((each) => (each.frame === frame ? (each.name ?? []) : []));
}

function meet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a === b) return a.size > 0;
  for (const host of a) if (b.has(host)) return true;
  return false;
}

function known(host: string, names: HostNames): readonly string[] | undefined {
  return [...names.hosts].includes(host) ? [host] : undefined;
}

function some(hosts: ReadonlySet<string>): string {
  const list = [...hosts];
  return list.length <= 5 ? list.join(', ') : `${list.slice(0, 4).join(', ')} and ${list.length - 4} more`;
}

/**
 * The step before it on each of its hosts: further back where the nearer ones are meant for other hosts. Where that way
 * leads out of a group or import that says its needs, those count. `at`: where to begin; `within`: what surrounds that.
 */
function stepsBefore(
  draft: StepDraft,
  at: number,
  within: readonly Layer[],
  drafts: readonly StepDraft[],
  world: NeedWorld,
  report: Report,
): readonly Need[] {
  const needs: Need[] = [];
  const left = [...within];
  let open = draft.hosts;
  const leave = (before: StepDraft | undefined): readonly Need[] | undefined => {
    for (let layer = left.at(-1); layer && !before?.within.includes(layer); layer = left.at(-1)) {
      left.pop();
      const entry = entryOf(layer.node, 'needs');
      if (!entry) continue;
      const needer = { hosts: draft.hosts, frame: layer.frame, except: layer.name };
      return readNeeds(entry.value, needer, drafts, world, report);
    }
    return undefined;
  };
  for (let index = at - 1; index >= 0 && open.size > 0; index -= 1) {
    const before = drafts[index];
    if (!before || before.handler) continue;
    const said = leave(before);
    if (said) return [...needs, ...said];
    // Mostly both are for all hosts of the runbook.
    const whole = before.hosts === draft.hosts;
    const covered = whole ? draft.hosts : new Set([...open].filter((host) => before.hosts.has(host)));
    if (covered.size === 0) continue;
    const place = placeOf(child(draft.node, 'task') ?? draft.node);
    needs.push(needOf(before, 'same', { place, by: 'order' }));
    if (whole) return needs;
    open = new Set([...open].filter((host) => !covered.has(host)));
  }
  return open.size > 0 ? [...needs, ...(leave(undefined) ?? [])] : needs;
}

/** No step of an import begins before what the import waits for, whatever its own file says of it. */
function aroundImport(
  draft: StepDraft,
  needs: readonly Need[],
  drafts: readonly StepDraft[],
  world: NeedWorld,
  report: Report,
): readonly Need[] {
  const layer = draft.frame.from;
  if (!layer || needs.some(({ hosts }) => hosts === 'same')) return [];
  const first = drafts.findIndex((each) => each.within.includes(layer));
  return stepsBefore(draft, first, [...layer.within, layer], drafts, world, report);
}
