/** What `run --help` and `run <verb> --help` print, made from the tables of verbs and flags. */
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { type Flag, RUN_FLAGS } from './flag.ts';
import type { Verb } from './verb.ts';
import { VERB_GROUPS, VERBS, type VerbGroup, verbNamed } from './verbs.ts';

export function helpText(): string {
  return `${table(
    [
      ['run <runbook> <inventory> [flags]', 'bring hosts to the state that a runbook declares'],
      ['run <runbook> <inventory> --dry-run', 'show what would change; nothing is touched'],
    ],
    WIDTH,
  )}

  run provision inventory/prod                 runbooks/provision.yaml on every host
  run provision inventory/prod --limit wro     one host again
  run provision inventory/prod --dry-run       for review
${VERB_GROUPS.map(groupText).join('')}
Flags
${flagLines(RUN_FLAGS)}

Exit codes
  0 fine · 1 usage or invalid input, nothing was touched · 2 a host failed · 3 plan refused
  4 a host unreachable · 5 changes were taken back · 6 failed and unreachable · 7 a host locked
  130 interrupted · 143 terminated
`;
}

export function verbHelpText({ usage, flags }: Verb): string {
  const width = Math.min(48, Math.max(...usage.map(([command]) => command.length)) + 2);
  return `${table(usage, width)}

Flags
${flagLines(flags)}
`;
}

function groupText({ title, verbs }: VerbGroup): string {
  const rows = verbs.flatMap(({ summary }) => summary);
  return `\n${title}\n${table(rows, WIDTH - 2).replace(/^/gm, '  ')}\n`;
}

/** What `run help …` prints. Throws RunError `invalid` for a word that is no verb. */
export function helpOn(words: readonly string[]): string {
  const [word, ...more] = words;
  if (word === undefined) return helpText();
  const verb = verbNamed(word);
  if (verb && more.length === 0) return verbHelpText(verb);
  const hint = didYouMean(
    word,
    VERBS.map(({ name }) => name),
  );
  throw new RunError('invalid', verb ? `too many words: ${more.join(' ')}` : `no verb "${word}"`, {
    hint: (verb ? undefined : hint) ?? 'run --help names all verbs',
  });
}

const WIDTH = 40;

/** A command longer than the first column has its words on a line below. */
function table(rows: Verb['usage'], width: number): string {
  const line = ([command, does]: Verb['usage'][number]): string => {
    if (does === '') return command;
    const gap = command.length < width ? ' '.repeat(width - command.length) : `\n${' '.repeat(width)}`;
    return command + gap + does;
  };
  return rows.map(line).join('\n');
}

function flagLines(flags: readonly Flag[]): string {
  return flags
    .map(({ name, short, value, help }) => {
      const left = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
      return `  ${left.padEnd(34)}${help}`;
    })
    .join('\n');
}
