/** The command `run`: which verb is meant, and nothing loaded before that is known. */
import { RunError } from '../base/error.ts';
import { type Args, parseCommandLine } from './args.ts';
import { FORMAT_FLAG, RUN_FLAGS } from './flag.ts';
import type { Verb } from './verb.ts';
import { verbNamed } from './verbs.ts';

export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '__complete') return (await import('./command.ts')).completeWords(argv.slice(1));
  if (argv[0] === '__trial') return (await import('./command.ts')).callTrial(argv[1] ?? '');
  const verb = verbNamed(argv[0]);
  try {
    return await (verb ? callVerb(verb, argv.slice(1)) : run(argv));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { refusalEvents, refusalText } = await import('./refusal.ts');
    const { meantVerb } = await import('./meant-verb.ts');
    const told = verb ? error : meantVerb(error, argv[0], process.cwd());
    const events = refusalEvents(told, false);
    const format = !verb || verb.flags.includes(FORMAT_FLAG) ? meantFormat(argv) : undefined;
    if (format !== undefined) {
      // Renderers are a part of the engine, which a start that goes well has no need of twice.
      const { openPlainFormat } = await import('./command.ts');
      const emit = await openPlainFormat(format);
      for (const event of events) emit(event);
    }
    process.stderr.write(refusalText(told));
    return events[1].exit;
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const args = parseCommandLine(argv, RUN_FLAGS);
  if (args.has('version')) {
    const { version } = await import('./version.ts');
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (args.has('help') || argv.length === 0) {
    const { helpText } = await import('./help.ts');
    return help(args, helpText());
  }
  const { callCommand } = await import('./command.ts');
  return callCommand(undefined, args);
}

async function callVerb(verb: Verb, argv: readonly string[]): Promise<number> {
  const args = parseCommandLine(argv, verb.flags);
  if (args.has('help') || (verb.needsWord && args.positionals.length === 0)) {
    const { verbHelpText } = await import('./help.ts');
    return help(args, verbHelpText(verb));
  }
  if (verb.name === 'help') {
    const { helpOn } = await import('./help.ts');
    process.stdout.write(helpOn(args.positionals));
    return 0;
  }
  const { callCommand } = await import('./command.ts');
  return callCommand(verb.name, args);
}

/** The flags could not be made out, and a program may be reading. */
function meantFormat(argv: readonly string[]): string | undefined {
  const { RUN_JSON, RUN_FORMAT } = process.env;
  if (argv.includes('--json') || /^(1|true)$/.test(RUN_JSON ?? '')) return 'json';
  const said = argv.flatMap((word, at) =>
    word === '--format' ? (argv[at + 1] ?? []) : (/^--format=(.+)$/.exec(word)?.slice(1) ?? []),
  );
  return said.at(-1) ?? RUN_FORMAT;
}

/** Asked for, it is an answer; shown because nothing was said, it is a mistake. */
function help(args: Args, text: string): number {
  process.stdout.write(text);
  return args.has('help') ? 0 : 1;
}
