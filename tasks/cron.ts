/** The task `cron`: a job that cron starts. */
import { PlanError } from '../lib/model/resource.ts';
import { defineTask } from '../lib/model/task.ts';
import { cron } from '../lib/resources/file/cron.ts';
import { STATE } from '../lib/resources/file/file-params.ts';

const FIELD = '^[0-9A-Za-z*/,-]+$';

export default defineTask({
  summary: 'A job that cron starts, in a file of its own in /etc/cron.d',
  examples: [
    `
- task: cron
  with: { name: backup, command: /usr/local/bin/backup, hour: 3, minute: 30 }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]+$',
        $comment: 'must be letters, digits, _ and -: cron passes over other files',
        description: 'Name of the file in /etc/cron.d. cron passes over names with a dot.',
      },
      command: {
        type: 'string',
        pattern: '^[^\\n]+$',
        $comment: 'must be one line',
        description: 'The command, one line. cron takes a % for a line end: write \\% for a percent sign.',
      },
      user: {
        type: 'string',
        pattern: '^[^:\\s]+$',
        $comment: 'must be the name of an account',
        default: 'root',
        description: 'The account that runs it.',
      },
      minute: {
        type: ['string', 'integer'],
        pattern: FIELD,
        $comment: 'must be a field of crontab(5), such as 5, */10, 1-5 or mon',
        default: '*',
        description: '0 to 59, or as crontab(5).',
      },
      hour: {
        type: ['string', 'integer'],
        pattern: FIELD,
        $comment: 'must be a field of crontab(5), such as 5, */10, 1-5 or mon',
        default: '*',
        description: '0 to 23, or as crontab(5).',
      },
      day: {
        type: ['string', 'integer'],
        pattern: FIELD,
        $comment: 'must be a field of crontab(5), such as 5, */10, 1-5 or mon',
        default: '*',
        description: 'Day of the month, 1 to 31.',
      },
      month: {
        type: ['string', 'integer'],
        pattern: FIELD,
        $comment: 'must be a field of crontab(5), such as 5, */10, 1-5 or mon',
        default: '*',
        description: '1 to 12, or jan to dec.',
      },
      weekday: {
        type: ['string', 'integer'],
        pattern: FIELD,
        $comment: 'must be a field of crontab(5), such as 5, */10, 1-5 or mon',
        default: '*',
        description: '0 (Sunday) to 6, or sun to sat.',
      },
      special: {
        enum: ['reboot', 'yearly', 'monthly', 'weekly', 'daily', 'hourly'],
        description: 'Instead of the five fields.',
      },
      env: {
        type: 'object',
        additionalProperties: { type: 'string', pattern: '^[^\\n]*$', $comment: 'must be one line' },
        description: 'Environment of the job: `MAILTO`, `PATH`.',
      },
      state: STATE,
    },
    allOf: [
      {
        $comment: '`command` is missing',
        anyOf: [
          { required: ['command'] },
          { required: ['state'], properties: { state: { const: 'absent' } } },
        ],
      },
    ],
  },
  desire({ name, command, user = 'root', special, env = {}, state, ...time }) {
    if (state === 'absent') return [cron(name, { schedule: '', user, command: '', env: {}, absent: true })];
    if (command === undefined) throw new PlanError('`command` is missing', 'say what cron is to start');
    const { minute = '*', hour = '*', day = '*', month = '*', weekday = '*' } = time;
    const schedule = special ? `@${special}` : [minute, hour, day, month, weekday].join(' ');
    return [cron(name, { schedule, user, command, env, absent: false })];
  },
});
