/** Flags given as variables: `RUN_FORKS=20` is `--forks 20`. */
import type { Problem } from '../base/problem.ts';
import { nearest } from '../base/suggest.ts';
import { type Flag, RUN_FLAGS, valueFault } from './flag.ts';
import type { Said } from './setting.ts';
import { VERBS } from './verbs.ts';

export interface Environment {
  readonly said: ReadonlyMap<string, Said>;
  readonly problems: readonly Problem[];
  /** A sentence for each variable that looks like one of ours and is none. */
  readonly warnings: readonly string[];
}

/** Variables that are no flags, and what they are. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  RUN_SSH_CONFIG: 'the file that is read instead of ~/.ssh/config',
  RUN_BECOME_PASSWORD: 'the sudo password',
  RUN_PLAN_KEY: 'the key that signs plans: its file, or the key itself',
};

/** Said for one command, in words. */
const NO_VARIABLE: ReadonlySet<string> = new Set(['help', 'version']);

/** A slip in one of these would do more than was meant. */
const HOLD_BACK: ReadonlySet<string> = new Set([
  'dry-run',
  'check',
  'limit',
  'tags',
  'skip-tags',
  'from',
  'only',
  'start-at-task',
  'max-changes',
  'max-hosts',
]);

/** Jenkins tells every build of itself. */
const FOREIGN = /^RUN_(\w+_)?DISPLAY_URL$/;

export function variableOf(flag: string): string {
  return `RUN_${flag.toUpperCase().replaceAll('-', '_')}`;
}

export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  flags: readonly Flag[],
): Environment {
  const everywhere = [...RUN_FLAGS, ...VERBS.flatMap((verb) => verb.flags)].filter(
    ({ name }) => !NO_VARIABLE.has(name),
  );
  const known = new Map(everywhere.map(({ name }) => [variableOf(name), name]));
  const said = new Map<string, Said>();
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('RUN_') || value === undefined) continue;
    if (Object.hasOwn(OTHER_VARIABLES, variable) || FOREIGN.test(variable)) continue;
    const name = known.get(variable);
    const flag = flags.find((each) => each.name === name);
    if (flag) {
      const fault = faultOf(flag, value);
      if (fault) problems.push({ code: 'bad-setting', message: `${variable} ${fault}`, ...hintOf(flag) });
      else said.set(flag.alias ?? flag.name, saidBy(flag, variable, value));
    } else if (name === undefined) {
      unknown(variable, [...known.keys(), ...Object.keys(OTHER_VARIABLES)], problems, warnings);
    }
  }
  return { said, problems, warnings };
}

function saidBy(flag: Flag, variable: string, value: string): Said {
  const source = { kind: 'environment', variable } as const;
  if (flag.type === 'string') return { values: [value], source };
  return { values: isOn(value) ? ['true'] : undefined, source };
}

function faultOf(flag: Flag, value: string): string | undefined {
  if (value === '') return 'is empty';
  if (flag.type === 'string') return valueFault(flag, value);
  return isOn(value) || /^(0|false)$/.test(value) ? undefined : `is 1, true, 0 or false, not "${value}"`;
}

function hintOf({ name, type, value }: Flag): { readonly hint: string } {
  return {
    hint: `it stands for --${name}${type === 'string' ? ` ${value ?? ''}` : ''}; unset it to leave that out`,
  };
}

function isOn(value: string): boolean {
  return value === '1' || value === 'true';
}

function unknown(variable: string, names: readonly string[], problems: Problem[], warnings: string[]): void {
  const bare = (name: string): string => name.slice('RUN_'.length);
  const near = nearest(bare(variable), names.map(bare));
  const hint = near === undefined ? undefined : `did you mean "RUN_${near}"?`;
  const flag = near?.toLowerCase().replaceAll('_', '-');
  if (flag !== undefined && HOLD_BACK.has(flag)) {
    const rest = 'without it more would be done than was meant';
    problems.push({
      code: 'unknown-setting',
      message: `${variable} is no setting of run`,
      hint: `${hint} ${rest}`,
    });
    return;
  }
  warnings.push(`${variable} is no setting of run${hint === undefined ? '' : `: ${hint}`}`);
}
