/** Whether a run that was cut and resumed has ended as if nothing had been. */
import { type Prints, stateChanges } from '../../lib/cli/prove/end-state.ts';
import { settled } from '../../lib/cli/prove/settled.ts';
import { startRun } from '../fixture/lab-run.ts';
import { bounded, failureLines } from './bounded.ts';
import type { ChaosPlan } from './plan.ts';
import { countActs } from './project.ts';
import type { Arena, Measure } from './trial.ts';

export interface Verdict {
  readonly problems: readonly string[];
  /** Results that wait for the next run. */
  readonly kept: readonly string[];
}

/**
 * A line for each thing that is not as it should be. `asked`: steps that somebody had said to run again; `reached`: hosts
 * that were logged in on after the cut.
 */
export async function judge(
  arena: Arena,
  measure: Measure,
  plan: ChaosPlan,
  asked: readonly string[],
  reached: ReadonlySet<string>,
): Promise<Verdict> {
  const { slot } = arena;
  const counted = slot.place().hosts.flatMap(({ name, tree }) =>
    Object.entries(countActs(tree)).flatMap(([act, count]) => {
      // One that was cut in its middle may have done its work before it was asked for again.
      if (count === 1 || (asked.includes(act) && count === 2)) return [];
      if (!arena.resumes && count > 0) return [];
      return [`${name}: ${act} was carried out ${count} times`];
    }),
  );
  const inventory = slot.inventory;
  const dry = await bounded(
    startRun(arena.cli, ['provision', inventory, '--dry-run', '--detailed-exitcode'], { cwd: arena.project }),
  );
  const pending =
    dry?.code === 0
      ? []
      : [
          `a dry run of provision ends with ${dry?.code}`,
          ...failureLines(dry),
          ...(dry?.events ?? []).flatMap((event) =>
            event.kind === 'change' ? [`${event.host} ${event.step}: ${event.summary}`] : [],
          ),
        ];
  const differs = await settled(async () => {
    const found = stateChanges(
      (plan.bare ? measure.bare : undefined) ?? measure.end,
      withoutActs(await slot.prints()),
    );
    return plan.cut === 'reboot' ? found.filter((line) => !byReboot(line, measure)) : found;
  });
  // Where the last farewell of a run was lost with its connection the result is kept, for the next run or for a day.
  const isKept = (line: string): boolean =>
    line.includes(': result ') && !reached.has(line.split(':')[0] ?? '');
  let kept: readonly string[] = [];
  const left = await settled(async () => {
    const all = await slot.leavings();
    kept = all.filter(isKept);
    return all.filter((line) => !isKept(line));
  });
  return { problems: [...counted, ...pending, ...differs, ...left.map((line) => `left: ${line}`)], kept };
}

/** Acts are counted apart. */
export function withoutActs(prints: Prints): Prints {
  return Object.fromEntries(
    Object.entries(prints).map(([host, lines]) => [
      host,
      lines.filter((line) => !line.includes('/srv/chaos.acts ')),
    ]),
  );
}

/** A line that is there, or not there, after any reboot. */
function byReboot(line: string, { rebooted }: Measure): boolean {
  const [, host = '', sign, text = ''] = /^(\S+): ([+-]) (.*)$/.exec(line) ?? [];
  return (rebooted[host] ?? []).includes(text) === (sign === '+');
}
