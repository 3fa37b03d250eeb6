/** group_vars/ and host_vars/: one file of bare variables per group or host. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean } from '../base/suggest.ts';
import { VARS } from './inventory-schema.ts';
import type { Node } from './node.ts';
import { isFolder, readSource } from './read.ts';
import type { Report } from './report.ts';
import { checkShape } from './shape.ts';
import type { TreeStore } from './tree.ts';

export interface VarsFile {
  readonly name: string;
  readonly node: Node;
}

export async function readVarsFolder(
  folder: string,
  what: 'group' | 'host',
  names: readonly string[],
  cwd: string,
  trees: TreeStore,
  report: Report,
): Promise<readonly VarsFile[]> {
  if (!isFolder(folder)) return [];
  const files: VarsFile[] = [];
  for (const entry of readdirSync(folder).sort()) {
    if (entry.startsWith('.') || entry.endsWith('~')) continue;
    const path = join(folder, entry);
    const name = entry.replace(/\.ya?ml$/, '');
    const file = isFolder(path) ? undefined : readSource(path, cwd, report);
    const at = { file: file?.name ?? path, line: 1, col: 1 };
    if (name === entry) {
      report.add('stray-file', `${what}_vars/${entry} is not a .yaml file`, at, `name it ${entry}.yaml`);
      continue;
    }
    if (!names.includes(name)) {
      report.add(`unknown-${what}`, `no ${what} "${name}" has these variables`, at, didYouMean(name, names));
    }
    const node = file && (await trees.parse(file, report));
    if (node && checkShape(VARS, node, report)) files.push({ name, node });
  }
  return files;
}
