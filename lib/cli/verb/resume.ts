/** `run resume`: goes on with a run that stopped before its end. */
import { flags, takes, yes } from '../flag.ts';
import { WORK_FLAGS } from '../flag-set.ts';
import type { Verb } from '../verb.ts';

export const resume: Verb = {
  name: 'resume',
  summary: [['run resume [run]', 'go on with a run that stopped: each host where it did']],
  usage: [
    ['run resume', 'the latest run; hosts that are finished are not connected to'],
    ['run resume <run>', 'another one, by its id or the beginning of it'],
    ['run resume --again import', 'carry out again a command of which nobody knows how it ended'],
  ],
  flags: [
    yes('force', 'also where files of the project have changed since'),
    takes('again', 'STEP', 'carry out its commands again that may have been carried out', undefined, true),
    ...flags('allow'),
    ...WORK_FLAGS,
  ],
  needsWord: false,
};
