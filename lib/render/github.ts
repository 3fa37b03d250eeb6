/** A run in GitHub Actions: its text in the log, annotations at the lines of YAML, Markdown in the job's summary. */
import type { Emit } from '../model/event.ts';
import { type Finding, findingsOf } from './finding.ts';
import { type GithubLevel, githubCommand } from './github-command.ts';
import { printable } from './printable.ts';
import { foldRun, type RunReport } from './run-report.ts';

export interface GithubOptions {
  /** The log. */
  write(text: string): void;
  /** The text for people, already without commands in it. */
  readonly text: Emit;
  /** A path from the root of the repository, as annotations want it. */
  locate(file: string): string;
  /** Undefined where there is no summary to write. */
  readonly summary?: (report: RunReport) => void;
}

/** GitHub shows so many annotations of a level for each step of a job, and drops the others without a word. */
const MOST = 10;
/** Lines of one annotation. */
const MOST_LINES = 12;

export function githubRenderer({ write, text, locate, summary }: GithubOptions): Emit {
  const fold = foldRun((report) => {
    write(annotations(findingsOf(report, locate)));
    summary?.(report);
  });
  let begun = false;
  return (event) => {
    begun ||= event.kind === 'start';
    // The recap of a run that did not begin has no host in it.
    if (begun) text(event);
    fold(event);
  };
}

const LEVEL = { error: 'error', warning: 'warning', note: 'notice' } as const;

/** One for each place, what weighs most first. */
export function annotations(findings: readonly Finding[]): string {
  const places = new Map<string, Finding[]>();
  for (const [at, finding] of findings.entries()) {
    const { place } = finding;
    const key = place ? `${place.file}:${place.line ?? ''}` : `nowhere ${at}`;
    places.set(key, [...(places.get(key) ?? []), finding]);
  }
  const lines: string[] = [];
  const left: Record<GithubLevel, number> = { error: 0, warning: 0, notice: 0 };
  const shown: Record<GithubLevel, number> = { error: 0, warning: 0, notice: 0 };
  for (const group of places.values()) {
    const [first] = group as [Finding];
    const level = LEVEL[first.level];
    if (shown[level] < MOST) {
      shown[level] += 1;
      lines.push(annotation(level, group));
    } else left[level] += 1;
  }
  for (const [level, number] of Object.entries(left))
    if (number > 0)
      lines.push(
        `${number} more places with a ${level}: GitHub shows ${MOST} of a level; the summary has all`,
      );
  return lines.map((line) => `${line}\n`).join('');
}

function annotation(level: GithubLevel, group: readonly Finding[]): string {
  const [{ place, title }] = group as [Finding];
  const more = group.length > 1 ? ` and ${group.length - 1} more` : '';
  const messages = group.slice(0, MOST_LINES).map(({ message }) => message);
  const rest = group.length - messages.length;
  const said = [...messages, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
  return githubCommand(level, { ...place, title: printable(`${title}${more}`) }, printable(said));
}

/**
 * Text in which the runner finds no command, whatever a host has printed: it takes a line for one when `::` stands at
 * its beginning, blanks aside, or `##[` anywhere.
 */
export function withoutCommands(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1:\u200b').replaceAll('##[', '##\u200b[');
}

/** Makes the runner put `***` in place of these values in all that follows. The runner itself does not show the line. */
export function maskCommands(values: readonly string[]): string {
  const lines = values.flatMap((value) => [value, ...value.split(/\r?\n/)]).map((line) => line.trim());
  // A mask of a few characters would black out half the log, and tell what it hides.
  const long = [...new Set(lines)].filter((line) => line.length >= SHORTEST && !/[\r\n]/.test(line));
  return long.map((line) => `::add-mask::${line.replaceAll('%', '%25')}\n`).join('');
}

const SHORTEST = 4;
