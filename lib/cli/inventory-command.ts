/** `run inventory`: hosts, groups as a tree, all that one host has; as text or JSON. */
import { homedir } from 'node:os';
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { type ChosenHosts, loadHosts } from '../load/inventory/hosts.ts';
import { type HostEntry, hostEntry, viewInventory } from '../load/inventory/inventory-view.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { groupTree, hostLines, hostPage } from './inventory-text.ts';
import { inventoryWord } from './inventory-word.ts';
import { projectRoot } from './project-folder.ts';

export async function inventoryCommand(args: Args): Promise<number> {
  const [word, ...more] = args.positionals;
  if (more.length > 0)
    throw new RunError('invalid', `too many words: ${more.join(' ')}`, { hint: 'run inventory <inventory>' });
  if (args.has('graph') && (args.has('host') || args.has('json')))
    throw new RunError('invalid', '--graph goes with neither --host nor --json', {
      hint: 'ask for one of them',
    });
  const chosen = await readHosts(args, word, args.values('limit'));
  const name = args.value('host');
  if (name !== undefined) return printHost(name, chosen, args.has('json'));
  const view = viewInventory(chosen);
  if (args.has('json')) print(JSON.stringify(view, undefined, 1));
  else print(args.has('graph') ? groupTree(view) : hostLines(view));
  return 0;
}

/** Of the inventory that the word or the flags name. */
export function readHosts(
  args: Args,
  word: string | undefined,
  limit: readonly string[],
): Promise<ChosenHosts> {
  const cwd = process.cwd();
  return loadHosts(projectRoot(args, cwd) ?? cwd, {
    cwd,
    inventory: inventoryWord(args, word),
    limit,
    home: homedir(),
    engineUrl: builtinTasks().engineUrl,
    env: process.env,
  });
}

/** Throws RunError `invalid` when the inventory has no such host. */
export function knownHost(name: string, { inventory }: ChosenHosts): HostEntry {
  const host = inventory.hosts.get(name);
  if (host) return hostEntry(host);
  const message = `no host "${name}"`;
  const group = inventory.groups.get(name);
  const hint = group
    ? `it is a group of ${group.slice(0, 5).join(', ')}: name a host`
    : (didYouMean(name, inventory.hosts.keys()) ?? 'run inventory lists all');
  throw new RunError('invalid', message, { hint, problems: [{ code: 'unknown-host', message, hint }] });
}

function printHost(name: string, chosen: ChosenHosts, json: boolean): number {
  const entry = knownHost(name, chosen);
  if (json) print(JSON.stringify({ name, ...entry }, undefined, 1));
  else print(hostPage(name, entry, chosen.loaded));
  return 0;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
