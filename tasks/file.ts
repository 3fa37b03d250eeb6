/** The task `file`: a file with this content, owner and mode. */
import { toBytes } from '../lib/base/bytes.ts';
import { Secret } from '../lib/base/secret.ts';
import { Unknown } from '../lib/base/unknown.ts';
import { PlanError } from '../lib/model/resource.ts';
import { defineTask } from '../lib/model/task.ts';
import { file } from '../lib/resources/file/file.ts';
import { type ContentValue, contentValue } from '../lib/resources/file/file-content.ts';
import { absolutePath, OWNERSHIP, STATE, WRITING } from '../lib/resources/file/file-params.ts';

export default defineTask({
  summary: 'A file with this content, owner and mode',
  examples: [
    `
- task: file
  with:
    path: /etc/motd
    content: |
      This is \${{ host.name }}.
    mode: "0644"
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: absolutePath('Where the file is. Its folder must be there.'),
      state: STATE,
      content: {
        type: 'string',
        format: 'secret',
        description:
          'The whole content. Left out: not changed. A secret is compared by its checksum and never shown.',
      },
      base64: {
        type: 'string',
        format: 'secret',
        description: 'The whole content in base64, for files that are not text. Instead of `content`.',
      },
      seed: {
        type: 'boolean',
        default: false,
        description: 'Write the content only when the file is not there; one that is there keeps its own.',
      },
      ...OWNERSHIP,
      ...WRITING,
    },
    allOf: [
      {
        $comment: '`content` and `base64` exclude each other',
        anyOf: [{ properties: { content: false } }, { properties: { base64: false } }],
      },
    ],
  },
  desire({ path, state, content, base64, seed, ...rest }) {
    if (state === 'absent') return [file(path, { absent: true })];
    const value = base64 === undefined ? contentValue(content) : decoded(base64);
    return [file(path, { ...rest, ...(seed ? { seed: value } : { content: value }) })];
  },
});

function decoded(value: unknown): ContentValue {
  if (value instanceof Unknown) return value;
  const text = (value instanceof Secret ? value.reveal() : String(value)).replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new PlanError('`base64` is not base64', 'make it with `base64 -w0 FILE`');
  }
  const bytes = toBytes(Buffer.from(text, 'base64'));
  return value instanceof Secret ? { hidden: bytes } : bytes;
}
