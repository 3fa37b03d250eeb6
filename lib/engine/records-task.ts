/** The task of a run that looks at what hosts were provisioned with, or makes them forget it. */
import { defineTask } from '../model/task.ts';
import { provisionRecords } from '../resources/provision/provision-records.ts';

export const recordsTask = defineTask({
  summary: 'The records on a host of the runbooks that it was provisioned with',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['project', 'forget'],
    properties: {
      project: { type: 'string', description: 'the project whose records may be taken away' },
      forget: {
        type: 'array',
        items: { type: 'string' },
        description: 'paths of runbooks whose records are taken away',
      },
    },
  },
  desire: ({ project, forget }) => [provisionRecords({ project, forget })],
});
