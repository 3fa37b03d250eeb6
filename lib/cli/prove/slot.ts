/** A place to try in: a lab of its own whose hosts are thrown away and made anew for each trial. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labDown } from '../../lab/down.ts';
import { labFresh } from '../../lab/fresh.ts';
import { hostPrint } from '../../lab/host-print.ts';
import { inventoryFolder, type Lab, type LabHost, treeOf } from '../../lab/lab.ts';
import { hostLeavings } from '../../lab/leaving.ts';
import { readState } from '../../lab/state.ts';
import { labUp } from '../../lab/up.ts';
import type { LabPlace } from './place.ts';

export interface SlotOptions {
  /** Where its state lies, and its scratch files. */
  readonly root: string;
  /** Names of its hosts. */
  readonly hosts: readonly string[];
  /** Debian packages that they have from the start. */
  readonly packages: readonly string[];
  readonly log: (line: string) => void;
}

export interface Slot {
  readonly root: string;
  /** The lab's own inventory. */
  readonly inventory: string;
  place(): LabPlace;
  /** New hosts, as they were at first, or with these packages. */
  fresh(packages?: readonly string[]): Promise<void>;
  /** By host: lines that say what it is like. */
  prints(): Promise<Readonly<Record<string, readonly string[]>>>;
  /** What is left over on hosts, a line each. */
  leavings(): Promise<readonly string[]>;
  /** The change that a killed script was in the middle of, by host, as its journal says. */
  interrupted(): ReadonlyMap<string, number>;
  down(): Promise<void>;
}

export async function openSlot({ root, hosts, packages, log }: SlotOptions): Promise<Slot> {
  mkdirSync(root, { recursive: true });
  const quiet = (): void => undefined;
  await labUp({ root, hosts, packages, log });
  const lab = (): { readonly lab: Lab; readonly hosts: readonly LabHost[] } => {
    const state = readState(root);
    if (!state) throw new Error(`the lab in ${root} is gone`);
    return state;
  };
  const inventory = inventoryFolder(root);
  return {
    root,
    inventory,
    place() {
      const state = lab();
      return {
        hosts: state.hosts.map((host) => ({
          name: host.name,
          address: host.address,
          tree: treeOf(state.lab, host),
        })),
        identity: join(inventory, 'id_ed25519'),
        knownHosts: join(inventory, 'known_hosts'),
      };
    },
    async fresh(these = packages) {
      await labFresh({ root, packages: these, log: quiet });
    },
    async prints() {
      const state = lab();
      const all = await Promise.all(
        state.hosts.map(async (host) => [host.name, await hostPrint(state.lab, host)] as const),
      );
      return Object.fromEntries(all);
    },
    async leavings() {
      const state = lab();
      const all = await Promise.all(
        state.hosts.map(async (host) =>
          (await hostLeavings(state.lab, host)).map((line) => `${host.name}: ${line}`),
        ),
      );
      return all.flat();
    },
    interrupted() {
      const state = lab();
      return new Map(
        state.hosts.flatMap((host) => {
          const id = runningChange(join(treeOf(state.lab, host), 'var/lib/tightbeam/runs'));
          return id === undefined ? [] : [[host.name, id] as const];
        }),
      );
    },
    async down() {
      await labDown({ root, log: quiet });
    },
  };
}

function runningChange(runs: string): number | undefined {
  const journals = existsSync(runs)
    ? readdirSync(runs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/journal'))
    : [];
  const lines = journals.flatMap((name) => readFileSync(join(runs, name), 'utf8').split('\n'));
  const numbers = (letter: string): readonly number[] =>
    lines.flatMap((line) => (line.startsWith(`${letter} `) ? [Number(line.split(' ')[1])] : []));
  const ended = new Set([...numbers('E'), ...numbers('D')]);
  return numbers('B').find((id) => !ended.has(id));
}
