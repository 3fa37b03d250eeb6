/** The task `service`: units of systemd. */
import { defineTask } from '../lib/model/task.ts';
import { service } from '../lib/resources/unit/service.ts';

export default defineTask({
  summary: 'A systemd unit that runs, is enabled, masked or restarted',
  examples: [
    `
- task: service
  with: { name: nginx, running: true, enabled: true, restart_on: [/etc/nginx/nginx.conf] }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9:_.\\\\-]+(@[A-Za-z0-9:_.\\\\-]+)?$',
        $comment: 'must be the name of a unit, such as nginx or getty@tty1',
        description: 'Name of the unit; `.service` may be left out. An alias will do.',
      },
      running: {
        type: 'boolean',
        description:
          'Whether it runs. It must stay up for `settle` seconds after a start. Left out: not touched.',
      },
      enabled: { type: 'boolean', description: 'Whether it is started at boot. Left out: not touched.' },
      masked: {
        type: 'boolean',
        description:
          'Whether starting it is made impossible. Left out: not touched, and a masked unit is an error.',
      },
      restart_on: {
        type: 'array',
        items: { type: 'string', pattern: '^/', $comment: 'must be an absolute path' },
        description:
          'Files and folders after whose change in a run the unit is restarted, once, at the end. Its own unit file and drop-ins always count.',
      },
      restarted: {
        type: 'boolean',
        default: false,
        description:
          'Restart it: meant for handlers, where a restart that came after the notification counts. In a step it is an act: always done, always `changed`.',
      },
      reloaded: {
        type: 'boolean',
        default: false,
        description: 'As `restarted`, but reload its configuration; a unit that cannot is restarted.',
      },
      settle: {
        type: 'number',
        minimum: 0,
        maximum: 600,
        default: 2,
        description: 'Seconds for which it is watched after a start or restart.',
      },
    },
    allOf: [
      {
        anyOf: ['running', 'enabled', 'masked', 'restart_on', 'restarted', 'reloaded'].map((name) => ({
          required: [name],
        })),
      },
      {
        not: {
          required: ['masked', 'running'],
          properties: { masked: { const: true }, running: { const: true } },
        },
      },
      {
        not: {
          required: ['masked', 'enabled'],
          properties: { masked: { const: true }, enabled: { const: true } },
        },
      },
    ],
  },
  desire({ name, running, enabled, masked, settle = 2, ...rest }, ctx) {
    return [
      service(name, {
        running,
        enabled,
        masked,
        restartOn: rest.restart_on,
        settleMs: Math.round(settle * 1000),
        act: rest.restarted ? 'restart' : rest.reloaded ? 'reload' : undefined,
        owed: ctx.owed,
      }),
    ];
  },
});
