/** What the Markdown of a run tells, piece by piece, each in several lengths. */
import type { FailureInfo } from '../model/event.ts';
import type { Difference } from '../model/resource.ts';
import { type Weight, weightOf } from '../model/review.ts';
import { differenceLines } from './difference.ts';
import { clip, code, fence, names } from './markdown-text.ts';
import { createPaint } from './paint.ts';
import { printable, settled } from './printable.ts';
import type { ChangeEvent, LaterEvent, ProblemEvent, RunReport, Shared, StepEvent } from './run-report.ts';

/** 0: left out; 1: a line; 2: with the beginning of its difference; 3: whole. */
export type Detail = 0 | 1 | 2 | 3;

export interface Piece {
  readonly kind: 'failure' | 'unreachable' | 'change' | 'later' | 'warning';
  readonly weight: Weight;
  readonly hosts: readonly string[];
  /** Alike for what differs in its values alone, as an address in a file of each host. */
  readonly shape: string;
  /** The line, without its hosts. */
  readonly line: string;
  /** Of a change: what it is told by where others are compared with it. */
  readonly summary: string;
  readonly diff: readonly Difference[];
  /** What stands below it at a detail of 2 and 3, not yet indented. */
  readonly body: (detail: 2 | 3) => readonly string[];
}

const PLAIN = createPaint(false);
const NO_DIFFERENCE = { summary: '', diff: [] } as const;
const SHORT_LINES = 10;
const SHORT_WIDTH = 160;
const WIDTH = 400;
/** Lines beyond which a difference is folded up. */
const OPEN_LINES = 16;

export function piecesOf(report: RunReport): readonly Piece[] {
  const drifted = new Set(report.hosts.filter(({ recap }) => recap?.drifted).map(({ name }) => name));
  return [
    ...report.unreachable.map(unreachablePiece),
    ...report.problems.map(problemPiece),
    ...report.failures.map((failure) => failurePiece(failure, drifted)),
    ...report.work.map((work) =>
      work.event.kind === 'change'
        ? changePiece(work as Shared<ChangeEvent>)
        : laterPiece(work as Shared<LaterEvent>),
    ),
    ...report.warnings.map(warningPiece),
  ];
}

function changePiece({ event, hosts }: Shared<ChangeEvent>): Piece {
  const { action, key, summary, step, place, mayDiffer, retries, diff } = event;
  const weight = weightOf(event);
  const notes = [
    ...(weight === 'destructive' && action === 'update' ? ['there is no way back'] : []),
    ...(mayDiffer === undefined ? [] : [`may differ: it rests on step ${code(mayDiffer)}`]),
    ...(retries === undefined ? [] : [`may be tried again, up to ${retries} times`]),
  ];
  const ends = [`step ${code(step)}`, ...(place === '' ? [] : [code(place)]), ...notes];
  return {
    kind: 'change',
    weight,
    hosts,
    shape: JSON.stringify([step, key, action, place, mayDiffer, retries, weight]),
    summary,
    diff,
    line: `**${action}** ${code(key)}: ${code(summary)} · ${ends.join(' · ')}`,
    body: once((detail) => block(differenceLines(diff, PLAIN), detail, 'diff')),
  };
}

function laterPiece({ event, hosts }: Shared<LaterEvent>): Piece {
  const { step, reason, place } = event;
  return {
    kind: 'later',
    weight: 'plain',
    hosts,
    shape: JSON.stringify(['later', step]),
    ...NO_DIFFERENCE,
    line: `**known after apply** step ${code(step)}: it rests on ${code(reason)} · ${code(place)}`,
    body: () => [],
  };
}

function failurePiece(
  { event, hosts }: Shared<StepEvent & { readonly failure: FailureInfo }>,
  drifted: ReadonlySet<string>,
): Piece {
  const { status, step, failure, reason } = event;
  const word =
    status === 'ignored' ? 'ignored' : hosts.every((name) => drifted.has(name)) ? 'refused' : 'failed';
  const why = reason === undefined ? '' : ` (${code(reason)})`;
  const at = failure.place === undefined ? '' : ` · ${code(failure.place)}`;
  return {
    kind: 'failure',
    weight: 'plain',
    hosts,
    shape: JSON.stringify(['failure', step, status, failure.message, failure.output, failure.hint]),
    summary: '',
    diff: failure.diff ?? [],
    line: `**${word}**${why} step ${code(step)}: ${code(firstLine(failure.message))}${at}`,
    body: once((detail) => block(failureLines(failure), detail, 'text')),
  };
}

/** A part of the run did not begin, as its files are wrong. */
function problemPiece({ code: id, message, place, hint }: ProblemEvent): Piece {
  const failure = { message, ...(hint === undefined ? {} : { hint }) };
  return {
    kind: 'failure',
    weight: 'plain',
    hosts: [],
    shape: JSON.stringify(['problem', id]),
    ...NO_DIFFERENCE,
    line: `**refused**: ${code(firstLine(message))} (${code(id)})${place === undefined ? '' : ` · ${code(place)}`}`,
    body: once((detail) => block(failureLines(failure), detail, 'text')),
  };
}

function unreachablePiece({ event, hosts }: Shared<FailureInfo>): Piece {
  return {
    kind: 'unreachable',
    weight: 'plain',
    hosts,
    shape: 'unreachable',
    ...NO_DIFFERENCE,
    line: `**unreachable**: ${code(firstLine(event.message))}`,
    body: once((detail) => block(failureLines(event), detail, 'text')),
  };
}

function warningPiece({ event, hosts }: Shared<string>): Piece {
  return {
    kind: 'warning',
    weight: 'plain',
    hosts,
    shape: 'warning',
    ...NO_DIFFERENCE,
    line: `**warning**: ${code(event)}`,
    body: () => [],
  };
}

/** All but what stands in the line above it. */
function failureLines({ message, diff, output, hint }: FailureInfo): readonly string[] {
  return [
    ...settled(message).split('\n').slice(1),
    ...(diff ? differenceLines(diff, PLAIN) : []),
    ...(output
      ? settled(output)
          .split('\n')
          .map((line) => `| ${line}`)
      : []),
    ...(hint === undefined ? [] : [`→ ${printable(hint)}`]),
  ];
}

function firstLine(text: string): string {
  return settled(text).split('\n', 1)[0] ?? '';
}

function block(all: readonly string[], detail: 2 | 3, language: string): readonly string[] {
  if (all.length === 0) return [];
  const lines = all.flatMap((line) => line.split('\n'));
  const most = detail === 2 ? SHORT_LINES : lines.length;
  const shown = lines.slice(0, most).map((line) => clip(line, detail === 2 ? SHORT_WIDTH : WIDTH));
  const more = lines.length - shown.length;
  const fenced = fence(more > 0 ? [...shown, `… ${more} more lines`] : shown, language);
  if (shown.length <= OPEN_LINES) return fenced;
  return [`<details><summary>${shown.length} lines</summary>`, '', ...fenced, '', '</details>'];
}

/** The whole is asked for again and again while lengths are tried. */
function once(make: (detail: 2 | 3) => readonly string[]): (detail: 2 | 3) => readonly string[] {
  const made = new Map<2 | 3, readonly string[]>();
  return (detail) => {
    const known = made.get(detail) ?? make(detail);
    made.set(detail, known);
    return known;
  };
}

const MOST_NAMES = 6;

/** `on 12 hosts: …`; on the one host that it is. */
export function onHosts(hosts: readonly string[]): string {
  if (hosts.length === 0) return '';
  if (hosts.length === 1) return ` · on ${names(hosts, 1)}`;
  return ` · the same on ${hosts.length} hosts: ${names(hosts, MOST_NAMES)}`;
}

/** A list item: its line, what stands below it, and after that `more`. */
export function item(piece: Piece, detail: Detail, hosts: string, more: readonly string[] = []): string {
  const own = detail >= 2 ? piece.body(detail as 2 | 3) : [];
  const below = more.length > 0 && own.length > 0 ? [...own, '', ...more] : [...own, ...more];
  return [`- ${piece.line}${hosts}`, ...below.map((line) => (line === '' ? '' : `  ${line}`)), ''].join('\n');
}
