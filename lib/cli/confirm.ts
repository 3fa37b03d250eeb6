/** Shows the plan on the terminal and asks, where something would be lost or a policy wants to be agreed with. */
import { createInterface } from 'node:readline';
import { RunError } from '../base/error.ts';
import type { PlanView } from '../model/policy.ts';
import { planSummary } from '../render/plan-summary.ts';
import { refusalText } from '../render/text.ts';
import type { Args } from './args.ts';
import type { Refusal } from './judge-plan.ts';
import { paintFor } from './renderer.ts';

type Ask = (plan: PlanView, wants: readonly Refusal[], stop: AbortSignal) => Promise<boolean>;

/** False: no. Rejects with RunError `interrupted`. */
export function confirm(args: Args): Ask {
  return async (plan, wants, stop) => {
    const paint = await paintFor(args);
    const loses = plan.hosts.some(({ changes }) => changes.some(({ weight }) => weight === 'destructive'));
    const due = loses || wants.length > 0;
    if (due || !args.has('quiet')) process.stdout.write(planSummary(plan, paint, args.has('diff')));
    if (!due) return true;
    for (const want of wants) process.stdout.write(refusalText(want, paint));
    for (;;) {
      const answer = await question(`\n${paint.bold('Carry this out?')} [y]es, [n]o, [d]iff: `, stop);
      if (/^y(es)?$/i.test(answer)) return true;
      if (/^n(o)?$/i.test(answer)) return false;
      if (/^d(iff)?$/i.test(answer)) process.stdout.write(planSummary(plan, paint, true));
      else
        process.stdout.write(
          'y carries it out, n ends here with nothing touched, d shows every difference\n',
        );
    }
  };
}

/** A line as it was typed; the end of the input is a no. */
export function question(text: string, stop: AbortSignal): Promise<string> {
  process.stdout.write(text);
  // The terminal stays as it is: Ctrl-C reaches the run as it does at any other time.
  const reader = createInterface({ input: process.stdin, terminal: false });
  return new Promise<string>((resolve, reject) => {
    const interrupted = (): void => {
      process.stdout.write('\n');
      reject(new RunError('interrupted', 'interrupted: nothing was touched'));
    };
    if (stop.aborted) interrupted();
    stop.addEventListener('abort', interrupted, { once: true });
    reader.once('line', (line) => resolve(line.trim()));
    reader.once('close', () => resolve('n'));
  }).finally(() => reader.close());
}
