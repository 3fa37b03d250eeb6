/** Who tells the user what happens: the format that was asked for on stdout, and a file of events beside it. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { RunError } from '../base/error.ts';
import type { Emit } from '../model/event.ts';
import type { Paint } from '../render/paint.ts';
import type { TextOptions } from '../render/text.ts';
import type { Args } from './args.ts';
import { FORMAT_FLAG } from './flag.ts';
import type { Format } from './format.ts';
import { refusalEvents, refusalText } from './refusal.ts';
import { openTerminal } from './terminal.ts';

/** `lines`: what tells people of a run that is not a runbook's. */
export async function openRenderer(args: Args, lines?: (options: TextOptions) => Emit): Promise<Emit> {
  const shown = await openShown(args, lines);
  const path = args.value('events');
  if (path === undefined) return shown;
  const { jsonRenderer } = await import('../render/json.ts');
  const file = jsonRenderer(eventFile(path));
  return (event) => {
    file(event);
    shown(event);
  };
}

/** Everything that was wrong with a run that did not begin: on stderr for people, and in the format. The exit code. */
export function tellRefusal(args: Args, emit: Emit, error: RunError): number {
  const [invalid, recap] = refusalEvents(error, args.has('dry-run'));
  if (formatOf(args) !== 'text') {
    emit(invalid);
    emit(recap);
  }
  process.stderr.write(refusalText(error));
  return recap.exit;
}

/** Throws RunError `invalid` for two that differ. */
function formatOf(args: Args): Format {
  // Its values were checked with the flags.
  const format = args.value('format') as Format | undefined;
  if (!args.has('json')) return format ?? 'text';
  if (format === undefined || format === 'json') return 'json';
  throw new RunError('invalid', `--json and --format ${format} are two formats`, {
    hint: `leave one of them out; --events FILE writes the events of --json beside ${format}`,
  });
}

/** For a command whose flags could not be made out; what is no format tells nothing. */
export async function openPlainFormat(format: string): Promise<Emit> {
  const known = FORMAT_FLAG.choices?.includes(format) === true && format !== 'text';
  return known
    ? openNamed(format as Exclude<Format, 'text'>, {
        ...QUIET,
        paint: (await import('../render/paint.ts')).createPaint(false),
      })
    : () => undefined;
}

const QUIET = { diff: false, verbose: false, quiet: true };

async function openNamed(
  format: Exclude<Format, 'text'>,
  text: Omit<TextOptions, 'out' | 'err'>,
): Promise<Emit> {
  const { openFormat } = await import('./format.ts');
  return openFormat(format, { out: writeOut, err: writeErr, text, cwd: process.cwd(), env: process.env });
}

async function openShown(args: Args, lines?: (options: TextOptions) => Emit): Promise<Emit> {
  const format = formatOf(args);
  if (format === 'json') return (await import('../render/json.ts')).jsonRenderer(writeOut);
  const options = await textOptions(args);
  if (format !== 'text') return openNamed(format, options);
  if (lines) return lines({ ...options, out: writeOut, err: writeErr });
  const { textRenderer } = await import('../render/text.ts');
  const terminal = args.has('quiet') || args.has('step') ? undefined : openTerminal();
  if (!terminal) return textRenderer({ ...options, out: writeOut, err: writeErr });
  const { liveText } = await import('../render/live-text.ts');
  const view = liveText(terminal, options);
  // However the program ends, the screen is left with whole lines.
  process.once('exit', () => view.close());
  return view.emit;
}

async function textOptions(args: Args): Promise<Omit<TextOptions, 'out' | 'err'>> {
  return {
    paint: await paintFor(args),
    diff: args.has('diff') || args.has('dry-run'),
    verbose: args.has('verbose'),
    quiet: args.has('quiet'),
  };
}

/** Colours as flags, variables and the terminal have them. */
export async function paintFor(args: Args): Promise<Paint> {
  const { createPaint } = await import('../render/paint.ts');
  const { env, stdout } = process;
  const plain = args.has('no-color') || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  return createPaint(!plain && (stdout.isTTY === true || Boolean(env.FORCE_COLOR)));
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

function writeErr(text: string): void {
  process.stderr.write(text);
}
