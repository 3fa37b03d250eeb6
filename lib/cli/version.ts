/** The version of the package that runs. */
import { readFileSync } from 'node:fs';
import { packageRoot } from './package-root.ts';

export function version(): string {
  const text = readFileSync(`${packageRoot()}/package.json`, 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
