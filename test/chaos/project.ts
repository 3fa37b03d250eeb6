/** What is run: the provision runbook between acts that are counted, and handlers that must not be lost. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sha256, toBytes } from '../../lib/base/bytes.ts';

/** What runs need from the start, so that they do not spend their time on apt. */
export const PACKAGES = ['wireguard-tools', 'wireguard-go', 'nftables', 'frr', 'frr-pythontools'];

/** Long enough to be cut in its middle, before and after what counts. */
const act = (name: string): string => `sleep 0.3; echo ${name} >>/srv/chaos.acts; sleep 0.3`;

const RUNBOOK = `name: Chaos
hosts: fabric
become: true
steps:
  - { id: settings, task: file, notify: [told], with: { path: /srv/chaos.settings, content: "a = 1\\n" } }
  - { id: before, task: command, with: { shell: "${act('before')}", effects: none } }
  - import: provision.yaml
  - { id: middle, task: file, notify: [told, told_too], with: { path: /srv/chaos.middle, content: "b = 1\\n" } }
  - { id: after, task: command, with: { shell: "${act('after')}", effects: none } }
handlers:
  - { id: told, task: command, with: { shell: "${act('told')}", effects: none } }
  - { id: told_too, task: command, with: { shell: "${act('told_too')}", effects: none } }
`;

/** Each is carried out once on each host, whatever happens. */
export const ACTS = ['before', 'after', 'told', 'told_too'];

/** One text for all that decides how a run ends, but the program. */
export function projectStamp(source: string): string {
  const files = readdirSync(join(source, 'runbooks'), { recursive: true, encoding: 'utf8' }).sort();
  const texts = files.map((name) => join(source, 'runbooks', name)).filter((path) => statSync(path).isFile());
  const all = [RUNBOOK, ...PACKAGES, ...texts.map((path) => readFileSync(path, 'utf8'))];
  return sha256(toBytes(all.join('\0')));
}

/** A project without any run, in a folder of its own. */
export function layProject(folder: string, source: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(source, 'runbooks'), join(folder, 'runbooks'), { recursive: true });
  writeFileSync(join(folder, 'runbooks/chaos.yaml'), RUNBOOK);
}

/** How often each act was carried out on the host with this tree. */
export function countActs(tree: string): Readonly<Record<string, number>> {
  const file = join(tree, 'srv/chaos.acts');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return Object.fromEntries(ACTS.map((act) => [act, lines.filter((line) => line === act).length]));
}
