/** Loads everything a run works on and checks all that can be checked before the first connection. */
import { dirname } from 'node:path';
import { invalid } from '../base/error.ts';
import type { Host, Inventory } from '../model/inventory.ts';
import type { Project, Step } from '../model/runbook.ts';
import { refusePlaybook } from './ansible.ts';
import { becomeOf } from './become.ts';
import { checkAll, shamScope } from './check.ts';
import { reportCycle } from './cycle.ts';
import { draftSteps, patternHosts, type StepDraft } from './draft.ts';
import { checkExtraNames } from './extra-name.ts';
import { readExtraVars } from './extra-vars.ts';
import type { LoadInput } from './input.ts';
import { type LoadedInventory, loadInventory, noInventory } from './inventory.ts';
import { limitHosts, stepsBefore, stepsLeftOut } from './limit.ts';
import { child, type Entry, type MapNode, placeOf, type Spot, textOf } from './node.ts';
import { readSource } from './read.ts';
import { withReads } from './read-edge.ts';
import { createReport, type Report } from './report.ts';
import { locateInventory, locateRunbook } from './root.ts';
import { type BuiltStep, buildSteps, runbookWantsCel } from './runbook.ts';
import { RUNBOOK_SCHEMA } from './runbook-schema.ts';
import { compileVars } from './runbook-vars.ts';
import { checkShape } from './shape.ts';
import { loadTasks } from './task-load.ts';
import { projectTasks } from './tasks.ts';
import { openTrees, type TreeStore } from './tree.ts';

/** Throws RunError `invalid` with every problem of runbook, inventory, parameters and flags, sorted by place. */
export async function loadProject(input: LoadInput, report: Report = createReport()): Promise<Project> {
  const { root, runbook: path } = locateRunbook(input.runbook, input.cwd, input.project);
  const at = input.withoutInventory ? undefined : locateInventory(input.inventory, input.cwd, root);
  const trees = openTrees(root);
  const loaded = at ? await loadInventory(at, { ...input, root, trees }, report) : noInventory(root);
  const extraVars = await readExtraVars(input.extraVars, input.cwd, trees, report);
  const top = await readRunbook(path, input.cwd, trees, report);
  if (!top || !loaded) throw invalid(report.problems());
  const project = await assemble(input, { root, path, top, loaded, extraVars }, report);
  if (report.size > 0) throw invalid(report.problems());
  return project;
}

interface Parts {
  readonly root: string;
  readonly path: string;
  readonly top: MapNode;
  readonly loaded: LoadedInventory;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

async function readRunbook(
  path: string,
  cwd: string,
  trees: TreeStore,
  report: Report,
): Promise<MapNode | undefined> {
  const file = readSource(path, cwd, report);
  if (!file) return undefined;
  const before = report.size;
  const top = await trees.parse(file, report);
  if (!top) {
    if (report.size === before)
      report.add('empty-runbook', 'the runbook is empty', { file, start: 0, end: 0 });
    return undefined;
  }
  if (refusePlaybook(top, report)) return undefined;
  checkShape(RUNBOOK_SCHEMA, top, report, 'a runbook');
  return top.kind === 'map' ? top : undefined;
}

async function assemble(input: LoadInput, parts: Parts, report: Report): Promise<Project> {
  const { top, path, loaded, extraVars } = parts;
  const inventory = withBecome(loaded.inventory, top);
  const names = { hosts: [...inventory.hosts.keys()], groups: inventory.groups };
  const hosts = runbookHosts(top, names, report);
  const drafts = draftAll(top, hosts, names, report);
  const varsNode = child(top, 'vars');
  const cel = runbookWantsCel(drafts, varsNode) ? (await import('./cel.ts')).openCel() : undefined;
  const tasks = await loadTasks(
    wantedTasks(drafts),
    {
      builtin: input.builtinTasks,
      own: projectTasks(parts.root, input.builtinFolder),
      root: parts.root,
      cwd: input.cwd,
      engineUrl: input.engineUrl,
    },
    report,
  );
  checkExtraNames(extraVars, inventory, top, report);
  const vars = compileVars(varsNode, placeOf(varsNode ?? top), extraVars, cel, report);
  const source = { drafts, tasks, names, cel, folder: dirname(path) };
  const runbookName = textOf(child(top, 'name')) ?? path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  const plainSteps = buildSteps(source, report);
  const whole = { drafts, vars, inventory, hosts, runbookName };
  const scope = shamScope(parts, { ...whole, built: plainSteps });
  const built = withReads(plainSteps, { drafts, inventory, cel, scope });
  reportCycle(withHandlerEdges(built), report);
  const limit = limitHosts(input.limit, [...hosts], names, input.cwd, report);
  const plain = built.filter((each) => !each.draft.handler).map((each) => each.step);
  const leftOut = new Set([
    ...stepsLeftOut(plain, input.tags, input.skipTags, report),
    ...stepsBefore(plain, input.from, report),
  ]);
  const { secrets, openChecks } = await checkAll(input, parts, { ...whole, built }, report);
  const pick = (handler: boolean): readonly Step[] =>
    built
      .filter((each) => each.draft.handler === handler)
      .map(({ step }) => ({ ...step, checkAgain: openChecks.get(step.id) ?? NO_HOSTS }));
  return {
    root: parts.root,
    inventory,
    runbook: {
      name: runbookName,
      path,
      hosts: [...hosts],
      steps: pick(false),
      handlers: pick(true),
      vars: vars.template,
      secrets,
    },
    limit,
    leftOut,
    extraVars,
  };
}

const NO_HOSTS: ReadonlySet<string> = new Set();

/** Hosts that say nothing of `become` themselves take what the runbook says. */
function withBecome(inventory: Inventory, top: MapNode): Inventory {
  const become = becomeOf(top);
  if (become === undefined) return inventory;
  const inherit = (host: Host): Host => (host.become === undefined ? { ...host, become } : host);
  return { ...inventory, hosts: new Map([...inventory.hosts].map(([name, host]) => [name, inherit(host)])) };
}

function runbookHosts(
  top: MapNode,
  names: { readonly hosts: readonly string[]; readonly groups: Inventory['groups'] },
  report: Report,
): ReadonlySet<string> {
  const node = child(top, 'hosts');
  const chosen = node && patternHosts(node, names, report);
  if (node && chosen?.size === 0)
    report.add('no-host', 'the runbook reaches no host', node, 'name hosts or groups');
  return chosen ?? new Set();
}

function draftAll(
  top: MapNode,
  hosts: ReadonlySet<string>,
  names: { readonly hosts: readonly string[]; readonly groups: Inventory['groups'] },
  report: Report,
): readonly StepDraft[] {
  const taken = new Map<string, Entry | MapNode>();
  return [
    ...draftSteps(child(top, 'steps'), false, hosts, names, taken, report),
    ...draftSteps(child(top, 'handlers'), true, hosts, names, taken, report),
  ];
}

function wantedTasks(drafts: readonly StepDraft[]): ReadonlyMap<string, Spot> {
  const wanted = new Map<string, Spot>();
  for (const draft of drafts) {
    if (!wanted.has(draft.taskName)) wanted.set(draft.taskName, child(draft.node, 'task') ?? draft.node);
  }
  return wanted;
}

/** For the search of rings, a handler waits for the steps that notify it. */
function withHandlerEdges(built: readonly BuiltStep[]): readonly Step[] {
  return built.map(({ step, draft }) => {
    if (!draft.handler) return step;
    const notifiers = built.filter((each) => each.step.notify.includes(step.id));
    const needs = notifiers.map((each) => ({
      step: each.step.id,
      hosts: 'same' as const,
      place: each.step.place,
    }));
    return { ...step, needs };
  });
}
