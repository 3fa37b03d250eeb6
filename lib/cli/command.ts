/** The verbs that do something: kept apart from what only parses and helps, so that the bundle can load them as one. */
export { labCommand } from './lab-command.ts';
export { runCommand } from './run-command.ts';
