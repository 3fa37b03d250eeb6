/** A run as Markdown for reviewers: a table, what to look at first, then each change once with the hosts it is on. */
import type { Emit } from '../model/event.ts';
import { workPieces } from './markdown-change.ts';
import { failurePieces } from './markdown-failure.ts';
import { type Details, fit, isUrgent } from './markdown-fit.ts';
import { item, onHosts, type Piece } from './markdown-piece.ts';
import { headText } from './markdown-table.ts';
import { code, count, fence } from './markdown-text.ts';
import { variantsOf } from './markdown-variant.ts';
import { groupBy, type Variants, variantText, workText } from './markdown-work.ts';
import { printable } from './printable.ts';
import { foldRun, type ProblemEvent, type RunReport } from './run-report.ts';

/** What GitHub takes as the body of a comment, in bytes, as in most languages a character is more than one. */
export const MARKDOWN_LIMIT = 65_536;

export function markdownRenderer(write: (text: string) => void): Emit {
  return foldRun((report) => write(markdownText(report, MARKDOWN_LIMIT)));
}

/** Byte for byte the same for the same changes: no time, no number of a run, hosts in the order of the inventory. */
export function markdownText(report: RunReport, limit: number): string {
  if (report.problems.length > 0 && report.runbook === '') return refusedText(report.problems, limit);
  const pieces = [...failurePieces(report), ...workPieces(report)];
  const work = pieces.filter((piece) => isWork(piece) && !isUrgent(piece));
  const variants = variantsOf(
    pieces.filter((piece) => isFailure(piece) || (isWork(piece) && !isUrgent(piece))),
  );
  const head = headText(report);
  const next = nextText(report);
  return fit(pieces, variants, limit, (details) => {
    const sections = [
      section(
        report.refusals.length > 0 ? 'Refused or failed' : 'Failed',
        pieces.filter(isFailure),
        variants,
        details,
      ),
      section(
        report.dryRun
          ? 'Look at these first: what would be lost or interrupted'
          : 'What was lost or interrupted',
        pieces.filter(isHeavy),
        variants,
        details,
      ),
      workText(report.dryRun ? 'Changes to make' : 'Changes', work, variants, details),
      section(
        'Warnings',
        pieces.filter(({ kind }) => kind === 'warning'),
        variants,
        details,
      ),
    ];
    return `${head}${leftOut(pieces, details, limit)}${sections.join('')}${next}`;
  });
}

/** Commands to type: of the recap, and those that mend what has drifted, hosts of one command together. */
function nextText({ hosts, next }: RunReport): string {
  const commands = new Map<string, Set<string>>();
  for (const { changes } of hosts)
    for (const { mend = '' } of changes) {
      const [, command, host] = /^(.*) --limit ([\w.-]+)$/.exec(mend) ?? [];
      const limits = commands.get(command ?? mend) ?? new Set();
      commands.set(command ?? mend, host === undefined ? limits : limits.add(host));
    }
  const mends = [...commands]
    .filter(([command]) => command !== '')
    .map(([command, limits]) => (limits.size > 0 ? `${command} --limit ${[...limits].join(',')}` : command));
  // A command that is cut is none.
  const all = [...(next === undefined ? [] : [next]), ...mends].filter(
    ({ length }) => length <= LONGEST_COMMAND,
  );
  const lines = all.slice(0, MOST_COMMANDS).map(printable);
  return lines.length === 0 ? '' : `\n### Next\n\n${fence(lines, 'sh').join('\n')}\n`;
}

const MOST_COMMANDS = 6;
const LONGEST_COMMAND = 2000;

const isFailure = ({ kind }: Piece): boolean => kind === 'failure' || kind === 'unreachable';
const isHeavy = (piece: Piece): boolean => isUrgent(piece) && !isFailure(piece);
const isWork = ({ kind }: Piece): boolean => kind === 'change' || kind === 'later';

/** What weighs most first, as it comes. */
function section(title: string, pieces: readonly Piece[], variants: Variants, details: Details): string {
  const weights = ['destructive', 'restart', 'plain'];
  const sorted = [...pieces].sort((a, b) => weights.indexOf(a.weight) - weights.indexOf(b.weight));
  const shown = sorted.filter((piece) => (details.get(piece) ?? 0) > 0 && !variants.has(piece));
  if (shown.length === 0) return '';
  const below = groupBy(pieces, (piece) => variants.get(piece)?.of);
  const items = shown.map((piece) => {
    const more = variantText(below.get(piece) ?? [], variants, details);
    return item(piece, details.get(piece) ?? 0, onHosts(piece.hosts), more);
  });
  return `\n### ${title}\n\n${items.join('')}`;
}

function leftOut(pieces: readonly Piece[], details: Details, limit: number): string {
  const gone = pieces.filter((piece) => (details.get(piece) ?? 0) === 0);
  const short = pieces.filter((piece) => {
    const detail = details.get(piece) ?? 0;
    return (
      detail > 0 &&
      detail < 3 &&
      (detail === 1 ? piece.body(3).length > 0 : piece.body(2).join() !== piece.body(3).join())
    );
  });
  const parts = [
    ...(gone.length > 0 ? [`${amount(gone)} are not named`] : []),
    ...(short.length > 0 ? [`of ${amount(short)} the differences are missing or cut short`] : []),
  ];
  if (parts.length === 0) return '';
  const heavy = gone.filter(isUrgent).length;
  const weight =
    heavy > 0
      ? ` **Among what is not named: ${amount(gone.filter(isUrgent))} that lose or interrupt something, or failed.**`
      : gone.length > 0
        ? ' Nothing that is not named loses or interrupts anything.'
        : '';
  const size = limit.toLocaleString('en-US');
  return `\n> **Left out here**, as this text has at most ${size} bytes: ${parts.join('; ')}.${weight} \`--format text\` and \`--json\` tell all.\n`;
}

function amount(pieces: readonly Piece[]): string {
  const changes = pieces.reduce((sum, { hosts }) => sum + Math.max(1, hosts.length), 0);
  return `${count(changes, 'change')} on ${count(new Set(pieces.flatMap(({ hosts }) => hosts)).size, 'host')}`;
}

function refusedText(problems: readonly ProblemEvent[], limit: number): string {
  const head = `## Refused: nothing was touched\n\n${count(problems.length, 'problem')}.\n\n`;
  const lines = problems.map(
    ({ code: id, message, place, hint }) =>
      `- ${place === undefined ? '' : `${code(place)}: `}${code(message)} (${code(id)})${hint === undefined ? '' : ` → ${code(hint)}`}\n`,
  );
  let text = head;
  for (const [at, line] of lines.entries()) {
    const end = `- and ${lines.length - at} more\n`;
    if (Buffer.byteLength(text + line + end) > limit) return text + end;
    text += line;
  }
  return text;
}
