/** One frame of the live view: a few lines that never wrap and never fill the screen. */
import type { HostLine, LiveModel } from './live-model.ts';
import type { Paint } from './paint.ts';
import { settled } from './printable.ts';

export interface FrameSize {
  /** Characters of a line. */
  readonly columns: number;
  /** Lines of the screen. */
  readonly rows: number;
}

const MOST_BUSY = 5;
const MOST_FAILURES = 3;

/** The lines from the top; at most a third of the screen, at least one. */
export function frameLines(model: LiveModel, now: number, size: FrameSize, paint: Paint): readonly string[] {
  const room = Math.max(0, Math.floor(size.rows / 3) - 1);
  const failures = model.failures(Math.min(MOST_FAILURES, Math.floor(room / 2)));
  const busy = model.busy(Math.min(MOST_BUSY, room - failures.length));
  const width = Math.max(4, ...busy.map(({ name }) => name.length));
  const cut = (text: string): string => fitted(text, size.columns - 1);
  return [
    paint.bold(cut(countLine(model, now))),
    ...busy.map((host) => paint.dim(cut(busyLine(host, width, now)))),
    ...failures.map((text) => paint.red(cut(`  ✗ ${settled(text)}`))),
  ];
}

function countLine(model: LiveModel, now: number): string {
  const parts = [
    `${model.done} of ${model.total} done`,
    ...(model.changed > 0 ? [`${model.changed} ${model.dryRun ? 'would change' : 'changed'}`] : []),
    ...(model.failed > 0 ? [`${model.failed} failed`] : []),
    ...(model.unreachable > 0 ? [`${model.unreachable} unreachable`] : []),
  ];
  return `${clock(now - model.started)}  ${settled(model.runbook)}: ${parts.join(', ')}`;
}

function busyLine({ name, stage, detail, since }: HostLine, width: number, now: number): string {
  const text = detail === '' ? '' : `  ${settled(detail).replace(/\s+/g, ' ')}`;
  return `  ${name.padEnd(width)}  ${seconds(now - since)}  ${stage}${text}`;
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1000)} s`.padStart(5);
}

/** `0:42`, `12:03`, `1:00:09`. */
export function clock(ms: number): string {
  const all = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

/** At most so many columns, with an ellipsis where something was cut; wide characters count as two. */
export function fitted(text: string, columns: number): string {
  let used = 0;
  let out = '';
  for (const character of text) {
    const width = widthOf(character);
    if (used + width > columns) return columns > 0 ? `${trimmed(out, columns - 1)}…` : '';
    used += width;
    out += character;
  }
  return out;
}

/** Columns that a line takes on the screen, colours aside. */
export function shownWidth(line: string): number {
  return [...line.replace(/\u001b\[[0-9;]*m/g, '')].reduce((sum, character) => sum + widthOf(character), 0);
}

function trimmed(text: string, columns: number): string {
  const characters = [...text];
  let used = characters.reduce((sum, character) => sum + widthOf(character), 0);
  while (used > columns) used -= widthOf(characters.pop() ?? '');
  return characters.join('');
}

/** Combining marks take no column; East Asian and pictographic characters take two. */
function widthOf(character: string): number {
  if (/^\p{M}|\u200b|\u200d$/u.test(character)) return 0;
  return /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
    character,
  )
    ? 2
    : 1;
}
