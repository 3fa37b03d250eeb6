/** The task `verify_http`: a page that is served, and the address that its server saw. */
import { defineTask } from '../lib/model/task.ts';
import { checkHttp } from '../lib/resources/network/check-http.ts';
import {
  ORIGIN,
  originFaults,
  originOf,
  plainAddress,
  waiting,
} from '../lib/resources/network/check-params.ts';

export default defineTask({
  summary: 'Check that a page is served, and by which address its server saw this host (SNAT)',
  examples: [
    `
- task: verify_http
  with: { url: "http://192.0.2.10/health", expect: ok }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: {
        type: 'string',
        pattern: '^https?://\\S+$',
        $comment: 'must be a URL that begins with http:// or https://',
        description: 'Page to fetch, http or https.',
      },
      status: {
        type: 'integer',
        minimum: 100,
        maximum: 599,
        default: 200,
        description: 'Status that it must be answered with; redirections are not followed.',
      },
      expect: { type: 'string', minLength: 1, description: 'Text that the page must hold.' },
      source: {
        type: 'string',
        minLength: 1,
        description:
          'Address that the page must name, for pages that say whom they were served to: behind SNAT, that of the exit.',
      },
      ...ORIGIN,
      wait: waiting(5),
    },
  },
  check: originFaults,
  desire({ url, status = 200, expect, source, wait = 5, ...params }) {
    const seen = source === undefined ? undefined : plainAddress(source);
    return [checkHttp({ url, status, expect, source: seen, wait, ...originOf(params) })];
  },
});
