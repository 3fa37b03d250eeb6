/** `run config`: the value of every setting, and where it comes from. */
import { relative } from 'node:path';
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import type { Args } from './args.ts';
import { OTHER_VARIABLES } from './environment.ts';
import { type Flag, RUN_FLAGS } from './flag.ts';
import { projectRoot } from './project-folder.ts';
import { settle } from './setting.ts';

/** Questions to the command itself. */
const NO_SETTING: ReadonlySet<string> = new Set(['help', 'version', 'list-hosts', 'list-steps']);
/** What may hold a secret. */
const HIDDEN: ReadonlySet<string> = new Set(['extra-vars', 'RUN_BECOME_PASSWORD', 'RUN_PLAN_KEY']);

interface Row {
  readonly name: string;
  readonly value: string | number | boolean | null;
  readonly from: string;
}

export async function configCommand(args: Args): Promise<number> {
  if (args.positionals.length > 0)
    throw new RunError('invalid', `too many words: ${args.positionals.join(' ')}`, { hint: 'run config' });
  const cwd = process.cwd();
  const root = projectRoot(args, cwd);
  const { args: all } = await settle(args, RUN_FLAGS, { cwd, env: process.env });
  const rows = [
    ...RUN_FLAGS.filter(({ name, alias }) => !alias && !NO_SETTING.has(name)).map((flag) => rowOf(flag, all)),
    ...otherRows(),
  ];
  if (args.has('json')) {
    const settings = Object.fromEntries(rows.map(({ name, value, from }) => [name, { value, from }]));
    process.stdout.write(`${JSON.stringify({ root: root ?? null, settings })}\n`);
    return 0;
  }
  process.stdout.write(
    `project: ${root === undefined ? 'none here or above' : relative(cwd, root) || '.'}\n\n`,
  );
  const wide = (of: (row: Row) => string): number => Math.max(...rows.map((row) => of(row).length));
  const [names, values] = [wide(({ name }) => name), wide(({ value }) => shown(value))];
  for (const { name, value, from } of rows)
    process.stdout.write(`${name.padEnd(names)}  ${shown(value).padEnd(values)}  ${from}\n`);
  return 0;
}

function shown(value: Row['value']): string {
  return value === null ? '-' : String(value);
}

function rowOf({ name, type, number }: Flag, args: Args): Row {
  const value = args.values(name).join(',');
  return { name, value: HIDDEN.has(name) && value !== '' ? '(set)' : typed(), from: origin(args, name) };

  function typed(): Row['value'] {
    if (type === 'boolean') return args.has(name);
    if (value === '') return null;
    return number ? Number(value) : value;
  }
}

function origin(args: Args, name: string): string {
  const source = args.source(name);
  switch (source?.kind) {
    case 'flag':
      return `--${name}`;
    case 'environment':
      return source.variable;
    case 'file':
      return formatPlace(source.place);
    default:
      return 'default';
  }
}

/** Variables that are no flags, where they are set. */
function otherRows(): readonly Row[] {
  return Object.keys(OTHER_VARIABLES).flatMap((variable) => {
    const value = process.env[variable];
    const name = variable.slice('RUN_'.length).toLowerCase().replaceAll('_', '-');
    return value ? [{ name, value: HIDDEN.has(variable) ? '(set)' : value, from: variable }] : [];
  });
}
