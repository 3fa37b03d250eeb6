/** Checks runbooks with inventories as a run would, to the last fault, and begins nothing: secrets are not fetched. */
import { resolve } from 'node:path';
import { invalid, RunError } from '../base/error.ts';
import { formatPlace, type Problem } from '../base/problem.ts';
import type { ProblemCode } from '../base/problem-code.ts';
import type { Project } from '../model/runbook.ts';
import type { Pair, Validation } from '../model/validation.ts';
import { loadProject } from './project.ts';
import { verbName } from './runbook-name.ts';
import type { LoadInput } from './source/input.ts';
import { child, placeAt } from './source/node.ts';
import { readSource, shownPath } from './source/read.ts';
import { byPlace, createReport } from './source/report.ts';
import { findInventories, findRoot, findRunbooks, locateInventory, locateRunbook } from './source/root.ts';
import { openTrees } from './source/tree.ts';
import { loadTasks } from './task/task-load.ts';
import { projectTasks } from './task/tasks.ts';

export interface ValidateInput extends Omit<LoadInput, 'runbook' | 'inventory' | 'withoutInventory'> {
  /** Undefined: all of the project. */
  readonly runbook: string | undefined;
  /** Undefined: all of the project that the runbook fits. */
  readonly inventory: string | undefined;
  /** Words that a runbook cannot be called by. */
  readonly verbs: readonly string[];
  /** What a run of the project would refuse before it connects, where loading finds nothing wrong. */
  foresee?(project: Project): Promise<readonly Problem[]>;
}

/** Throws RunError `invalid` when there is nothing to check. */
export async function validate(input: ValidateInput): Promise<Validation> {
  const root = rootOf(input);
  const runbooks = input.runbook === undefined ? runbooksOf(root, input.cwd) : [input.runbook];
  const inventories = input.inventory === undefined ? inventoriesOf(root) : [input.inventory];
  const merged = new Map<string, Problem>();
  const checked: Pair[] = [];
  const left: Pair[] = [];
  for (const runbook of runbooks) {
    const tried = await Promise.all(inventories.map((inventory) => tryPair(runbook, inventory, input)));
    const fitting = tried.filter(({ fits }) => fits);
    const counted = fitting.length > 0 ? fitting : tried;
    checked.push(...counted.map(({ pair }) => pair));
    left.push(...tried.filter((each) => !counted.includes(each)).map(({ pair }) => pair));
    const found = merge(counted, (file) => inventoryFile(file, input, root));
    const name = verbName(runbook, input);
    for (const problem of name ? [...found, name] : found) merged.set(keyOf(problem, true), problem);
    // What is wrong with an inventory is wrong whoever uses it.
    for (const { problems } of tried)
      for (const problem of problems)
        if (inventoryFile(problem.place?.file, input, root)) merged.set(keyOf(problem, true), problem);
  }
  for (const problem of input.runbook === undefined ? await taskProblems(input, root) : []) {
    const key = keyOf(problem, true);
    if (!merged.has(key)) merged.set(key, problem);
  }
  return { problems: [...merged.values()].sort(byPlace), checked, left };
}

/** Of the project's own tasks, those that no runbook names included. */
async function taskProblems(input: ValidateInput, root: string): Promise<readonly Problem[]> {
  const own = projectTasks(root, input.builtinFolder);
  const report = createReport();
  const source = { builtin: input.builtinTasks, own, root, cwd: input.cwd, engineUrl: input.engineUrl };
  await loadTasks(new Map([...own.keys()].map((name) => [name, undefined])), source, report);
  return report.problems();
}

function rootOf({ runbook, cwd, project }: ValidateInput): string {
  if (runbook !== undefined) return locateRunbook(runbook, cwd, project).root;
  return (project === undefined ? findRoot(cwd) : resolve(cwd, project)) ?? cwd;
}

function runbooksOf(root: string, cwd: string): readonly string[] {
  const names = findRunbooks(root);
  if (names.length > 0) return names;
  const message = `no runbook in ${shownPath(`${root}/runbooks`, cwd)}`;
  throw invalid([{ code: 'no-runbook', message, hint: 'name the file of a runbook, or a --project' }]);
}

function inventoriesOf(root: string): readonly (string | undefined)[] {
  const names = findInventories(root).map((name) => `inventory/${name}`);
  return names.length > 0 ? names : [undefined];
}

interface Tried {
  readonly pair: Pair;
  readonly problems: readonly Problem[];
  /** The inventory has hosts that the runbook is for. */
  readonly fits: boolean;
}

async function tryPair(runbook: string, inventory: string | undefined, input: ValidateInput): Promise<Tried> {
  const report = createReport();
  const alone = inventory === undefined;
  const errors = await errorsOf(
    {
      ...input,
      runbook,
      inventory: inventory ?? '',
      withoutInventory: alone,
      fetchSecrets: false,
      lint: true,
    },
    report,
  );
  const told = alone ? errors.filter(({ code }) => !OF_HOSTS.has(code)) : errors;
  const fits = alone || !(await missesHosts(runbook, told, input));
  return { pair: { runbook, inventory }, problems: [...told, ...report.warnings()], fits };
}

/** What nobody can say without an inventory. */
const OF_HOSTS: ReadonlySet<ProblemCode> = new Set([
  'limit-empty',
  'limit-no-match',
  'need-no-host',
  'no-host',
  'unknown-group',
  'unknown-host',
]);

async function errorsOf(
  input: LoadInput & Pick<ValidateInput, 'foresee'>,
  report: ReturnType<typeof createReport>,
): Promise<readonly Problem[]> {
  try {
    const project = await loadProject(input, report);
    return (await input.foresee?.(project)) ?? [];
  } catch (error) {
    if (!(error instanceof RunError) || error.problems.length === 0) throw error;
    return error.problems;
  }
}

/** A fault of the hosts that the runbook as a whole is for. */
async function missesHosts(
  runbook: string,
  problems: readonly Problem[],
  input: ValidateInput,
): Promise<boolean> {
  const missing = problems.filter(({ code }) => code === 'unknown-host' || code === 'no-host');
  if (missing.length === 0) return false;
  const { root, runbook: path } = locateRunbook(runbook, input.cwd, input.project);
  const file = readSource(path, input.cwd, createReport());
  const hosts = file && child(await openTrees(root).parse(file, createReport()), 'hosts');
  if (!hosts) return false;
  const [from, to] = [placeAt(file, hosts.start), placeAt(file, hosts.end)];
  return missing.some(
    ({ place }) =>
      place?.file === file.name &&
      (place.line > from.line || (place.line === from.line && place.col >= from.col)) &&
      (place.line < to.line || (place.line === to.line && place.col <= to.col)),
  );
}

function inventoryFile(file: string | undefined, { cwd, inventory }: ValidateInput, root: string): boolean {
  if (file === undefined) return false;
  const folder = inventory === undefined ? `${root}/inventory` : locateInventory(inventory, cwd, root).path;
  return `${resolve(cwd, file)}/`.startsWith(`${folder}/`);
}

/** What several inventories bring to light is told once; what only some of them do, with their names. */
function merge(
  tried: readonly Tried[],
  ofInventory: (file: string | undefined) => boolean,
): readonly Problem[] {
  const found = new Map<string, { readonly by: Tried; readonly all: Set<Tried>; readonly told: Problem[] }>();
  for (const by of tried) {
    for (const problem of by.problems) {
      const known = found.get(keyOf(problem, false)) ?? { by, all: new Set<Tried>(), told: [] };
      found.set(keyOf(problem, false), known);
      known.all.add(by);
      // The hosts that a message names differ from one inventory to the next.
      if (known.by === by) known.told.push(problem);
    }
  }
  return [...found.values()].flatMap(({ all, told }) => {
    if (all.size === tried.length) return told;
    const names = [...all].map(({ pair }) => pair.inventory).join(', ');
    return told.flatMap((problem) => {
      if (ofInventory(problem.place?.file)) return [problem];
      // A step that one inventory has no use for is there for another one.
      return problem.severity ? [] : [{ ...problem, message: `${problem.message} (with ${names})` }];
    });
  });
}

function keyOf({ code, place, message }: Problem, worded: boolean): string {
  return `${code} ${place && formatPlace(place)}${worded || !place ? ` ${message}` : ''}`;
}

/** True for a word that names no runbook and does name an inventory. Throws RunError `invalid` when it names neither. */
export function namesInventory(word: string, cwd: string, project: string | undefined): boolean {
  const root = (project === undefined ? findRoot(cwd) : resolve(cwd, project)) ?? cwd;
  let missing: unknown;
  try {
    const { runbook } = locateRunbook(word, cwd, project);
    if (!runbook.startsWith(`${root}/inventory/`)) return false;
  } catch (error) {
    missing = error;
  }
  try {
    locateInventory(word, cwd, root);
    return true;
  } catch {
    if (missing) throw missing;
    return false;
  }
}
