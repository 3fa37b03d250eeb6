/** What frr-reload says it would do, taken apart, and shown as lines that are too many and lines that lack. */

/** Commands as frr-reload prints them: a line with what it stands in above it, indented by one blank a level. */
export interface FrrCommands {
  /** Would be run to take lines away: in most of them the last line begins with `no`. */
  readonly remove: readonly string[];
  readonly add: readonly string[];
}

/** Configuration text: what runs and is not in the file, what is in the file and does not run. */
export interface FrrDifference {
  readonly surplus: string;
  readonly missing: string;
}

const TITLES: Readonly<Record<string, keyof FrrCommands>> = {
  'Lines To Delete': 'remove',
  'Lines To Add': 'add',
};

export function parseFrrTest(text: string): FrrCommands {
  const found: Record<keyof FrrCommands, string[]> = { remove: [], add: [] };
  let section: string[] | undefined;
  for (const line of text.split('\n')) {
    const title = TITLES[line];
    if (title) section = found[title];
    else if (!section || line.trim() === '' || /^=+$/.test(line)) continue;
    else if (/^\s/.test(line) && section.length > 0) section.push(`${section.pop()}\n${line.trimEnd()}`);
    else section.push(line.trimEnd());
  }
  return found;
}

/**
 * The difference that is one. Left out are commands that a reload of the same file left over (`known`): defaults, which
 * FRR takes and never shows, and lines that it adds by itself. Left out, too, is what FRR shows of the host and not of
 * its configuration, while the file does not speak of it: the host's own name, and that the kernel does not forward.
 */
export function frrDifference(
  commands: FrrCommands,
  known: FrrCommands,
  hostname: string,
): FrrDifference | undefined {
  const mirrored = new Set([
    `no hostname ${hostname}`,
    ...['ip forwarding', 'ipv6 forwarding'].filter((line) => !commands.add.includes(line)),
  ]);
  const remove = commands.remove.filter((each) => !known.remove.includes(each) && !mirrored.has(each));
  const add = commands.add.filter((each) => !known.add.includes(each));
  if (remove.length + add.length === 0) return undefined;
  // frr-reload takes these lists' entries away by adding their opposite.
  const [undo, wanted] = [add.filter((each) => UNDO.test(each)), add.filter((each) => !UNDO.test(each))];
  return { surplus: nested([...remove, ...undo].map(opposite)), missing: nested(wanted) };
}

const UNDO = /^no (ip|ipv6|bgp) (route|[a-z-]*list|as-path access-list) /;

/** The line that a command takes away: without its `no`, or with one. */
function opposite(command: string): string {
  const lines = command.split('\n');
  const last = lines.pop() ?? '';
  const [, indent = '', no, rest = ''] = /^(\s*)(no )?(.*)$/.exec(last) ?? [];
  return [...lines, `${indent}${no ? '' : 'no '}${rest}`].join('\n');
}

/** Commands as one text: what several stand in is said once. */
function nested(commands: readonly string[]): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const command of commands) {
    const parts = command.split('\n');
    let same = 0;
    while (same < parts.length - 1 && parts[same] === open[same]) same += 1;
    if (!(parts.length === 1 && open[0] === parts[0])) lines.push(...parts.slice(same));
    open = parts;
  }
  return lines.map((line) => `${line}\n`).join('');
}
