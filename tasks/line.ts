/** The task `line`: one line in a file. */
import { defineTask } from '../lib/model/task.ts';
import { absolutePath, OWNERSHIP, STATE, WRITING } from '../lib/resources/file/file-params.ts';
import { lineInFile } from '../lib/resources/file/line.ts';

export default defineTask({
  summary: 'One line in a file, there or not there',
  examples: [
    `
- task: line
  with:
    path: /etc/ssh/sshd_config
    match: ^#?PasswordAuthentication
    line: PasswordAuthentication no
    validate: sshd -t -f %s
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: absolutePath('The file.'),
      line: {
        type: 'string',
        pattern: '^[^\\n]*$',
        $comment: 'must be one line, without its line end',
        description: 'The line as it shall stand, without a line end.',
      },
      match: {
        type: 'string',
        description:
          'Regular expression of the line that this one replaces: the last that matches. With `state: absent`: of the lines that go.',
      },
      after: {
        type: 'string',
        description: 'A new line goes after the last line that matches this; at the end when none does.',
      },
      before: {
        type: 'string',
        description: 'A new line goes before the first line that matches this; at the end when none does.',
      },
      create: { type: 'boolean', default: false, description: 'Make the file when it is not there.' },
      state: STATE,
      ...OWNERSHIP,
      ...WRITING,
    },
    allOf: [
      { $comment: '`line` is missing', anyOf: [{ required: ['line'] }, { required: ['match'] }] },
      {
        $comment: '`after` and `before` exclude each other',
        anyOf: [{ properties: { after: false } }, { properties: { before: false } }],
      },
    ],
  },
  desire({ path, state, ...rest }) {
    return [lineInFile(path, { ...rest, absent: state === 'absent' })];
  },
});
