/** Changes, made or to make, and what is known only later, as pieces of Markdown. */
import { weightOf } from '../model/review.ts';
import { differenceLines } from './difference.ts';
import { block, NO_DIFFERENCE, once, type Piece } from './markdown-piece.ts';
import { code } from './markdown-text.ts';
import { createPaint } from './paint.ts';
import type { ChangeEvent, LaterEvent, RunReport, Shared } from './run-report.ts';

const PLAIN = createPaint(false);

/** In order; warnings after them. */
export function workPieces({ work, warnings }: RunReport): readonly Piece[] {
  const pieces = work.map((each) =>
    each.event.kind === 'change'
      ? changePiece(each as Shared<ChangeEvent>)
      : laterPiece(each as Shared<LaterEvent>),
  );
  return [...pieces, ...warnings.map(warningPiece)];
}

function changePiece({ event, hosts }: Shared<ChangeEvent>): Piece {
  const { action, key, summary, step, place, mayDiffer, retries, confirm, diff } = event;
  const weight = weightOf(event);
  const notes = [
    ...(weight === 'destructive' && action === 'update' ? ['there is no way back'] : []),
    ...(confirm === undefined ? [] : [`confirmed by a new login within ${confirm} s`]),
    ...(mayDiffer === undefined ? [] : [`may differ: it rests on step ${code(mayDiffer)}`]),
    ...(retries === undefined ? [] : [`may be tried again, up to ${retries} times`]),
  ];
  const ends = [`step ${code(step)}`, ...(place === '' ? [] : [code(place)]), ...notes];
  return {
    kind: 'change',
    weight,
    hosts,
    shape: JSON.stringify([step, key, action, place, mayDiffer, retries, confirm, weight]),
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
