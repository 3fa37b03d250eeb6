/** What a flag is when the command line says nothing of it: as a variable says, else run.yaml, else built in. */
import { isAbsolute, join } from 'node:path';
import { invalid } from '../base/error.ts';
import type { Problem } from '../base/problem.ts';
import { readRunYaml } from '../load/run-yaml.ts';
import { isThere } from '../load/source/read.ts';
import type { Args, Source } from './args.ts';
import { DEFAULTS, runYamlRules } from './default-flag.ts';
import { readEnvironment } from './environment.ts';
import type { Flag } from './flag.ts';
import { projectRoot } from './project-folder.ts';

/** `values` undefined: said to be off, which ends the search. */
export interface Said {
  readonly values: readonly string[] | undefined;
  readonly source: Source;
}

export interface Settings {
  readonly args: Args;
  readonly warnings: readonly string[];
}

/** Where the process stands. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws RunError `invalid` with all that is wrong in the environment and in run.yaml. */
export async function settle(
  args: Args,
  flags: readonly Flag[],
  { cwd, env }: Surroundings,
): Promise<Settings> {
  const environment = readEnvironment(env, flags);
  const spoken = layered(args, environment.said, new Map());
  const root = flags.some(({ name }) => DEFAULTS.has(name)) ? projectRoot(spoken, cwd) : undefined;
  const file = root === undefined ? undefined : await fileLayer(root, cwd, flags);
  const problems = [...environment.problems, ...(file?.problems ?? [])];
  if (problems.length > 0) throw invalid(problems);
  return {
    args: layered(args, environment.said, file?.said ?? new Map(), builtin(flags)),
    warnings: environment.warnings,
  };
}

async function fileLayer(
  root: string,
  cwd: string,
  flags: readonly Flag[],
): Promise<{ readonly said: ReadonlyMap<string, Said>; readonly problems: readonly Problem[] }> {
  const { defaults, problems } = await readRunYaml(root, cwd, runYamlRules());
  const own = new Set(flags.map(({ name }) => name));
  const said = new Map(
    [...defaults]
      .filter(([name]) => own.has(name))
      .map(([name, { value, place }]): [string, Said] => {
        const source: Source = { kind: 'file', place };
        if (value === false) return [name, { values: undefined, source }];
        return [name, { values: [inFolder(root, name, String(value))], source }];
      }),
  );
  return { said, problems };
}

/** A path in a file is relative to that file. An inventory may as well be a name. */
function inFolder(root: string, name: string, value: string): string {
  if (DEFAULTS.get(name) !== 'path' || isAbsolute(value) || /^~|[%$]/.test(value)) return value;
  const path = join(root, value);
  return name === 'inventory' && !isThere(path) ? value : path;
}

function builtin(flags: readonly Flag[]): ReadonlyMap<string, Said> {
  return new Map(
    flags.flatMap(({ name, fallback }): [string, Said][] =>
      fallback === undefined ? [] : [[name, { values: [fallback], source: { kind: 'default' } }]],
    ),
  );
}

/** The first layer that speaks of a flag decides. */
function layered(args: Args, ...layers: readonly ReadonlyMap<string, Said>[]): Args {
  const find = (name: string): Said | undefined => {
    const source = args.source(name);
    if (source) return { values: args.values(name), source };
    return layers.map((layer) => layer.get(name)).find((said) => said !== undefined);
  };
  return {
    ...args,
    has: (name) => {
      const said = find(name);
      return said?.values !== undefined && said.source.kind !== 'default';
    },
    value: (name) => find(name)?.values?.at(-1),
    values: (name) => find(name)?.values ?? [],
    source: (name) => find(name)?.source,
  };
}
