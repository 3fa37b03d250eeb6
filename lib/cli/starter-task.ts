/** What a task begins as: its module and its cases, which hold at once. */

export interface StarterTask {
  readonly module: string;
  readonly cases: string;
}

const IMPORTS = {
  project: importLine(['absolutePath', 'defineTask', 'file', 'toBytes'], 'tightbeam'),
  /** In this repository the built-in tasks import what they need, and no more. */
  builtin: [
    importLine(['toBytes'], '../lib/base/bytes.ts'),
    importLine(['defineTask'], '../lib/model/task.ts'),
    importLine(['file'], '../lib/resources/file/file.ts'),
    importLine(['absolutePath'], '../lib/resources/file/file-params.ts'),
  ].join('\n'),
};

function importLine(names: readonly string[], from: string): string {
  return `import { ${names.join(', ')} } from '${from}';`;
}

export function starterTask(name: string, where: keyof typeof IMPORTS): StarterTask {
  const path = `/tmp/${name}`;
  return {
    module: `/** The task \`${name}\`: a text in a file. */
${IMPORTS[where]}

export default defineTask({
  summary: 'A text in a file',
  examples: ['- task: ${name}\\n  with: { text: Hello. }'],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['text'],
    properties: {
      text: { type: 'string', minLength: 1, description: 'What stands there, without its last line break.' },
      path: { ...absolutePath('The file.'), default: '${path}' },
    },
  },
  desire({ text, path }) {
    return [file(path, { content: toBytes(\`\${text}\\n\`), mode: '0644' })];
  },
});
`,
    cases: `- name: no file yet
  params: { text: Hello. }
  state: { "file:${path}": absent }
  changes: [{ key: "file:${path}", action: create }]

- name: another text
  params: { text: Hello. }
  state: { "file:${path}": { content: "Goodbye.\\n" } }
  changes: [{ key: "file:${path}", action: update, summary: content }]

- name: nothing to do
  params: { text: Hello. }
  state: { "file:${path}": { content: "Hello.\\n" } }
  changes: []
  why: the text stands there

- name: an empty text
  params: { text: "" }
  invalid: text
`,
  };
}
