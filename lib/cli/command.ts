/** What the verbs do, kept apart from what only parses and helps, so that the bundle can load it as one. */
import type { Args } from './args.ts';
import { runCommand } from './run-command.ts';

type Command = (args: Args) => Promise<number>;

/** By name; each is loaded when it is called. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  lab: async () => (await import('./lab-command.ts')).labCommand,
};

/** The exit code. Without a verb: `run <runbook> <inventory>`. Throws RunError. */
export async function callCommand(verb: string | undefined, args: Args): Promise<number> {
  const command = verb === undefined ? runCommand : await COMMANDS[verb]?.();
  if (!command) throw new Error(`no command ${verb}`);
  return command(args);
}
