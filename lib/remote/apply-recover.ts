/** After a cut in the middle of an apply: waits for the script, which goes on without us, and reads its journal. */
import { RunError } from '../base/error.ts';
import { join, type Sh, sh } from '../base/sh.ts';
import { noteBegin, noteInvocation, type Progress, rebooting, runningChange } from './apply-progress.ts';
import { runFolder } from './apply-text.ts';
import { runningMark } from './apply-watch.ts';
import { ALIVE } from './keeper-text.ts';
import { othersWroteText } from './lock-text.ts';
import { type ReadOptions, readParts } from './read.ts';
import { usersOf } from './read-watch.ts';
import { rebootsText } from './reboot-text.ts';
import type { Supervisor } from './supervisor.ts';

/** How long one look waits on the host for the end, in milliseconds. */
const WAIT_MS = 5000;
/** Looks at a script that was killed and does not go (a process in uninterruptible sleep) before it is given up. */
const LOOKS_AFTER_KILL = 2;

/**
 * Reads what an earlier connection's script did into `progress`. `never`: it had not begun, and now never will, as
 * its journal is taken; it may be sent again as another attempt.
 */
export async function recoverApply(
  link: Supervisor,
  progress: Progress,
  attempt: number,
  options: ReadOptions,
  looked: () => void = () => undefined,
): Promise<'ended' | 'never'> {
  let before = options.before ?? [];
  let first = options.first;
  let killed = 0;
  for (;;) {
    const waitMs = rebooting(progress) ? WAIT_MS : Math.min(WAIT_MS, timeLeft(progress));
    const part = {
      tag: 'tb.journal',
      script: journalText(runFolder(progress.job, attempt), waitMs, lookOf(progress)),
      limitMs: 60_000,
    };
    const once: ReadOptions = {
      trip: options.trip,
      signal: options.signal,
      before,
      ...(first ? { first } : {}),
    };
    const [look] = await readParts(link, [part], once);
    before = [];
    first = undefined;
    looked();
    const [head = '', ...lines] = (look?.out ?? Buffer.alloc(0)).toString('latin1').split('\n');
    const [state = '', uptime = ''] = head.split(' ');
    if (look?.ended !== 'done' || look.rc !== 0 || state === '') {
      throw new RunError('failed', 'the journal of the interrupted changes cannot be read', {
        hint: 'run it again: it goes on from what it finds on the host',
        output: look?.err.toString('utf8') ?? '',
      });
    }
    if (state === 'never') return 'never';
    if (state === 'unknown') return forgotten(progress);
    readJournal(progress, lines, Number(uptime));
    // Pids of the journal are of a boot that is over.
    if (state === 'rebooting') continue;
    if (state === 'running' && killed < LOOKS_AFTER_KILL) {
      if (endOverdue(link, progress, lines) || killed > 0) killed += 1;
      continue;
    }
    // Begun, not ended, and nothing of it lives: nobody can tell how far it came.
    const running = runningChange(progress);
    if (running) progress.endings.set(running.id, { ended: 'lost', rc: -1 });
    return 'ended';
  }
}

/** Others have written since, and taken away what the host knew of it. */
function forgotten(progress: Progress): 'ended' {
  const [first, ...rest] = progress.job.changes.filter(({ id }) => !progress.results.has(id));
  if (first) noteBegin(progress, first.id);
  for (const { id } of first ? [first, ...rest] : [])
    if (!progress.endings.has(id)) progress.endings.set(id, { ended: 'lost', rc: -1 });
  return 'ended';
}

function lookOf({ job, sent }: Progress): JournalLook {
  return { takes: true, ...(sent && job.lock ? { sent: { run: job.run, ...sent } } : {}) };
}

export interface JournalLook {
  /** Where there is no journal one is put there, so that none can begin any more. */
  readonly takes: boolean;
  /** Known to have been sent: without a journal it has never begun only where nobody else has written since. */
  readonly sent?: { readonly run: string; readonly top: number | undefined };
  /** Goes before the answer, and sees the first word as `tbw`. */
  readonly after?: Sh;
}

/**
 * First line: `never`, `unknown` (it may have run), `ended`, `running`, `rebooting` or `gone`, and the host's uptime in
 * seconds; then the journal.
 */
export function journalText(folder: Sh, waitMs: number, { takes, sent, after = sh`:` }: JournalLook): Sh {
  return join([
    sh`tbr=${folder}; tbj=$tbr/journal`,
    ALIVE,
    rebootsText(takes),
    sent
      ? sh`[ -s "$tbr/journal" ] || ! ${othersWroteText(sent.run, sent.top)} || { echo unknown; exit 0; }`
      : sh`:`,
    takes
      ? sh`if ( umask 077; mkdir -p "$tbr" && set -C && echo taken >"$tbr/journal" ) 2>/dev/null; then echo never; exit 0; fi`
      : sh`[ -s "$tbr/journal" ] || { echo never; exit 0; }`,
    sh`read -r tbk tbp tbs <"$tbr/journal" || exit 1`,
    sh`[ "$tbk" = P ] || { echo never; exit 0; }`,
    sh`tbn=0; tbw=running`,
    sh`while :; do`,
    sh`[ "$(tail -n 1 "$tbr/journal")" = end ] && { tbw=ended; break; }`,
    sh`tbw=rebooting; tb_reboots || { tbw=running; tb_alive || { tbw=gone; break; }; }`,
    sh`[ $tbn -ge ${Math.ceil(waitMs / 200)} ] && break`,
    sh`tbn=$((tbn+1)); sleep 0.2 2>/dev/null || { sleep 1; tbn=$((tbn+4)); }`,
    sh`done`,
    // It may have written its last line and gone between the two looks.
    sh`[ "$(tail -n 1 "$tbr/journal")" = end ] && tbw=ended`,
    after,
    sh`tbn=; { read -r tbn tbk </proc/uptime; } 2>/dev/null; echo "$tbw \${tbn%.*}"; cat "$tbr/journal"; printf %s "$tbnotes"`,
  ]);
}

const ENDINGS: ReadonlyMap<string, 'done' | 'drifted' | 'locked_out'> = new Map([
  ['E', 'done'],
  ['D', 'drifted'],
  ['T', 'locked_out'],
]);

function readJournal(progress: Progress, lines: readonly string[], uptime: number): void {
  for (const line of lines) {
    const [letter, number, value = '', since = ''] = line.split(' ');
    const id = Number(number);
    const change = progress.job.changes.find((one) => one.id === id);
    if (!change) continue;
    if (letter === 'B') noteBegin(progress, id, 1000 * (uptime - Number(since)) || 0);
    if (letter === 'H') progress.endings.set(id, { ended: 'hung', rc: -1 });
    if (letter === 'I') noteInvocation(progress, change, value);
    const ended = letter === undefined ? undefined : ENDINGS.get(letter);
    if (ended && !progress.results.has(id) && !progress.endings.has(id))
      progress.endings.set(id, { ended, rc: Number(value) });
  }
}

/** Milliseconds until the change that runs is over its limit, which holds across the cut. */
function timeLeft(progress: Progress): number {
  const running = runningChange(progress);
  const since = running && progress.begun.get(running.id);
  return running && since !== undefined ? Math.max(0, since + running.limitMs - Date.now()) : WAIT_MS;
}

function endOverdue(link: Supervisor, progress: Progress, lines: readonly string[]): boolean {
  const running = runningChange(progress);
  const [, pid, , , job = ''] = lines[0]?.split(' ') ?? [];
  const group = Number(pid);
  if (!running || timeLeft(progress) > 0 || !(group > 1)) return false;
  const all = { group, users: usersOf([running]), mark: runningMark(progress, job) };
  progress.endings.set(running.id, { ended: 'hung', rc: -1 });
  link.kill({ ...all, signal: 'TERM' });
  setTimeout(() => link.kill({ ...all, signal: 'KILL' }), 1000);
  return true;
}
