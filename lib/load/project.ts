/** Loads everything a run works on and checks all that can be checked before the first connection. */
import { dirname } from 'node:path';
import { invalid, RunError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';
import type { Host, Inventory } from '../model/inventory.ts';
import type { Project, Step } from '../model/runbook.ts';
import { refusePlaybook } from './ansible.ts';
import { becomeOf } from './become.ts';
import { reportCycle } from './cycle.ts';
import { draftSteps, patternHosts, type StepDraft } from './draft.ts';
import { readExtraVars } from './extra-vars.ts';
import { varsScope } from './host-vars.ts';
import type { LoadInput } from './input.ts';
import { type LoadedInventory, loadInventory } from './inventory.ts';
import { limitHosts, stepsLeftOut } from './limit.ts';
import type { NameWorld } from './name-check.ts';
import { child, type Entry, type MapNode, placeOf, type Spot, textOf } from './node.ts';
import { readSource } from './read.ts';
import { createReport, type Report } from './report.ts';
import { locateInventory, locateRunbook } from './root.ts';
import { type BuiltStep, buildSteps, runbookWantsCel } from './runbook.ts';
import { RUNBOOK_SCHEMA } from './runbook-schema.ts';
import { compileVars, isLate, type RunbookVars, tolerantVars } from './runbook-vars.ts';
import { fetchSecrets, type SecretSource, secretSources } from './secret-source.ts';
import { checkShape } from './shape.ts';
import { loadTasks } from './task-load.ts';
import { projectTasks } from './tasks.ts';
import { checkNames, type TrialWorld, tryStep } from './trial.ts';
import { parseYaml } from './yaml.ts';

/** Throws RunError `invalid` with every problem of runbook, inventory, parameters and flags, sorted by place. */
export async function loadProject(input: LoadInput): Promise<Project> {
  const report = createReport();
  const { root, runbook: path } = locateRunbook(input.runbook, input.cwd, input.project);
  const at = locateInventory(input.inventory, input.cwd, root);
  const loaded = loadInventory(at, input.cwd, input.home, report);
  const extraVars = readExtraVars(input.extraVars, input.cwd, report);
  const top = readRunbook(path, input.cwd, report);
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

function readRunbook(path: string, cwd: string, report: Report): MapNode | undefined {
  const file = readSource(path, cwd, report);
  if (!file) return undefined;
  const before = report.size;
  const top = parseYaml(file, report);
  if (!top) {
    if (report.size === before)
      report.add('empty-runbook', 'the runbook is empty', { file, start: 0, end: 0 });
    return undefined;
  }
  if (refusePlaybook(top, report)) return undefined;
  checkShape(RUNBOOK_SCHEMA, top, report);
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
  const vars = compileVars(varsNode, placeOf(varsNode ?? top), extraVars, cel, report);
  const source = { drafts, tasks, names, cel, folder: dirname(path) };
  const built = buildSteps(source, report);
  reportCycle(withHandlerEdges(built), report);
  const limit = limitHosts(input.limit, [...hosts], names, input.cwd, report);
  const plain = built.filter((each) => !each.draft.handler).map((each) => each.step);
  const leftOut = stepsLeftOut(plain, input.tags, input.skipTags, report);
  const runbookName = textOf(child(top, 'name')) ?? path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  const secrets = await checkAll(
    input,
    parts,
    { built, drafts, vars, inventory, hosts, runbookName },
    report,
  );
  const pick = (handler: boolean): readonly Step[] =>
    built.filter((each) => each.draft.handler === handler).map((each) => each.step);
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

interface Built {
  readonly built: readonly BuiltStep[];
  readonly drafts: readonly StepDraft[];
  readonly vars: RunbookVars;
  readonly inventory: Inventory;
  readonly hosts: ReadonlySet<string>;
  readonly runbookName: string;
}

/** Every check that needs the whole picture; gives the secrets that are used. */
async function checkAll(
  input: LoadInput,
  parts: Parts,
  all: Built,
  report: Report,
): Promise<Readonly<Record<string, Secret>>> {
  const sources = secretSources([
    { node: parts.loaded.secrets, folder: parts.loaded.folder },
    { node: child(parts.top, 'secrets'), folder: dirname(parts.path) },
  ]);
  const used = usedSecrets(all, sources);
  const fetching = input.fetchSecrets !== false && report.size === 0;
  const stand = (): Record<string, Secret> =>
    Object.fromEntries([...sources.keys()].map((name) => [name, new Secret(name, 'secret')]));
  const fetched = fetching ? await fetchSecrets(sources, used, input, report) : {};
  const sham = !fetching || report.size > 0;
  const secrets = sham ? stand() : fetched;
  const names = nameWorld(all, sources, secrets, parts.extraVars);
  checkVars(all, names, report);
  const world: TrialWorld = {
    names,
    inventory: all.inventory,
    runbookName: all.runbookName,
    path: parts.path,
    cwd: input.cwd,
    secrets,
    shamSecrets: sham,
  };
  for (const built of all.built) tryStep(built, world, report);
  return fetched;
}

function usedSecrets(all: Built, sources: ReadonlyMap<string, SecretSource>): ReadonlySet<string> {
  const templates = [
    ...all.vars.templates.values(),
    ...all.built.flatMap((each) => [each.with, each.when, each.vars].flatMap((template) => template ?? [])),
  ];
  const paths = templates.flatMap((template) => template.uses.flatMap((use) => use.expression.paths));
  const named = paths.filter((path) => path.root === 'secrets').map((path) => path.segments[0]?.name);
  // A secret chosen by a computed name may be any of them.
  return named.includes(undefined) ? new Set(sources.keys()) : new Set(named.flatMap((name) => name ?? []));
}

function nameWorld(
  all: Built,
  sources: ReadonlyMap<string, SecretSource>,
  secrets: Readonly<Record<string, Secret>>,
  extraVars: Readonly<Record<string, unknown>>,
): NameWorld {
  const known = new Map<string, Readonly<Record<string, unknown>>>();
  const vars = (host: string): Readonly<Record<string, unknown>> => {
    const before = known.get(host);
    if (before) return before;
    const own = tolerantVars(all.vars, varsScope(all.inventory, secrets, extraVars, host));
    const values = { ...all.inventory.hosts.get(host)?.vars, ...own, ...extraVars };
    known.set(host, values);
    return values;
  };
  const steps = new Map(
    all.drafts.map((draft) => {
      const task = all.built.find((each) => each.draft === draft)?.step.task;
      const outputs = task ? Object.keys(task.outputs ?? {}) : undefined;
      return [draft.id, { hosts: draft.hosts, outputs }] as const;
    }),
  );
  return {
    hosts: [...all.inventory.hosts.keys()],
    groups: all.inventory.groups,
    secrets: [...sources.keys()],
    vars,
    steps,
  };
}

/** The runbook's own values on every host of the runbook: names first, then whether they have a value at all. */
function checkVars(all: Built, names: NameWorld, report: Report): void {
  const seen = new Set<string>();
  const once = (code: string, key: string, add: () => void): void => {
    if (!seen.has(`${code} ${key}`)) add();
    seen.add(`${code} ${key}`);
  };
  for (const [, template] of all.vars.templates) {
    const late = template.uses.some((use) => use.expression.paths.some(isLate));
    if (template.constant || late) continue;
    for (const host of all.hosts) {
      let sound = true;
      for (const use of template.uses) sound = checkNames(use, host, {}, names, report, once) && sound;
      if (sound) tryValue(template, host, all, names, report, once);
    }
  }
}

function tryValue(
  template: { evaluate(scope: Readonly<Record<string, unknown>>): unknown },
  host: string,
  all: Built,
  names: NameWorld,
  report: Report,
  once: (code: string, key: string, add: () => void) => void,
): void {
  const secrets = Object.fromEntries([...names.secrets].map((name) => [name, new Secret(name, 'secret')]));
  const base = varsScope(all.inventory, secrets, {}, host);
  const vars = names.vars(host);
  try {
    template.evaluate({ ...base, vars, host: { ...(base.host as object), vars } });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    for (const problem of error.problems) {
      const key = `${problem.place?.line}:${problem.place?.col}`;
      once(problem.code, key, () =>
        report.add(problem.code, `${problem.message} (on ${host})`, problem.place, problem.hint),
      );
    }
  }
}
