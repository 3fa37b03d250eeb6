/** The view of a run in a terminal: lines for good above, a frame of where everything stands below, redrawn in place. */
import type { Emit } from '../model/event.ts';
import { type FrameSize, frameLines, shownWidth } from './live-frame.ts';
import { createLiveModel } from './live-model.ts';
import type { Paint } from './paint.ts';

export interface Terminal {
  write(text: string): void;
  size(): FrameSize;
  /** Milliseconds. */
  now(): number;
  /** Calls back once after so many milliseconds; gives what cancels that. */
  later(call: () => void, ms: number): () => void;
}

export interface LiveView {
  readonly emit: Emit;
  /** Prints for good, above the frame. */
  print(text: string): void;
  /** Takes the frame away; nothing is drawn any more. Also for an end in the middle. */
  close(): void;
}

/** Ten frames a second at most; a second apart when nothing happens, for the clock. */
const FRAME_MS = 100;
const IDLE_MS = 1000;
const CLEAR_BELOW = '\u001b[J';

export function openLive(
  terminal: Terminal,
  paint: Paint,
  inner: (print: LiveView['print']) => Emit,
): LiveView {
  const model = createLiveModel();
  let drawn: readonly number[] = [];
  let pending = '';
  let cancel: (() => void) | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let closed = false;
  let begun = false;

  // A screen that was made narrower since has wrapped the lines of the last frame: they take more rows now.
  const toTop = (): string => {
    const { columns } = terminal.size();
    const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / Math.max(1, columns))), 0);
    return rows === 0 ? '' : `\r\u001b[${rows}A${CLEAR_BELOW}`;
  };
  const draw = (): void => {
    cancel = undefined;
    dueAt = Number.POSITIVE_INFINITY;
    if (closed) return;
    const lines = begun ? frameLines(model, terminal.now(), terminal.size(), paint) : [];
    terminal.write(`${toTop()}${pending}${lines.map((line) => `${line}\n`).join('')}`);
    pending = '';
    drawn = lines.map(shownWidth);
    if (begun) schedule(IDLE_MS);
  };
  const schedule = (ms: number): void => {
    const at = terminal.now() + ms;
    if (closed || at >= dueAt) return;
    cancel?.();
    dueAt = at;
    cancel = terminal.later(draw, ms);
  };
  const print = (text: string): void => {
    if (closed) terminal.write(text);
    else {
      pending += text;
      schedule(FRAME_MS);
    }
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    cancel?.();
    terminal.write(`${toTop()}${pending}`);
    pending = '';
    drawn = [];
  };
  const told = inner(print);
  return {
    print,
    close,
    emit(event) {
      model.take(event, terminal.now());
      if (event.kind === 'start') begun = true;
      if (event.kind === 'recap') close();
      told(event);
      schedule(FRAME_MS);
    },
  };
}
