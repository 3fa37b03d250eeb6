/** Carries all hosts to their end: a job per advance, woken when what a host waits for has happened. */
import { createAlarms } from './alarm.ts';
import { createDispatcher, type Dispatcher } from './dispatch.ts';
import type { HostRun } from './host-run.ts';
import type { RunContext } from './run-context.ts';

export async function work(
  id: string,
  forks: number,
  runs: ReadonlyMap<string, HostRun>,
  context: RunContext,
): Promise<void> {
  const waiting = new Set<HostRun>();
  const listening = new Map<string, Set<HostRun>>();
  let dispatcher: Dispatcher | undefined;
  const queue = (run: HostRun): void => {
    waiting.delete(run);
    dispatcher?.dispatch({ run: id, host: run.name });
  };
  const alarms = createAlarms<HostRun>(context.halt, (run) => {
    if (waiting.has(run)) queue(run);
  });
  const wait = (run: HostRun): void => {
    waiting.add(run);
    if (run.wakeAt !== undefined) alarms.set(run, run.wakeAt);
    for (const token of tokensOf(run)) {
      const others = listening.get(token) ?? new Set();
      listening.set(token, others.add(run));
    }
  };
  // A board change may come while the host that hears of it is still at work: it asks the board again before it waits.
  context.board.onChange((token) => {
    const told = listening.get(token);
    listening.delete(token);
    for (const run of told ?? []) if (waiting.has(run) && heard(run, token, context)) queue(run);
  });
  context.locks.onTurn((_, host) => {
    const run = runs.get(host);
    if (run && waiting.has(run)) queue(run);
  });
  context.board.onRetract((step, host) => {
    for (const run of runs.values()) run.retract(step, host);
  });
  dispatcher = await createDispatcher(forks, async ({ host }) => {
    const run = runs.get(host);
    if (!run) return;
    if ((await run.advance()) === 'done') {
      alarms.clear(run);
      return;
    }
    for (const token of tokensOf(run)) if (known(token, run.name, context)) heard(run, token, context);
    if (run.awaited.some((set) => set.size === 0)) queue(run);
    else wait(run);
  });
  for (const run of runs.values()) queue(run);
  for (;;) {
    await dispatcher.idle();
    if (await alarms.next()) continue;
    // Nobody is left who could end what these wait for; others may hear of it, and come to their end by themselves.
    const [run] = waiting;
    if (!run) return;
    waiting.delete(run);
    run.abandon(context.stopping() ? 'interrupted' : 'not_started');
    await run.close();
  }
}

function tokensOf(run: HostRun): ReadonlySet<string> {
  return new Set(run.awaited.flatMap((set) => [...set]));
}

function known(token: string, name: string, { board, locks }: RunContext): boolean {
  const [first = '', second = '', third = ''] = token.split('\0');
  if (first === '' && second === 'lock') return locks.holds(third, name);
  if (first === '' && second !== 'facts') return false;
  return first === '' ? board.facts(third) !== undefined : board.ended(first, second) !== undefined;
}

/** Strikes a token from what a host waits for; true when one of its steps waits for nothing more. */
function heard(run: HostRun, token: string, { board }: RunContext): boolean {
  const [step = '', host = ''] = token.split('\0');
  let ready = false;
  for (const set of run.awaited) {
    if (!set.delete(token)) continue;
    if (step !== '' && board.ended(step, host)?.status === 'changed') run.disturb();
    ready ||= set.size === 0;
  }
  return ready;
}
