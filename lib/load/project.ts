/** Loads everything a run works on and checks all that can be checked before the first connection. */
import { dirname } from 'node:path';
import { invalid, RunError } from '../base/error.ts';
import type { Host, Inventory } from '../model/inventory.ts';
import type { Project, Step } from '../model/runbook.ts';
import { isPart, partReport } from './expression/part.ts';
import { becomeOf } from './inventory/become.ts';
import { checkExtraNames } from './inventory/extra-name.ts';
import { readExtraVars } from './inventory/extra-vars.ts';
import { patternHosts } from './inventory/hosts-of.ts';
import { type LoadedInventory, loadInventory, noInventory } from './inventory/inventory.ts';
import { limitHosts, stepsAllowed, stepsBefore, stepsBeside, stepsLeftOut } from './inventory/limit.ts';
import { unknownSecrets } from './inventory/secret-source.ts';
import type { TaskNames } from './runbook/bare-task.ts';
import { reportCycle } from './runbook/cycle.ts';
import { draftRunbook, type StepDraft } from './runbook/draft.ts';
import type { Frame } from './runbook/frame.ts';
import { type Imports, readImports } from './runbook/import.ts';
import { settleOnce } from './runbook/once.ts';
import { withReads } from './runbook/read-edge.ts';
import { rolloutsOf } from './runbook/rollout.ts';
import { buildSteps, runbookWantsCel } from './runbook/runbook.ts';
import { checkImported, checkRunbook } from './runbook/runbook-shape.ts';
import { compileVars } from './runbook/runbook-vars.ts';
import { openScopes } from './runbook/scopes.ts';
import { defaultVars } from './runbook/var-schema.ts';
import { refusePlaybook } from './source/ansible.ts';
import { DISK } from './source/disk.ts';
import type { LoadInput } from './source/input.ts';
import { child, type MapNode, type Node, placeOf, type Spot, textOf } from './source/node.ts';
import { readSource } from './source/read.ts';
import { createReport, type Report } from './source/report.ts';
import { type InventoryPlace, locateInventory, locateRunbook } from './source/root.ts';
import { openTrees, type TreeStore } from './source/tree.ts';
import { loadTasks } from './task/task-load.ts';
import { projectTasks } from './task/tasks.ts';
import { checkAll, shamScope } from './trial/check.ts';

/** Throws RunError `invalid` with every problem of runbook, inventory, parameters and flags, sorted by place. */
export async function loadProject(input: LoadInput, report: Report = createReport()): Promise<Project> {
  const { disk = DISK } = input;
  const { root, runbook: path } = locateRunbook(input.runbook, input.cwd, input.project, disk);
  const at = input.withoutInventory ? undefined : findInventory(input, root, report);
  const trees = openTrees(root, disk);
  const loaded = await (input.withoutInventory
    ? noInventory(root)
    : at && loadInventory(at, { ...input, root, trees }, report));
  const extraVars = await readExtraVars(input.extraVars, input.cwd, trees, report);
  const tasks: TaskNames = () =>
    new Set([...input.builtinTasks.keys(), ...projectTasks(root, input.builtinFolder, disk).keys()]);
  const part = (node: Node): boolean => input.lint === true && isPart(node);
  const top = await readRunbook(path, input.cwd, tasks, trees, part, report);
  if (!top || !loaded) throw invalid(report.problems());
  const imports = await readImports(top, path, input.cwd, tasks, trees, report);
  const own = part(top) ? partReport(report) : report;
  const project = await assemble(input, { root, path, top, imports, loaded, extraVars }, own);
  if (report.size > 0) throw invalid(report.problems());
  return project;
}

/** One that is not there is a problem like others: the runbook is read all the same. */
function findInventory(input: LoadInput, root: string, report: Report): InventoryPlace | undefined {
  try {
    return locateInventory(input.inventory, input.cwd, root, input.disk);
  } catch (error) {
    if (!(error instanceof RunError) || error.problems.length === 0) throw error;
    for (const { code, message, place, hint } of error.problems) report.add(code, message, place, hint);
    return undefined;
  }
}

interface Parts {
  readonly root: string;
  readonly path: string;
  readonly top: MapNode;
  readonly imports: Imports;
  readonly loaded: LoadedInventory;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

async function readRunbook(
  path: string,
  cwd: string,
  tasks: TaskNames,
  trees: TreeStore,
  part: (top: Node) => boolean,
  report: Report,
): Promise<MapNode | undefined> {
  const file = readSource(path, cwd, report, undefined, trees.disk);
  if (!file) return undefined;
  const before = report.size;
  const top = await trees.parse(file, report);
  if (!top) {
    if (report.size === before)
      report.add('empty-runbook', 'the runbook is empty', { file, start: 0, end: 0 });
    return undefined;
  }
  if (refusePlaybook(top, report)) return undefined;
  if (part(top)) checkImported(top, tasks, report);
  else checkRunbook(top, tasks, report);
  return top.kind === 'map' ? top : undefined;
}

async function assemble(input: LoadInput, parts: Parts, report: Report): Promise<Project> {
  const { top, path, loaded, imports, extraVars } = parts;
  const inventory = withBecome(loaded.inventory, top);
  const names = { hosts: [...inventory.hosts.keys()], groups: inventory.groups };
  const hosts = runbookHosts(top, names, report);
  const main: Frame = { prefix: '', top, path, folder: dirname(path), from: undefined };
  const laid = draftRunbook(main, hosts, imports, names, report);
  const { layers } = laid;
  const within = [...hosts].filter((host) => input.within?.includes(host) ?? true);
  const limit = limitHosts(input.limit, within, names, input.cwd, report);
  const drafts = settleOnce(laid.drafts, { inventory, values: loaded.values, extraVars }, report);
  const varsNode = child(top, 'vars');
  const cel = runbookWantsCel({ drafts, layers }, main)
    ? (await import('./expression/cel.ts')).openCel()
    : undefined;
  const tasks = await loadTasks(
    wantedTasks(drafts),
    {
      builtin: input.builtinTasks,
      own: projectTasks(parts.root, input.builtinFolder, input.disk),
      root: parts.root,
      cwd: input.cwd,
      engineUrl: input.engineUrl,
      disk: input.disk,
    },
    report,
  );
  checkExtraNames(extraVars, inventory, [top, ...layers.flatMap(({ inner }) => inner?.top ?? [])], report);
  const vars = compileVars(varsNode, placeOf(varsNode ?? top), extraVars, cel, report);
  const scopes = openScopes(main, { drafts, layers, cel, inventory, extraVars }, report);
  const source = { drafts, layers, tasks, names, cel, scopes, extraVars };
  const runbookName = textOf(child(top, 'name')) ?? path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  const plainSteps = buildSteps(source, report);
  const whole = { drafts, vars, scopes, inventory, hosts, runbookName };
  const scope = shamScope(parts, { ...whole, built: plainSteps });
  const built = withReads(plainSteps, { drafts, inventory, cel, scope });
  const plain = built.filter((each) => !each.draft.handler).map((each) => each.step);
  const leftOut = new Set([
    ...stepsLeftOut(plain, input.tags, input.skipTags, report),
    ...stepsBefore(plain, input.from, report),
    ...stepsBeside(plain, input.only ?? [], report),
  ]);
  const every = built.map(({ step }) => step);
  const allowed = stepsAllowed(every, input.allow ?? [], report);
  const changed = names.hosts.filter((host) => limit.has(host));
  const rollouts = rolloutsOf({ main, layers, built, limit: changed, leftOut });
  reportCycle(built, rollouts, report);
  const { secrets, secretNames, openChecks } = await checkAll(input, parts, { ...whole, built }, report);
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
      ...(input.unknownSecrets ? { unknownSecrets: unknownSecrets(secretNames) } : {}),
    },
    limit,
    leftOut,
    rollouts,
    allowed,
    extraVars,
  };
}

const NO_HOSTS: ReadonlySet<string> = new Set();

/** Hosts that say nothing of `become`, or of a variable that has a default, take what the runbook says. */
function withBecome(inventory: Inventory, top: MapNode): Inventory {
  const become = becomeOf(top);
  const presets = defaultVars(top);
  const preset = Object.keys(presets).length > 0;
  if (become === undefined && !preset) return inventory;
  const inherit = (host: Host): Host => ({
    ...host,
    ...(host.become === undefined && become !== undefined ? { become } : {}),
    ...(preset ? { vars: { ...presets, ...host.vars } } : {}),
  });
  return { ...inventory, hosts: new Map([...inventory.hosts].map(([name, host]) => [name, inherit(host)])) };
}

function runbookHosts(
  top: MapNode,
  names: { readonly hosts: readonly string[]; readonly groups: Inventory['groups'] },
  report: Report,
): ReadonlySet<string> {
  const node = child(top, 'hosts');
  // Nobody runs it as it is: it has been refused, or is checked for those that import it.
  if (!node) return new Set(names.hosts);
  const chosen = patternHosts(node, names, report);
  if (chosen?.size === 0) report.add('no-host', 'the runbook reaches no host', node, 'name hosts or groups');
  return chosen ?? new Set();
}

function wantedTasks(drafts: readonly StepDraft[]): ReadonlyMap<string, Spot> {
  const wanted = new Map<string, Spot>();
  for (const draft of drafts) {
    if (!wanted.has(draft.taskName)) wanted.set(draft.taskName, child(draft.node, 'task') ?? draft.node);
  }
  return wanted;
}
