/** Who tells the user what happens: text or JSON Lines on stdout, and a file of events beside it. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { RunError } from '../base/error.ts';
import type { Emit } from '../model/event.ts';
import type { TextOptions } from '../render/text.ts';
import type { Args } from './args.ts';
import { openTerminal } from './terminal.ts';

/** `lines`: what tells people of a run that is not a runbook's. */
export async function openRenderer(args: Args, lines?: (options: TextOptions) => Emit): Promise<Emit> {
  const shown = args.has('json') ? await json(writeOut) : await text(args, lines);
  const path = args.value('events');
  if (path === undefined) return shown;
  const file = await json(eventFile(path));
  return (event) => {
    file(event);
    shown(event);
  };
}

function writeOut(text: string): void {
  process.stdout.write(text);
}

/** Readable by its owner alone: diffs hold what hosts hold. */
function eventFile(path: string): (text: string) => void {
  try {
    writeFileSync(path, '', { mode: 0o600 });
  } catch (error) {
    throw new RunError('invalid', `the file of events ${path} cannot be written: ${String(error)}`, {
      hint: 'name a file in a folder that is there',
    });
  }
  return (text) => appendFileSync(path, text);
}

async function json(write: (text: string) => void): Promise<Emit> {
  const { jsonRenderer } = await import('../render/json.ts');
  return jsonRenderer(write);
}

async function text(args: Args, lines?: (options: TextOptions) => Emit): Promise<Emit> {
  const [{ textRenderer }, { createPaint }] = await Promise.all([
    import('../render/text.ts'),
    import('../render/paint.ts'),
  ]);
  const { env, stdout } = process;
  const plain = args.has('no-color') || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  const paint = createPaint(!plain && (stdout.isTTY === true || Boolean(env.FORCE_COLOR)));
  const options = {
    paint,
    diff: args.has('diff') || args.has('dry-run'),
    verbose: args.has('verbose'),
    quiet: args.has('quiet'),
  };
  if (lines) return lines({ ...options, out: writeOut, err: writeErr });
  const terminal = args.has('quiet') ? undefined : openTerminal();
  if (!terminal) return textRenderer({ ...options, out: writeOut, err: writeErr });
  const { liveText } = await import('../render/live-text.ts');
  const view = liveText(terminal, options);
  // However the program ends, the screen is left with whole lines.
  process.once('exit', () => view.close());
  return view.emit;
}

function writeErr(text: string): void {
  process.stderr.write(text);
}
