/** Problems for people: place, message, the line with a caret, what to do; then how many, and of what. */
import { excerptOf, formatPlace, type Problem } from '../base/problem.ts';
import { countProblems, type Pair, type Validation, type ValidationText } from '../model/validation.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

export function problemText(paint: Paint): ValidationText {
  return (validation) => {
    const problems = validation.problems.map((problem) => `${oneProblem(problem, paint)}\n\n`);
    return `${problems.join('')}${leftLines(validation)}${summary(validation, paint)}\n`;
  };
}

function oneProblem(problem: Problem, paint: Paint): string {
  const { place, severity, code, hint } = problem;
  const head = place ? `${paint.bold(printable(formatPlace(place)))}: ` : '';
  const word = severity === 'warning' ? paint.yellow('warning') : paint.red('error');
  const lines = [`${head}${word}: ${printable(problem.message)} ${paint.dim(`[${code}]`)}`];
  const excerpt = excerptOf(problem);
  if (excerpt && place) {
    const gutter = String(place.line);
    lines.push(`  ${paint.dim(`${gutter} |`)} ${printable(excerpt.text)}`);
    lines.push(`  ${paint.dim(`${' '.repeat(gutter.length)} |`)} ${excerpt.indent}${paint.red('^')}`);
  }
  if (hint !== undefined) lines.push(`  ${paint.cyan('→')} ${printable(hint)}`);
  return lines.join('\n');
}

function leftLines({ left }: Validation): string {
  return left
    .map((pair) => `not checked: ${pairName(pair)}: the runbook's hosts are not in that inventory\n`)
    .join('');
}

function pairName({ runbook, inventory }: Pair): string {
  return inventory === undefined ? runbook : `${runbook} with ${inventory}`;
}

function summary(validation: Validation, paint: Paint): string {
  const { errors, warnings } = countProblems(validation);
  const files = new Set(validation.problems.flatMap(({ place }) => place?.file ?? [])).size;
  const where = files > 0 ? ` in ${count(files, 'file')}` : '';
  const odd = warnings > 0 ? `${count(warnings, 'warning')}` : '';
  const of = ` (${scope(validation)})`;
  if (errors > 0) {
    const found = [count(errors, 'error'), odd].filter((each) => each !== '').join(', ');
    return `${paint.red(found)}${where}${of}`;
  }
  return odd === '' ? `${paint.green('nothing wrong')}${of}` : `${paint.yellow(odd)}${where}${of}`;
}

function scope({ checked }: Validation): string {
  const [only] = checked;
  if (only && checked.length === 1)
    return only.inventory === undefined ? `${only.runbook}, without an inventory` : pairName(only);
  const runbooks = count(new Set(checked.map(({ runbook }) => runbook)).size, 'runbook');
  const names = new Set(checked.flatMap(({ inventory }) => inventory ?? []));
  return names.size === 0
    ? `${runbooks}, without an inventory`
    : `${runbooks} with ${names.size === 1 ? '1 inventory' : `${names.size} inventories`}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
