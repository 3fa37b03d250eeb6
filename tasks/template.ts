/** The task `template`: a file made from a template in Liquid. */
import { unlessUnknown } from '../lib/base/unknown.ts';
import { PlanError } from '../lib/model/resource.ts';
import { defineTask } from '../lib/model/task.ts';
import { file } from '../lib/resources/file/file.ts';
import { absolutePath, OWNERSHIP, WRITING } from '../lib/resources/file/file-params.ts';
import { renderLiquid } from '../lib/resources/file/liquid.ts';

export default defineTask({
  summary: 'A file made from a template in Liquid',
  examples: [
    `
- task: template
  with:
    src: files/site.liquid
    dest: /etc/nginx/conf.d/site.conf
    values: { port: 8080 }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['src', 'dest'],
    properties: {
      src: {
        type: 'string',
        format: 'local-file',
        description:
          'The template, a file beside the runbook. It sees the names of expressions: host, vars, facts, steps, hosts, groups.',
      },
      dest: absolutePath('Where the file is. Its folder must be there.'),
      values: {
        type: 'object',
        description: 'More names for the template, on top of those of expressions. May hold secrets.',
        additionalProperties: { format: 'secret' },
      },
      ...OWNERSHIP,
      ...WRITING,
    },
  },
  desire({ src, dest, values, ...rest }, ctx) {
    const [source] = ctx.local(src);
    if (source?.type !== 'file') throw new PlanError(`${src} is not a file`, 'a template is one file');
    const scope = { ...ctx.scope, ...values };
    const content = unlessUnknown(() =>
      renderLiquid({ path: source.path, content: source.content() }, scope),
    );
    return [file(dest, { ...rest, content })];
  },
});
