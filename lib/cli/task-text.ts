/** Tasks on a terminal: the list of all, and one with its parameters. */
import type { ParamDoc } from '../load/task/param-doc.ts';
import type { TaskDoc } from '../load/task/task-doc.ts';

/** `width`: columns of the terminal. */
export function taskListText(docs: readonly TaskDoc[], width: number): string {
  const column = Math.max(...docs.map(({ name }) => name.length)) + 2;
  const lines = docs.map(({ name, summary, own }) => {
    const text = own ? `${summary}  (of this project)` : summary;
    return `${name.padEnd(column)}${wrapped(text, width, column)}`;
  });
  return `${lines.join('\n')}\n\nrun tasks NAME shows the parameters of one\n`;
}

export function taskText(doc: TaskDoc, width: number): string {
  const { name, summary, own, params, outputs, rules, examples } = doc;
  const title = `${name}: ${summary}${own ? '  (of this project)' : ''}`;
  const parts = [
    title,
    params.length === 0 ? 'It takes no parameters.' : `Parameters\n${rows(params, width)}`,
    ...(rules.length > 0
      ? [`Also checked\n${rules.map((rule) => `  ${wrapped(plain(rule), width, 2)}`).join('\n')}`]
      : []),
    ...(outputs.length > 0 ? [`Outputs\n${rows(outputs, width)}`] : []),
    ...examples.map((example) => `Example\n${example.trimEnd().replace(/^(?=.)/gm, '  ')}`),
  ];
  return `${parts.join('\n\n')}\n`;
}

function rows(docs: readonly ParamDoc[], width: number): string {
  return docs.map((doc) => row(doc, width)).join('\n');
}

function row(
  { name, type, required, default: fallback, description, depth }: ParamDoc,
  width: number,
): string {
  const indent = '  '.repeat(depth + 1);
  const also = required ? ', must be given' : fallback === undefined ? '' : `, ${fallback} when left out`;
  const head = `${indent}${name}  ${plain(type)}${also}`;
  if (description === '') return head;
  const below = indent.length + 6;
  return `${head}\n${' '.repeat(below)}${wrapped(plain(description), width, below)}`;
}

function plain(text: string): string {
  return text.replaceAll('`', '');
}

/** Broken at spaces so that no line is longer than `width` where it begins at column `from`. */
function wrapped(text: string, width: number, from: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && from + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(from)}`);
}
