/** What failed, could not be reached or was refused, as pieces of Markdown. */
import type { FailureInfo } from '../model/event.ts';
import { differenceLines } from './difference.ts';
import { block, NO_DIFFERENCE, once, type Piece } from './markdown-piece.ts';
import { code } from './markdown-text.ts';
import { createPaint } from './paint.ts';
import { printable, settled } from './printable.ts';
import type { ProblemEvent, RefusalEvent, RunReport, Shared, StepEvent } from './run-report.ts';

const PLAIN = createPaint(false);

export function failurePieces(report: RunReport): readonly Piece[] {
  const drifted = new Set(report.hosts.filter(({ recap }) => recap?.drifted).map(({ name }) => name));
  return [
    ...report.unreachable.map((each) => absentPiece('unreachable', each)),
    ...report.locked.map((each) => absentPiece('locked', each)),
    ...report.problems.map(problemPiece),
    ...report.refusals.map(refusalPiece),
    ...report.failures.map((failure) => failurePiece(failure, drifted)),
  ];
}

function failurePiece(
  { event, hosts }: Shared<StepEvent & { readonly failure: FailureInfo }>,
  drifted: ReadonlySet<string>,
): Piece {
  const { status, step, failure, reason } = event;
  const word =
    status === 'ignored'
      ? 'ignored'
      : status === 'rolled_back'
        ? 'taken back'
        : hosts.every((name) => drifted.has(name))
          ? 'refused'
          : 'failed';
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

function absentPiece(word: 'unreachable' | 'locked', { event, hosts }: Shared<FailureInfo>): Piece {
  return {
    kind: 'unreachable',
    weight: 'plain',
    hosts,
    shape: word,
    ...NO_DIFFERENCE,
    line: `**${word}**: ${code(firstLine(event.message))}`,
    body: once((detail) => block(failureLines(event), detail, 'text')),
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

function refusalPiece({ event, hosts }: Shared<RefusalEvent>): Piece {
  const { guard, message, hint, place, policy, ask } = event;
  const failure = { message, ...(hint === undefined ? {} : { hint }) };
  const ends = [place, policy].flatMap((each) => (each === undefined ? [] : [` · ${code(each)}`]));
  return {
    kind: 'failure',
    weight: 'plain',
    hosts,
    shape: JSON.stringify(['refusal', guard]),
    ...NO_DIFFERENCE,
    line: `**${ask ? 'to be agreed to' : 'refused'}** (${code(guard)}): ${code(firstLine(message))}${ends.join('')}`,
    body: once((detail) => block(failureLines(failure), detail, 'text')),
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
