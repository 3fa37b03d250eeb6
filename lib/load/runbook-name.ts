/** What a runbook should not be called. */
import type { Problem } from '../base/problem.ts';
import { shownPath } from './source/read.ts';
import { locateRunbook } from './source/root.ts';
import type { ValidateInput } from './validate.ts';

/** Warns of a runbook that the command takes for a word of its own. */
export function verbName(
  runbook: string,
  { verbs, cwd, project }: Pick<ValidateInput, 'verbs' | 'cwd' | 'project'>,
): Problem | undefined {
  const { runbook: path } = locateRunbook(runbook, cwd, project);
  const name = path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  if (!verbs.includes(name)) return undefined;
  const file = shownPath(path, cwd);
  return {
    code: 'runbook-name',
    severity: 'warning',
    message: `\`run ${name}\` is a command of its own: this runbook runs by its path alone`,
    place: { file, line: 1, col: 1 },
    hint: `run ${file} <inventory>, or rename it`,
  };
}
