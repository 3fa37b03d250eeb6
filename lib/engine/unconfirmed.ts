/** What another run has changed and nobody has confirmed yet may be gone in a moment: nothing is said of a host that holds such. */
import { RunError } from '../base/error.ts';
import type { Session } from '../remote/contract.ts';
import { settledText } from '../remote/lock-text.ts';
import type { Life } from './life.ts';
import { readRefs, wantedRefs } from './reading.ts';

/** How long one look waits on the host, in milliseconds. */
const LOOK_MS = 5000;
const SLACK_MS = 60_000;

/** Once the first states are there: comes back when they hold. A dry run does not wait, and says so. */
export async function awaitConfirmed(life: Life, session: Session): Promise<void> {
  const { context, host } = life;
  if (!session.hello?.unconfirmed) return;
  const tell = (message: string): void => context.emit({ kind: 'warning', host: host.name, message });
  if (context.run.dryRun) {
    tell('what a run has changed here was not confirmed yet when it was read, and may be taken back');
    return;
  }
  let told = false;
  while (await waits(session, told ? LOOK_MS : 0, context.halt)) {
    if (told) continue;
    told = true;
    tell('waits until what a run has changed here is confirmed, or taken back by the host');
    context.emit({ kind: 'stage', host: host.name, stage: 'waiting' });
  }
  await readRefs(life, wantedRefs(life), session);
}

async function waits(session: Session, forMs: number, halt: AbortSignal): Promise<boolean> {
  const part = { tag: 'tb.settled', script: settledText(forMs), limitMs: forMs + SLACK_MS };
  const [found] = await session.read([part], halt);
  const said = found?.ended === 'done' ? found.out.toString('latin1').trimEnd() : '';
  if (said === 'settled' || said === 'waits') return said === 'waits';
  throw new RunError('failed', 'whether a change on the host waits to be confirmed cannot be read', {
    hint: 'see whether the state folder on the host can be read, then run it again',
    output: found?.err.toString('utf8') ?? '',
  });
}
