/** The task `assert`: what must be true, or the run does not go on. */
import { Unknown } from '../lib/base/unknown.ts';
import { defineTask, type ParamFault } from '../lib/model/task.ts';

const BOOLEANS = 'must be true or false, an expression in "${{ … }}", or a list of these';

export default defineTask({
  summary: 'What must be true before the run goes on; nothing is ever changed',
  examples: [
    `
- task: assert
  with:
    that: "\${{ facts.memory_mb >= 2048 }}"
    message: This host needs 2 GB of memory.
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['that'],
    properties: {
      that: {
        anyOf: [{ type: 'boolean' }, { type: 'array', minItems: 1, items: { type: 'boolean' } }],
        $comment: BOOLEANS,
        description:
          'What must be true, or a list of it. What is known before connecting is judged then, the rest when the step is planned.',
      },
      message: {
        type: 'string',
        minLength: 1,
        description: 'What to tell people where it is not. Left out: that it does not hold.',
      },
    },
  },
  check({ that, message }) {
    const text = typeof message === 'string' ? message : 'this does not hold';
    const fault = (value: unknown, path: ParamFault['path']): readonly ParamFault[] =>
      value instanceof Unknown || value === true ? [] : [{ path, message: text }];
    if (!Array.isArray(that)) return fault(that, ['that']);
    return that.flatMap((each, index) => fault(each, ['that', index]));
  },
  desire: () => [],
});
