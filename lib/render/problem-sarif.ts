/** Problems as a SARIF log, which code scanning and editors read. */
import { PROBLEM_CODES } from '../base/problem-code.ts';
import type { ValidationText } from '../model/validation.ts';
import { sarifLog } from './sarif.ts';

const RULES = Object.entries(PROBLEM_CODES).map(([id, text]) => ({ id, text }));

export function problemSarif(version: string): ValidationText {
  return ({ problems }) => {
    const results = problems.map(({ code, message, severity, place, hint, excerpt }) => ({
      rule: code,
      level: severity ?? ('error' as const),
      message: `${place?.path ? `${place.path}: ` : ''}${message}${hint === undefined ? '' : `\n${hint}`}`,
      ...(place ? { place } : {}),
      ...(excerpt === undefined ? {} : { excerpt }),
    }));
    return `${JSON.stringify(sarifLog({ version, rules: RULES }, results), undefined, 1)}\n`;
  };
}
