/** The runbooks whose states go into a bundle: those that are named, else each that can be run with the inventory. */
import { RunError } from '../base/error.ts';
import { loadProject } from '../load/project.ts';
import { findRunbooks } from '../load/source/root.ts';
import { printable } from '../render/printable.ts';
import type { Args } from './args.ts';
import type { Named } from './facts-command.ts';
import { loadInput } from './load-input.ts';
import { projectHere } from './project-folder.ts';

/** Throws RunError `invalid` when one that is named is wrong, or none is left. */
export async function recordedProjects(args: Args, inventory: string): Promise<readonly Named[]> {
  const named = args.values('runbook');
  const names = named.length > 0 ? [...new Set(named)] : findRunbooks(projectHere(args));
  const found: Named[] = [];
  for (const name of names) {
    try {
      found.push({ name, project: await loadProject(loadInput(args, name, inventory)) });
    } catch (error) {
      if (!(error instanceof RunError) || named.length > 0) throw error;
      // All have the same inventory: what is wrong with it is wrong for each.
      const [first = error.message] = error.message.split('\n');
      process.stderr.write(`warning: ${name} is left out: ${printable(first)}\n`);
    }
  }
  if (found.length === 0)
    throw new RunError('invalid', 'no runbook of this project can be run with this inventory', {
      hint: 'run validate says why; --runbook NAME names one',
    });
  return found;
}
