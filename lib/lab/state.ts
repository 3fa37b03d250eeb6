/** Which hosts a lab has: `.run/lab/state.json` in the project root. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostNames, hostOf, type Lab, type LabHost, runFolder } from './lab.ts';
import { writeWhole } from './write.ts';

export interface LabState {
  readonly lab: Lab;
  /** In the order in which they were first asked for, which is the order of their addresses. */
  readonly hosts: readonly LabHost[];
}

export function readState(root: string): LabState | undefined {
  const file = join(runFolder(root), 'state.json');
  if (!existsSync(file)) return undefined;
  const { lab, hosts } = JSON.parse(readFileSync(file, 'utf8')) as LabState;
  // A lab from before there were drivers has containers.
  return { lab: { ...lab, driver: lab.driver ?? 'container' }, hosts };
}

/** The lab's hosts and these, written down before anything of them is made, so that `down` finds what was begun. */
export function addHosts(lab: Lab, names: readonly string[]): LabState {
  const before = readState(lab.root);
  const known = before?.lab.id === lab.id ? before.hosts.map((host) => host.name) : [];
  const all = [...known, ...names.filter((name) => !known.includes(name))];
  hostNames(all);
  const state: LabState = { lab, hosts: all.map((name, index) => hostOf(lab, name, index)) };
  const folder = runFolder(lab.root);
  mkdirSync(folder, { recursive: true });
  const ignore = join(lab.root, '.run', '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  writeWhole(join(folder, 'state.json'), `${JSON.stringify(state, undefined, 2)}\n`);
  return state;
}
