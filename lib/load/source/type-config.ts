/** What a compiler and an editor need to know where `tightbeam` is: `.run/tsconfig.json`, which tasks/tsconfig.json extends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCache } from './tree.ts';

/**
 * Written anew where the engine is another one than before. It differs from machine to machine, so it lies where git does
 * not look. Throws where the project cannot be written.
 */
export function writeTypeConfig(root: string, engineUrl: string): void {
  openCache(root);
  const path = join(root, '.run', 'tsconfig.json');
  const paths = { tightbeam: [declarationsOf(engineUrl)] };
  const text = `${JSON.stringify({ compilerOptions: { paths } }, undefined, 2)}\n`;
  if (textOf(path) !== text) writeFileSync(path, text);
}

/** The bundle has its declarations beside it; sources are their own. */
function declarationsOf(engineUrl: string): string {
  const beside = engineUrl.replace(/\/dist\/index\.js$/, '/dist/types/index.d.ts');
  return fileURLToPath(beside);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
