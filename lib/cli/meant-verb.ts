/** A first word that is no runbook may have been meant as a verb: `run exce …`. */
import { RunError } from '../base/error.ts';
import { nearest } from '../base/suggest.ts';
import { findRoot, findRunbooks } from '../load/source/root.ts';
import { VERBS } from './verbs.ts';

/** The error with that said, where it is about the command line and not about what a runbook says. */
export function meantVerb(error: RunError, word: string | undefined, cwd: string): RunError {
  const [problem] = error.problems;
  if (error.code !== 'invalid' || word === undefined || (problem && problem.code !== 'no-runbook'))
    return error;
  const verb = nearest(
    word,
    VERBS.map(({ name }) => name),
  );
  if (verb === undefined || isRunbook(word, cwd)) return error;
  const hint = `did you mean "run ${verb}"? ${problem?.hint ?? error.hint ?? ''}`.trimEnd();
  return new RunError('invalid', error.message, { hint, problems: problem ? [{ ...problem, hint }] : [] });
}

function isRunbook(word: string, cwd: string): boolean {
  const root = findRoot(cwd);
  return root !== undefined && findRunbooks(root).includes(word);
}
