/** The command that brings a host back to what a runbook says. */
import { isAbsolute, join, relative } from 'node:path';
import { shellWord } from '../../base/shell-word.ts';
import type { Args } from '../args.ts';
import { verbNamed } from '../verbs.ts';
import { type Book, narrowingWords } from './book.ts';

/** Flags that choose how hosts are reached, or with what values: they hold for the run as for the look. */
const CARRIED = [
  'project',
  'extra-vars',
  'user',
  'private-key',
  'become',
  'become-user',
  'become-method',
  'transport',
];

export function mendCommand(
  args: Args,
  book: Pick<Book, 'path' | 'narrowed' | 'hosts' | 'extraVars'> & {
    readonly root: string;
    readonly inventory: string;
  },
): (host: string) => string {
  const { root, path, narrowed, inventory } = book;
  const withVars = book.hosts === undefined || book.extraVars.size > 0;
  const flags = CARRIED.flatMap((name) => {
    const kind = args.source(name)?.kind;
    if ((kind !== 'flag' && kind !== 'environment') || (name === 'extra-vars' && !withVars)) return [];
    return args.values(name).flatMap((value) => (name === 'become' ? ['--become'] : [`--${name}`, value]));
  });
  const words = [
    bookWord(root, path),
    shown(inventory),
    ...(narrowed ? narrowingWords(narrowed) : []),
    ...flags,
  ];
  return (host) => ['run', ...words, '--limit', host].map(shellWord).join(' ');
}

/** Its name, where that finds it. */
function bookWord(root: string, path: string): string {
  const [, name] = /^runbooks\/([^/]+)\.ya?ml$/.exec(path) ?? [];
  if (name !== undefined && !verbNamed(name)) return name;
  return shown(join(root, path));
}

function shown(path: string): string {
  if (!isAbsolute(path)) return path;
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}
