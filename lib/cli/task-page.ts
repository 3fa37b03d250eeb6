/** Tasks as a page in Markdown: docs/tasks.md is this page of the built-in ones. */
import type { ParamDoc } from '../load/task/param-doc.ts';
import type { TaskDoc } from '../load/task/task-doc.ts';

export function taskPage(docs: readonly TaskDoc[]): string {
  const list = docs.map(({ name, summary, own }) => {
    const text = own ? `${summary} (of this project)` : summary;
    return `| [\`${name}\`](#${name}) | ${cell(text)} |`;
  });
  return `${HEAD}\n| task | what it wants |\n|---|---|\n${list.join('\n')}\n\n${docs.map(section).join('\n')}`;
}

const HEAD = `<!-- Made from the tasks themselves: npm run docs -->
# Tasks

What each task takes, as \`run tasks NAME\` shows it on a terminal, the tasks of your own project included. A parameter in
**bold** must be given. Wherever a value stands, an expression \`\${{ … }}\` may stand. Tasks of your own: [authoring.md](authoring.md).
`;

function section({ name, summary, params, outputs, rules, examples }: TaskDoc): string {
  const parts = [
    `## ${name}`,
    `${summary}.`,
    ...examples.map((example) => `\`\`\`yaml\n${example}\`\`\``),
    ...(params.length > 0 ? [table('parameter', params)] : ['It takes no parameters.']),
    ...(rules.length > 0 ? [`Also checked: ${rules.join('; ')}.`] : []),
    ...(outputs.length > 0 ? [table('output', outputs)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function table(title: string, docs: readonly ParamDoc[]): string {
  return `| ${title} | what it is | default | |\n|---|---|---|---|\n${docs.map(row).join('\n')}`;
}

function row({ name, type, required, default: fallback, description }: ParamDoc): string {
  const shown = required ? `**\`${name}\`**` : `\`${name}\``;
  return `| ${shown} | ${cell(type)} | ${fallback === undefined ? '' : cell(`\`${fallback}\``)} | ${cell(description)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
