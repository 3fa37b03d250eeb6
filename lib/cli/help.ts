/** What `run --help` and `run <verb> --help` print, made from the tables of verbs and flags. */
import { type Flag, RUN_FLAGS } from './flag.ts';
import type { Verb } from './verb.ts';
import { VERBS } from './verbs.ts';

export function helpText(): string {
  const uses: Verb['usage'] = [
    ['run <runbook> <inventory> [flags]', 'bring hosts to the state that a runbook declares'],
    ['run <runbook> <inventory> --dry-run', 'show what would change; nothing is touched'],
    ...VERBS.flatMap(({ summary }) => summary),
    ['run <verb> --help', 'the flags of a verb'],
    ['run --version', ''],
  ];
  return `${table(uses)}

  run provision inventory/prod                 runbooks/provision.yaml on every host
  run provision inventory/prod --limit wro     one host again
  run provision inventory/prod --dry-run       for review

Flags
${flagLines(RUN_FLAGS)}

Exit codes
  0 fine · 1 usage or invalid input, nothing was touched · 2 a host failed · 4 a host unreachable
  6 failed and unreachable · 130 interrupted · 143 terminated
`;
}

export function verbHelpText({ usage, flags }: Verb): string {
  return `${table(usage)}

Flags
${flagLines(flags)}
`;
}

function table(rows: Verb['usage']): string {
  const width = Math.min(38, Math.max(...rows.map(([command]) => command.length)) + 2);
  return rows
    .map(([command, does]) => (does === '' ? command : `${command.padEnd(width - 1)} ${does}`))
    .join('\n');
}

function flagLines(flags: readonly Flag[]): string {
  return flags
    .map(({ name, short, value, help }) => {
      const left = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
      return `  ${left.padEnd(34)}${help}`;
    })
    .join('\n');
}
