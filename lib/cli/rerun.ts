/** The command line to type next: the one that was typed, for other hosts or without --dry-run. */

const DROPPED = new Set([
  '--dry-run',
  '--check',
  '-C',
  '--detailed-exitcode',
  '--json',
  '--list-hosts',
  '--list-steps',
]);
const LIMIT = new Set(['--limit', '-l']);

/** Given the words that were typed, makes the command for some hosts; no hosts: as it was. */
export function rerunCommand(argv: readonly string[]): (hosts: readonly string[]) => string {
  return (hosts) => {
    const words: string[] = [];
    for (let index = 0; index < argv.length; index += 1) {
      const word = argv[index] ?? '';
      if (DROPPED.has(word)) continue;
      if (word === '--events') {
        index += 1;
        continue;
      }
      const limit = LIMIT.has(word) || word.startsWith('--limit=');
      if (limit && hosts.length > 0) {
        if (LIMIT.has(word)) index += 1;
        continue;
      }
      words.push(word);
    }
    if (hosts.length > 0) words.push('--limit', [...new Set(hosts)].join(','));
    return ['run', ...words.map(shellWord)].join(' ');
  };
}

function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
