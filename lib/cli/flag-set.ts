/** Sets of the flags of a run that verbs have in common. */
import { type Flag, flags } from './flag.ts';

/** How hosts are logged into. */
const LOGIN_FLAGS = flags(
  'private-key',
  'ask-become-pass',
  'become-password-file',
  'timeout',
  'reconnect',
  'heartbeat',
  'transport',
  'host-key',
);

/** How what happens is told, and where. */
const TELL_FLAGS = flags('json', 'events', 'quiet', 'no-color', 'project', 'help');

/** Whose account works on the hosts. */
const BECOME_FLAGS = flags('become', 'become-user', 'become-method');

/** Those of verbs that work on hosts of an inventory without a runbook. */
export const HOST_FLAGS: readonly Flag[] = [
  ...flags('inventory', 'limit', 'forks', 'user'),
  ...BECOME_FLAGS,
  ...LOGIN_FLAGS,
  ...flags('list-hosts'),
  ...TELL_FLAGS,
];

/** Those of verbs that carry out work that was decided before: a plan, the rest of a run. */
export const WORK_FLAGS: readonly Flag[] = [
  ...flags('dry-run', 'diff', 'forks', 'yes', 'max-changes', 'max-hosts'),
  ...flags('allow-lockout', 'confirm', 'lock-timeout'),
  ...LOGIN_FLAGS,
  ...flags('format', 'verbose'),
  ...TELL_FLAGS,
];

/** Those of verbs that only look at hosts. */
export const LOOK_FLAGS: readonly Flag[] = HOST_FLAGS.filter(
  ({ name }) => name !== 'json' && name !== 'events',
);
