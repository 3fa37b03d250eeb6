/** What the verbs do, kept apart from what only parses and helps, so that the bundle can load it as one. */
import type { Args } from './args.ts';
import { RUN_FLAGS } from './flag.ts';
import { runCommand } from './run-command.ts';
import { settle } from './setting.ts';
import { verbNamed } from './verbs.ts';

type Command = (args: Args) => Promise<number>;

/** By name; each is loaded when it is called. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  config: async () => (await import('./config-command.ts')).configCommand,
  apply: async () => (await import('./apply-command.ts')).applyCommand,
  completion: async () => (await import('./completion-command.ts')).completionCommand,
  exec: async () => (await import('./exec-command.ts')).execCommand,
  drift: async () => (await import('./drift-command.ts')).driftCommand,
  ping: async () => (await import('./ping-command.ts')).pingCommand,
  facts: async () => (await import('./facts-command.ts')).factsCommand,
  inventory: async () => (await import('./inventory-command.ts')).inventoryCommand,
  explain: async () => (await import('./explain-command.ts')).explainCommand,
  graph: async () => (await import('./graph-command.ts')).graphCommand,
  schema: async () => (await import('./schema-command.ts')).schemaCommand,
  tasks: async () => (await import('./tasks-command.ts')).tasksCommand,
  init: async () => (await import('./init-command.ts')).initCommand,
  new: async () => (await import('./new-command.ts')).newCommand,
  test: async () => (await import('./test-command.ts')).testCommand,
  prove: async () => (await import('./prove-command.ts')).proveCommand,
  lab: async () => (await import('./lab-command.ts')).labCommand,
  resume: async () => (await import('./resume-command.ts')).resumeCommand,
  history: async () => (await import('./history-command.ts')).historyCommand,
  show: async () => (await import('./show-command.ts')).showCommand,
  undo: async () => (await import('./undo-command.ts')).undoCommand,
  diff: async () => (await import('./diff-command.ts')).diffCommand,
  validate: async () => (await import('./validate-command.ts')).validateCommand,
};

/** The exit code. Without a verb: `run <runbook> <inventory>`. Throws RunError. */
export async function callCommand(verb: string | undefined, args: Args): Promise<number> {
  const command = verb === undefined ? runCommand : await COMMANDS[verb]?.();
  if (!command) throw new Error(`no command ${verb}`);
  const flags = verbNamed(verb)?.flags ?? RUN_FLAGS;
  const settings = await settle(args, flags, { cwd: process.cwd(), env: process.env });
  for (const warning of settings.warnings) process.stderr.write(`warning: ${warning}\n`);
  return command(settings.args);
}

export { openPlainFormat } from './renderer.ts';

/** One run of a trial of `run prove`, as the file says. */
export async function callTrial(file: string): Promise<number> {
  return (await import('./prove/trial-process.ts')).trialProcess(file);
}

/** What may stand at the end of this command line, a line each: value, tab, a few words. In silence on any error. */
export async function completeWords(words: readonly string[]): Promise<number> {
  const { complete } = await import('./complete.ts');
  const found = await complete(words, { cwd: process.cwd(), env: process.env }).catch(() => []);
  const lines = found.map(({ value, about }) => (about ? `${value}\t${about}` : value));
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}
