/** The task `template`: a file made from a template in Liquid. */
import { type Bytes, bytesToText } from '../lib/base/bytes.ts';
import { RunError } from '../lib/base/error.ts';
import type { Secret } from '../lib/base/secret.ts';
import { Unknown, unlessUnknown } from '../lib/base/unknown.ts';
import { PlanError } from '../lib/model/resource.ts';
import { defineTask, type ParamFault, type TaskContext } from '../lib/model/task.ts';
import { file } from '../lib/resources/file/file.ts';
import { absolutePath, OWNERSHIP, WRITING } from '../lib/resources/file/file-params.ts';
import { certainNames, renderLiquid } from '../lib/resources/file/liquid.ts';
import { missingNames } from '../lib/resources/file/liquid-name.ts';

type Values = Readonly<Record<string, unknown>>;

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
  check({ src, values }, ctx): readonly ParamFault[] {
    if (typeof src !== 'string' || values instanceof Unknown) return [];
    const missing = missingFaults(src, values, ctx);
    try {
      unlessUnknown(() => rendered(src, values, ctx));
      return missing;
    } catch (error) {
      // What is no template at all is told when the step is planned.
      if (!(error instanceof RunError)) return missing;
      const { message, hint } = error;
      // Rendering ends at the first name that is not there.
      if (missing.some((fault) => fault.message.startsWith(message) || message.startsWith(fault.message)))
        return missing;
      return [{ path: ['src'], message, ...(hint === undefined ? {} : { hint }) }, ...missing];
    }
  },
  desire({ src, dest, values, ...rest }, ctx) {
    return [file(dest, { ...rest, content: unlessUnknown(() => rendered(src, values, ctx)) })];
  },
});

/** Names beyond the first value that nobody knows yet, where rendering ends. */
function missingFaults(src: string, values: Values | undefined, ctx: TaskContext): readonly ParamFault[] {
  const [source] = ctx.local(src);
  const text = source?.type === 'file' ? bytesToText(source.content()) : undefined;
  if (text === undefined) return [];
  const names = ctx.once('names of a template', [text], () => certainNames(text));
  return missingNames(names, { ...ctx.scope, ...values }).map(({ line, col, message, hint }) => ({
    path: ['src'],
    message: `${src}:${line}:${col}: ${message}`,
    hint,
  }));
}

function rendered(src: string, values: Values | undefined, ctx: TaskContext): Bytes | Secret {
  const [source] = ctx.local(src);
  if (source?.type !== 'file') throw new PlanError(`${src} is not a file`, 'a template is one file');
  return renderLiquid({ path: src, content: source.content() }, { ...ctx.scope, ...values });
}
