/** The state that trials must end in: what two runs on fresh hosts have in common. */
import { printChanges } from '../../lab/host-print.ts';

export type Prints = Readonly<Record<string, readonly string[]>>;

export interface EndState {
  readonly prints: Prints;
  /** Random by nature, as two runs that went well differ in it: `tree /etc/key`, by host. */
  readonly random: Readonly<Record<string, readonly string[]>>;
}

export function endStateOf(one: Prints, other: Prints): EndState {
  const random = Object.fromEntries(
    Object.entries(one).map(([host, lines]) => [
      host,
      [...new Set(printChanges(lines, other[host] ?? []).map((line) => subjectOf(line.slice(2))))].sort(),
    ]),
  );
  return { prints: one, random };
}

/** What a line is about: its first two words. */
function subjectOf(line: string): string {
  return line.split(' ', 2).join(' ');
}

/** A line for each difference: `roz: + tree /srv/x file 644 0:0 …`. */
export function stateChanges({ prints, random }: EndState, now: Prints): readonly string[] {
  return Object.entries(prints).flatMap(([host, wanted]) => {
    const loose = new Set(random[host]);
    // Type, mode and owner are not random; only the content is.
    const compared = (lines: readonly string[]): readonly string[] =>
      lines.flatMap((line) => {
        if (!loose.has(subjectOf(line))) return [line];
        return line.startsWith('tree ') ? [line.split(' ').slice(0, -1).join(' ')] : [];
      });
    const found = printChanges(compared(wanted), compared(now[host] ?? []));
    return found.map((line) => `${host}: ${line}`);
  });
}
