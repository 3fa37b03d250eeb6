/** Problems as one JSON document on one line. */
import { excerptOf, type Problem } from '../base/problem.ts';
import { countProblems, type ValidationText } from '../model/validation.ts';

export const problemJson: ValidationText = (validation) => {
  const { problems, checked, left } = validation;
  const document = { problems: problems.map(plain), ...countProblems(validation), checked, left };
  return `${JSON.stringify(document)}\n`;
};

function plain(problem: Problem) {
  const { code, message, severity = 'error', place, hint } = problem;
  const excerpt = excerptOf(problem)?.text;
  return {
    severity,
    code,
    message,
    ...place,
    ...(hint === undefined ? {} : { hint }),
    ...(excerpt === undefined ? {} : { excerpt }),
  };
}
