/** `--step`: asks on the terminal before each step that changes something. */
import { RunError } from '../base/error.ts';
import type { Answer, AskStep } from '../engine/consent.ts';
import { printable } from '../render/printable.ts';
import { actionSign } from '../render/text.ts';
import type { Args } from './args.ts';
import { question } from './confirm.ts';

/** Throws RunError `invalid` where nobody is there to be asked. */
export function checkAsking(args: Args): void {
  if (!args.has('step')) return;
  if (args.has('yes')) throw refused('--step asks, and --yes never does', 'leave one of them out');
  if (args.has('dry-run'))
    throw refused('--step asks before changes, and --dry-run makes none', 'leave one of them out');
  if (!process.stdin.isTTY)
    throw refused('--step asks, and this is no terminal', 'leave it out, or narrow the run: --only STEP');
}

function refused(message: string, hint: string): RunError {
  return new RunError('invalid', message, { hint });
}

/** `stop`: ends the run as the first Ctrl-C does. */
export function askSteps(stop: () => void, stopped: AbortSignal): AskStep {
  const answers = new Map<string, Promise<Answer>>();
  let all = false;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (text: string): Promise<Answer> => {
    for (;;) {
      if (all) return 'yes';
      const answer = await question(`${text}  [y]es, [n]o, [a]ll the rest, [q]uit: `, stopped).catch(
        () => 'q',
      );
      if (/^a(ll)?$/i.test(answer)) all = true;
      if (all || /^y(es)?$/i.test(answer)) return 'yes';
      if (/^n(o)?$/i.test(answer)) return 'no';
      if (!/^q(uit)?$/i.test(answer)) continue;
      if (!stopped.aborted) stop();
      return 'quit';
    }
  };
  return (step, host, changes) => {
    const known = answers.get(step.id);
    if (known) return known;
    const lines = changes.map(
      ({ title, key, draft }) =>
        `  ${actionSign(draft.action)} ${printable(title ?? key)}  ${printable(draft.summary)}\n`,
    );
    const text = `\n${step.id} (${step.taskName}) on ${host}:\n${lines.join('')}Carry it out on all hosts?`;
    // One question at a time.
    const answer = last.then(() => ask(text));
    last = answer;
    answers.set(step.id, answer);
    return answer;
  };
}
