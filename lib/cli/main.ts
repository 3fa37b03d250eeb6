/** The command `run`: which verb is meant, and nothing loaded before that is known. */
import { RunError } from '../base/error.ts';
import { parseCommandLine } from './args.ts';
import { LAB_FLAGS, RUN_FLAGS } from './flag.ts';

export async function main(argv: readonly string[]): Promise<number> {
  try {
    if (argv[0] === 'lab') return await lab(argv.slice(1));
    return await run(argv);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { refusalEvents, refusalText } = await import('./refusal.ts');
    const events = refusalEvents(error, false);
    // The flags could not be made out, and a program may be reading.
    if (argv[0] !== 'lab' && argv.includes('--json'))
      process.stdout.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    process.stderr.write(refusalText(error));
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
    process.stdout.write(helpText());
    return args.has('help') ? 0 : 1;
  }
  const { runCommand } = await import('./command.ts');
  return runCommand(args);
}

async function lab(argv: readonly string[]): Promise<number> {
  const args = parseCommandLine(argv, LAB_FLAGS);
  if (args.has('help') || args.positionals.length === 0) {
    const { labHelpText } = await import('./help.ts');
    process.stdout.write(labHelpText());
    return args.has('help') ? 0 : 1;
  }
  const { labCommand } = await import('./command.ts');
  return labCommand(args);
}
