/** The flags of the command line: tables from which parsing and help are made. */
import { durationMs } from '../load/runbook/duration.ts';
import { parseConfirm } from '../model/confirm.ts';

export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly type: 'boolean' | 'string';
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly value?: string;
  readonly help: string;
  /** Another name for an existing flag. */
  readonly alias?: string;
  /** Its values, where there are few. */
  readonly choices?: readonly string[];
  /** Its value is a whole number from 1 to 999999. */
  readonly number?: true;
  /** Its value is a time to wait: 0, 500ms, 30s, 5m, 1h. */
  readonly wait?: true;
  /** Its value is a time, or off. */
  readonly confirm?: true;
  /** What holds when nobody says anything. */
  readonly fallback?: string;
}

export const WHOLE_NUMBER = /^[1-9][0-9]{0,5}$/;

/** What is wrong with a value; undefined when nothing is that can be told from the flag alone. */
export function valueFault({ choices, number, wait, confirm }: Flag, value: string): string | undefined {
  if (confirm && parseConfirm(value) === undefined)
    return `takes a time, such as 60s or 5m, or off, not "${value}"`;
  if (number && !WHOLE_NUMBER.test(value)) return `takes a whole number from 1, not "${value}"`;
  if (wait && value !== '0' && durationMs(value) === undefined)
    return `takes a time, as 30s, 5m or 0, not "${value}"`;
  if (choices && !choices.includes(value)) return `is ${eitherOf(choices)}, not "${value}"`;
  return undefined;
}

function eitherOf(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].join(' or ');
}

export const yes = (name: string, help: string, short?: string): Flag => ({
  name,
  type: 'boolean',
  help,
  ...(short === undefined ? {} : { short }),
});

export const takes = (name: string, value: string, help: string, short?: string, multiple = false): Flag => ({
  name,
  type: 'string',
  value,
  help,
  ...(short === undefined ? {} : { short }),
  ...(multiple ? { multiple } : {}),
});

const seconds = (name: string, help: string, fallback: string, short?: string): Flag => ({
  ...takes(name, 'SECONDS', `${help} (default ${fallback})`, short),
  number: true,
  fallback,
});

/** Of what works on hosts by a runbook. */
export const FORMAT_FLAG: Flag = {
  ...takes('format', 'FORMAT', 'text (default), json, markdown, github, sarif or junit (docs/review.md)'),
  choices: ['text', 'json', 'markdown', 'github', 'sarif', 'junit'],
};

/** Those of `run <runbook> <inventory>`. */
export const RUN_FLAGS: readonly Flag[] = [
  takes('inventory', 'INVENTORY', 'the inventory, where it does not stand after the runbook', 'i'),
  takes(
    'limit',
    'HOSTS',
    'only these hosts are changed: names, groups, globs, !not, &and, ~regex, @file, @failed',
    'l',
    true,
  ),
  yes('dry-run', 'show what would change; nothing is touched'),
  { name: 'check', short: 'C', type: 'boolean', alias: 'dry-run', help: 'the same as --dry-run' },
  takes('against', 'BUNDLE', 'with --dry-run: plan on what run facts recorded, with no connection'),
  yes('diff', 'show differences (on by default in a dry run)', 'D'),
  takes('out', 'FILE', 'in a dry run: write the plan there, signed, for run apply'),
  {
    ...takes('expires', 'TIME', 'how long that plan may be applied: 90m, 24h (default), 7d'),
    fallback: '24h',
  },
  takes('plan-key', 'FILE', 'the key that signs plans (default: RUN_PLAN_KEY, else .run/plan.key)'),
  yes('detailed-exitcode', 'in a dry run: 0 nothing to change, 2 changes pending, 1 a host failed'),
  takes('tags', 'TAGS', 'only steps with these tags', 't', true),
  takes('skip-tags', 'TAGS', 'leave out steps with these tags', undefined, true),
  takes('from', 'STEP', 'leave out the steps before this one'),
  takes('only', 'STEP', 'only this step and handlers; several with commas', undefined, true),
  { ...takes('start-at-task', 'STEP', 'the same as --from'), alias: 'from' },
  takes(
    'extra-vars',
    'VARS',
    'variables that win over all others: k=v, a YAML or JSON map, @file',
    'e',
    true,
  ),
  { ...takes('forks', 'N', 'hosts worked on at once (default 50)', 'f'), number: true, fallback: '50' },
  yes('yes', 'never ask', 'y'),
  yes('step', 'ask before each step that changes something: yes, no, all the rest, quit'),
  {
    ...takes('max-changes', 'N', 'refuse a plan with more changes, before anything is written'),
    number: true,
  },
  takes(
    'allow',
    'STEP',
    'let this step delete, stop or restart what is protected, or lift what it protects',
    undefined,
    true,
  ),
  yes('allow-lockout', 'also make changes after which the next login would not get in'),
  {
    ...takes(
      'confirm',
      'TIME',
      'changes are taken back unless a new login succeeds in 60s, 5m; off: none is',
    ),
    confirm: true,
  },
  { ...takes('max-hosts', 'N', 'refuse a plan that changes more hosts'), number: true },
  {
    ...takes('keep-runs', 'N', 'journals of this many runs are kept (default 200; run history)'),
    number: true,
    fallback: '200',
  },
  { ...takes('keep-days', 'N', 'and none that is older (default 90)'), number: true, fallback: '90' },
  takes('user', 'NAME', 'login account', 'u'),
  takes('private-key', 'FILE', 'login key'),
  yes('become', 'act as another account (sudo to root unless said otherwise)', 'b'),
  takes('become-user', 'NAME', 'the account to act as'),
  {
    ...takes('become-method', 'NAME', 'by sudo (default), su or doas'),
    choices: ['sudo', 'su', 'doas'],
    fallback: 'sudo',
  },
  yes('ask-become-pass', 'ask for the sudo password, before any connection', 'K'),
  takes('become-password-file', 'FILE', 'read the sudo password from a file (or RUN_BECOME_PASSWORD)'),
  seconds('timeout', 'time to connect', '10', 'T'),
  seconds('reconnect', 'how long a connection that was cut is tried again', '60'),
  seconds('heartbeat', 'silence after which a host lets go of a run that is gone', '10'),
  {
    ...takes(
      'lock-timeout',
      'TIME',
      'how long to wait for a host that another run writes to: 0 (default: not at all), 30s, 10m',
    ),
    wait: true,
    fallback: '0',
  },
  {
    ...takes(
      'transport',
      'CARRIER',
      "builtin (default) or openssh, the system's ssh, for hosts that say neither",
    ),
    choices: ['builtin', 'openssh'],
    fallback: 'builtin',
  },
  {
    ...takes(
      'host-key',
      'POLICY',
      'strict (default) or accept-new: what to do with a host key nobody knows yet',
    ),
    choices: ['strict', 'accept-new'],
    fallback: 'strict',
  },
  FORMAT_FLAG,
  yes('json', 'the same as --format json: JSON Lines of events on stdout (docs/events.schema.json)'),
  takes('events', 'FILE', 'write the events of --json to a file, beside the text for people'),
  yes('syntax-check', 'check everything, and stop: run validate <runbook> <inventory>'),
  yes('list-hosts', 'name the hosts this would run on, and stop'),
  yes('list-steps', 'name the steps this would run, and stop'),
  { name: 'list-tasks', type: 'boolean', alias: 'list-steps', help: 'the same as --list-steps' },
  yes('verbose', 'also say what was skipped and what was fine', 'v'),
  yes('quiet', 'only failures and the recap', 'q'),
  yes('no-color', 'no colours (also: NO_COLOR=1)'),
  takes('project', 'DIR', 'project root (default: the nearest folder with runbooks/ or run.yaml)'),
  yes('help', 'this text', 'h'),
  yes('version', 'the version'),
];

/** Flags of a run that a verb has as well, by their names. */
export function flags(...names: readonly string[]): readonly Flag[] {
  return names.flatMap((name) => RUN_FLAGS.filter((flag) => flag.name === name || flag.alias === name));
}
