/** What a word may be, by what the project holds: runbooks, inventories, hosts, steps, tags, tasks. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runIds } from '../journal/shelf.ts';
import { loadInventory } from '../load/inventory/inventory.ts';
import { child, listOf, type Node, textOf } from '../load/source/node.ts';
import { readSource } from '../load/source/read.ts';
import { createReport } from '../load/source/report.ts';
import { findInventories, findRunbooks, locateInventory, locateRunbook } from '../load/source/root.ts';
import { openTrees } from '../load/source/tree.ts';
import { taskFiles } from '../load/task/tasks.ts';
import { builtinTasks } from './builtin.ts';

export interface CompletionSource {
  readonly cwd: string;
  readonly root: string;
  /** As it was named; the empty text when nobody names one. */
  readonly inventory: string;
  readonly runbook: string;
}

/** Names of inventories, bare and as paths, as both are typed. */
export function inventoryNames({ root }: CompletionSource): readonly string[] {
  const names = findInventories(root);
  return [...names, ...names.map((name) => `inventory/${name}`)];
}

export function runbookNames({ root }: CompletionSource): readonly string[] {
  return findRunbooks(root);
}

/** Ids of runs that were written down, the latest first. */
export function runNames({ root }: CompletionSource): readonly string[] {
  const ids = runIds(root);
  return ids.length > 0 ? ['@last', ...ids.toReversed()] : [];
}

export function taskNames({ root }: CompletionSource): readonly string[] {
  return [...new Set([...builtinTasks().tasks.keys(), ...taskFiles(join(root, 'tasks')).keys()])].sort();
}

/** Groups first. Nothing for an inventory that is a program: a key pressed twice must not run it. */
export async function hostNames(source: CompletionSource): Promise<readonly string[]> {
  const { groups, hosts } = await chosenHosts(source);
  return [...groups, ...hosts];
}

/** Hosts alone. */
export async function bareHosts(source: CompletionSource): Promise<readonly string[]> {
  return (await chosenHosts(source)).hosts;
}

/** Of any host of the inventory. */
export async function variableNames(source: CompletionSource): Promise<readonly string[]> {
  return (await chosenHosts(source)).variables;
}

interface Names {
  readonly groups: readonly string[];
  readonly hosts: readonly string[];
  readonly variables: readonly string[];
}

const NO_NAMES: Names = { groups: [], hosts: [], variables: [] };

async function chosenHosts({ cwd, root, inventory }: CompletionSource): Promise<Names> {
  const at = locateInventory(inventory, cwd, root);
  if (at.kind !== 'yaml') return NO_NAMES;
  const loaded = await loadInventory(
    at,
    { cwd, root, home: homedir(), env: {}, engineUrl: '', trees: openTrees(root) },
    createReport(),
  );
  if (!loaded) return NO_NAMES;
  const { groups, hosts } = loaded.inventory;
  const variables = new Set([...hosts.values()].flatMap(({ vars }) => Object.keys(vars)));
  return { groups: [...groups.keys()], hosts: [...hosts.keys()], variables: [...variables].sort() };
}

export async function stepNames(source: CompletionSource): Promise<readonly string[]> {
  return (await steps(source)).flatMap(
    (step) => textOf(child(step, 'id')) ?? textOf(child(step, 'task')) ?? [],
  );
}

export async function tagNames(source: CompletionSource): Promise<readonly string[]> {
  const tags = (await steps(source)).flatMap((step) =>
    listOf(child(step, 'tags')).flatMap((tag) => textOf(tag) ?? []),
  );
  return [...new Set(tags)];
}

/** As they stand in the file, those within a step included. */
async function steps({ cwd, root, runbook }: CompletionSource): Promise<readonly Node[]> {
  const { runbook: path } = locateRunbook(runbook, cwd, root);
  const report = createReport();
  const file = readSource(path, cwd, report);
  const top = file && (await openTrees(root).parse(file, report));
  return within(child(top, 'steps'));
}

function within(list: Node | undefined): readonly Node[] {
  return listOf(list).flatMap((step) => [step, ...within(child(step, 'steps'))]);
}
