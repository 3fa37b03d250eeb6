/** The task of a run that wants nothing of its hosts but an answer. */
import { defineTask } from '../model/task.ts';
import { checkLogin } from '../resources/network/check-login.ts';

export const pingTask = defineTask({
  summary: 'A host can be logged in to, and acted on as the account that is wanted',
  params: { type: 'object', additionalProperties: false, properties: {} },
  desire: () => [checkLogin()],
});
