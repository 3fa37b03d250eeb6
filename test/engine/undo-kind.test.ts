import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { kindsNamed } from '../../lib/engine/undo/kinds.ts';
import { suite } from '../suite.ts';

const test = suite('kinds of an undo');

const ROOT = new URL('../../lib/resources/', import.meta.url);

/** Kinds whose things nobody changes, or nobody takes back: a reboot. */
const LOOKED_AT = 'boot facts link-stack link-type network nft-ruleset owed pve-tunnel wait'.split(' ');

/** Kinds of which a host cannot take back an undo. */
const NO_WAY_FORTH = 'overlay-links package provisioned pve'.split(' ');

test('every kind that has changes is known to run undo by its name', async () => {
  const modules = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => /^export const \w+: Kind</m.test(readFileSync(new URL(path, ROOT), 'utf8')));
  const kinds = (await Promise.all(modules.map((path) => import(new URL(path, ROOT).href))))
    .flatMap((module: Readonly<Record<string, unknown>>) => Object.values(module))
    .filter(
      (each): each is { readonly name: string } =>
        typeof each === 'object' && each !== null && 'parse' in each,
    );
  assert.ok(kinds.length > 15, kinds.map(({ name }) => name).join(' '));
  const known = await kindsNamed(new Set(kinds.map(({ name }) => name)));
  const unknown = kinds.filter((kind) => known.get(kind.name) !== kind).map(({ name }) => name);
  assert.equal([...new Set(unknown)].sort(), LOOKED_AT);
  const lost = kinds.filter((kind) => known.has(kind.name) && !known.get(kind.name)?.forth);
  assert.equal([...new Set(lost.map(({ name }) => name))].sort(), NO_WAY_FORTH);
});
