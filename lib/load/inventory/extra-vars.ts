/** --extra-vars: `k=v`, a map as YAML or JSON, or `@file`; what stands last wins. */
import { resolve } from 'node:path';
import { checkShape } from '../schema/shape.ts';
import { plain, type SourceFile, sourceFile } from '../source/node.ts';
import { readSource } from '../source/read.ts';
import type { Report } from '../source/report.ts';
import type { TreeStore } from '../source/tree.ts';
import { VARS } from './inventory-schema.ts';

/** Values are data, never expressions: they come from a command line that a program may have put together. */
export async function readExtraVars(
  given: readonly string[],
  cwd: string,
  trees: TreeStore,
  report: Report,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const text of given) Object.assign(values, await readOne(text, cwd, trees, report));
  return values;
}

async function readOne(text: string, cwd: string, trees: TreeStore, report: Report): Promise<object> {
  if (text.startsWith('@')) {
    const file = readSource(resolve(cwd, text.slice(1)), cwd, report, undefined, trees.disk);
    return file ? readMap(file, trees, report) : {};
  }
  const pair = /^\s*([^\s=:{}]+)=([\s\S]*)$/.exec(text);
  if (!pair) {
    // The command line is not kept anywhere: it may hold what nobody else should see.
    const { parseYaml } = await import('../source/yaml.ts');
    const once: TreeStore = { disk: trees.disk, parse: async (file, to) => parseYaml(file, to) };
    return readMap(sourceFile('--extra-vars', '--extra-vars', text), once, report);
  }
  const [, name = '', value = ''] = pair;
  if (/^[a-z][a-z0-9_]*$/.test(name)) return { [name]: value };
  const message = `"${name}" cannot name a variable`;
  report.add(
    'bad-value',
    message,
    { file: '--extra-vars', line: 1, col: 1 },
    'small letters, digits and _ only',
  );
  return {};
}

async function readMap(file: SourceFile, trees: TreeStore, report: Report): Promise<object> {
  report.source(file);
  const before = report.size;
  const node = await trees.parse(file, report);
  if (node?.kind === 'map' && checkShape(VARS, node, report)) return plain(node) as object;
  if (report.size === before) {
    const hint = 'write name=value, {"name": "value"} or @file';
    report.add('extra-vars', 'not a map of values', { file, start: 0, end: 0 }, hint);
  }
  return {};
}
