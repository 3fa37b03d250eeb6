/** Problems as annotations of GitHub Actions, each at its line of the change that is looked at. */
import { countProblems, type ValidationText } from '../model/validation.ts';
import { githubCommand } from './github-command.ts';
import { printable } from './printable.ts';

export const problemGithub: ValidationText = (validation) => {
  const lines = validation.problems.map(({ code, message, place, hint, severity }) =>
    githubCommand(
      severity ?? 'error',
      { ...(place ? { file: place.file, line: place.line, col: place.col } : {}), title: code },
      printable(
        `${place?.path ? `${place.path}: ` : ''}${message}${hint === undefined ? '' : `\n→ ${hint}`}`,
      ),
    ),
  );
  const { errors, warnings } = countProblems(validation);
  return `${[...lines, `errors: ${errors}, warnings: ${warnings}`].join('\n')}\n`;
};
