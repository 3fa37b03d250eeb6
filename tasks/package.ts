/** The task `package`: packages of the host's package manager (apt). */
import { defineTask } from '../lib/model/task.ts';
import { packages } from '../lib/resources/package/package.ts';

const NAME = '^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$';

export default defineTask({
  summary: 'Packages that are installed, or are not',
  examples: [
    `
- task: package
  with: { names: [nginx, jq] }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      name: {
        type: 'string',
        pattern: NAME,
        $comment: 'must be the name of a package: small letters, digits, + . and -, at least two',
        description: 'Name of one package; `name:arch` for another architecture.',
      },
      names: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'string',
          pattern: NAME,
          $comment: 'must be the name of a package: small letters, digits, + . and -, at least two',
        },
        description: 'Names of several packages, which are installed or removed together.',
      },
      state: {
        enum: ['present', 'absent'],
        default: 'present',
        description:
          'Whether they are installed. A name that an installed package provides counts as present.',
      },
      version: {
        type: 'string',
        pattern: '^[0-9A-Za-z.+:~-]+\\*?$',
        $comment: 'must be a version, with `*` only at its end, such as 1.10-2',
        description: 'Version of the one package, exact or with `*` at its end. Write it as a string.',
      },
      recommends: {
        type: 'boolean',
        default: false,
        description: 'Install what the packages recommend, too.',
      },
      purge: {
        type: 'boolean',
        default: false,
        description: 'With `state: absent`: remove the configuration files as well.',
      },
      allow_downgrade: {
        type: 'boolean',
        default: false,
        description: 'Let `version` be older than the one installed.',
      },
      lock_timeout: {
        type: 'integer',
        minimum: 0,
        default: 300,
        description:
          'Seconds to wait while another process (an automatic upgrade) holds the lock of the package manager.',
      },
    },
    allOf: [
      { oneOf: [{ required: ['name'] }, { required: ['names'] }] },
      { not: { required: ['names', 'version'] } },
      {
        if: { required: ['state'], properties: { state: { const: 'absent' } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { not: { required: ['version'] } },
      },
    ],
  },
  desire({ name, names = [], state = 'present', ...rest }) {
    return packages(name === undefined ? names : [name], {
      state,
      version: rest.version,
      recommends: rest.recommends,
      purge: rest.purge,
      downgrades: rest.allow_downgrade,
      lockTimeout: rest.lock_timeout,
    });
  },
});
