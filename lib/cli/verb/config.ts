/** `run config`: what each flag is when the command line says nothing, and who says so. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const config: Verb = {
  name: 'config',
  summary: [['run config', 'what every flag is here, and who says so: a variable, run.yaml, nobody']],
  usage: [['run config', 'what every flag is here, and who says so: RUN_…, a place in run.yaml, or nobody']],
  flags: flags('project', 'json', 'no-color', 'help'),
  needsWord: false,
};
