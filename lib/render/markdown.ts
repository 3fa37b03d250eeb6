/** A run as Markdown for reviewers: a table, what to look at first, then each change once with the hosts it is on. */
import type { Emit } from '../model/event.ts';
import { type Details, fit, isUrgent } from './markdown-fit.ts';
import { item, onHosts, type Piece, piecesOf } from './markdown-piece.ts';
import { headText } from './markdown-table.ts';
import { clip, code, count, html, names } from './markdown-text.ts';
import { foldRun, type ProblemEvent, type RunReport } from './run-report.ts';

/** What GitHub takes as the body of a comment, in bytes, as in most languages a character is more than one. */
export const MARKDOWN_LIMIT = 65_536;

export function markdownRenderer(write: (text: string) => void): Emit {
  return foldRun((report) => write(markdownText(report, MARKDOWN_LIMIT)));
}

/** Byte for byte the same for the same changes: no time, no number of a run, hosts in the order of the inventory. */
export function markdownText(report: RunReport, limit: number): string {
  if (report.problems.length > 0) return refusedText(report.problems, limit);
  const pieces = piecesOf(report);
  const head = headText(report);
  const next = report.next === undefined ? '' : `\nNext: ${code(report.next)}\n`;
  return fit(pieces, limit, (details) => {
    const sections = [
      section(
        'Failed',
        pieces.filter((piece) => isFailure(piece)),
        details,
      ),
      section(
        report.dryRun
          ? 'Look at these first: what would be lost or interrupted'
          : 'What was lost or interrupted',
        pieces.filter(isHeavy),
        details,
      ),
      workText(
        pieces.filter((piece) => isWork(piece) && !isUrgent(piece)),
        details,
        report.dryRun,
      ),
      section(
        'Warnings',
        pieces.filter(({ kind }) => kind === 'warning'),
        details,
      ),
    ];
    return `${head}${leftOut(pieces, details, limit)}${sections.join('')}${next}`;
  });
}

const isFailure = ({ kind }: Piece): boolean => kind === 'failure' || kind === 'unreachable';
const isHeavy = (piece: Piece): boolean => isUrgent(piece) && !isFailure(piece);
const isWork = ({ kind }: Piece): boolean => kind === 'change' || kind === 'later';

/** What weighs most first, as it comes. */
function section(title: string, pieces: readonly Piece[], details: Details): string {
  const weights = ['destructive', 'restart', 'plain'];
  const sorted = [...pieces].sort((a, b) => weights.indexOf(a.weight) - weights.indexOf(b.weight));
  const shown = sorted.filter((piece) => (details.get(piece) ?? 0) > 0);
  if (shown.length === 0) return '';
  return `\n### ${title}\n\n${shown.map((piece) => item(piece, details.get(piece) ?? 0, onHosts(piece.hosts))).join('')}`;
}

const MOST_NAMES = 12;

/** Changes by the hosts that they are on: each stands here once. What is alike but for its values is folded up. */
function workText(pieces: readonly Piece[], details: Details, dryRun: boolean): string {
  const shown = pieces.filter((piece) => (details.get(piece) ?? 0) > 0);
  if (shown.length === 0) return '';
  const alike = new Map<string, Piece[]>();
  for (const piece of shown) alike.set(piece.shape, [...(alike.get(piece.shape) ?? []), piece]);
  const brief = (piece: Piece): boolean =>
    details.get(piece) === 1 && (alike.get(piece.shape)?.length ?? 0) > 1;
  const blocks = new Map<string, Piece[]>();
  for (const piece of shown.filter((each) => !brief(each))) {
    const key = piece.hosts.join('\n');
    blocks.set(key, [...(blocks.get(key) ?? []), piece]);
  }
  const first = new Set([...alike.values()].map(([piece]) => piece));
  const texts = [...blocks.values()].map((list) =>
    blockText(
      list,
      details,
      list.some((piece) => first.has(piece)),
    ),
  );
  const rest = [...alike.values()].map((list) => list.filter(brief)).filter((list) => list.length > 0);
  return `\n### ${dryRun ? 'Changes to make' : 'Changes'}\n${texts.join('')}${briefText(rest)}`;
}

/** In the order in which they are made on a host. */
function blockText(list: readonly Piece[], details: Details, open: boolean): string {
  const hosts = list[0]?.hosts ?? [];
  const items = list.map((piece) => item(piece, details.get(piece) ?? 0, '')).join('');
  if (open) {
    const same = hosts.length > 1 ? `: the same on ${hosts.length} hosts` : '';
    return `\n#### ${names(hosts, MOST_NAMES)}${same}\n\n${items}`;
  }
  const [one = ''] = hosts;
  const many = hosts.length > 1 ? ` and ${hosts.length - 1} more` : '';
  const title = `<code>${html(clip(one, 80))}</code>${many}: as above with other values, ${count(list.length, 'change')}`;
  return `\n<details><summary>${title}</summary>\n\n${items}\n</details>\n`;
}

/** Those of which only so much is told that they are there. */
function briefText(groups: readonly (readonly Piece[])[]): string {
  if (groups.length === 0) return '';
  const items = groups.map((list) => {
    const hosts = [...new Set(list.flatMap((piece) => piece.hosts))];
    const each = list.length > 1 ? ', each with values of its own' : '';
    return `- ${list[0]?.line ?? ''} · on ${count(hosts.length, 'host')}${each}: ${names(hosts, MOST_NAMES)}\n`;
  });
  return `\n#### Alike, with other values\n\n${items.join('')}`;
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
  const head = `## Refused: nothing was touched\n\n${count(problems.length, 'problem')} in the files.\n\n`;
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
