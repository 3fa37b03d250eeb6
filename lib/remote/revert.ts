/** Ends a stretch that was to be confirmed: a new login keeps it, or it is taken back; and what came of that. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../base/error.ts';
import { join, type Sh, sh } from '../base/sh.ts';
import { cleanText } from './clean-text.ts';
import type { ApplyJob, Decision, Part, Returned } from './contract.ts';
import type { HostShell } from './host-shell.ts';
import { readParts } from './read.ts';
import { interrupted } from './read-watch.ts';
import { revertFolder, revertRecord } from './revert-script.ts';
import { runFolder } from './run-folder.ts';
import { Died } from './supervisor.ts';

export interface DecideOptions {
  readonly shell: HostShell;
  readonly job: ApplyJob;
  /** The attempt whose script was carried out. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** How long after its deadline a host is still waited for: it may have a lot to bring back. */
const SLACK_MS = 180_000;
/** Between two logins: within a short deadline there must be several. */
const PAUSE_MS = { first: 100, most: 1000 };
/** For a revert that others are at. */
const WAIT_MS = 600_000;

/** Throws RunError `unreachable` when the host stays away, `interrupted` on abort. */
export async function decideThrough(options: DecideOptions, want: 'confirm' | 'revert'): Promise<Decision> {
  const { shell, job, attempt, signal } = options;
  const until = Date.now() + (job.confirm?.deadlineMs ?? 0) + SLACK_MS;
  let because: string | undefined;
  // What is to be kept is kept by a login of its own; what is to be taken back by whatever is there.
  let fresh = want === 'confirm';
  for (let pause = PAUSE_MS.first; ; pause = Math.min(pause * 2, PAUSE_MS.most)) {
    if (signal.aborted) throw interrupted();
    try {
      if (fresh) await shell.renew(signal);
      const decision = await ask(options, want);
      // Told, so nothing of it needs to stay.
      shell.tell(
        join([
          sh`{ rm -f ${revertRecord(job, attempt)}; } </dev/null >/dev/null 2>&1`,
          cleanText(job, attempt),
        ]),
      );
      return decision.kind === 'reverted' && want === 'confirm' && because !== undefined
        ? { ...decision, because }
        : decision;
    } catch (error) {
      if (!(error instanceof RunError || error instanceof Died)) throw error;
      if (error instanceof RunError && error.code === 'interrupted') throw error;
      because = error.message;
      if (Date.now() > until) throw staysAway(job, because);
    }
    fresh = true;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

function staysAway(job: ApplyJob, because: string): RunError {
  const seconds = (job.confirm?.deadlineMs ?? 0) / 1000;
  return new RunError(
    'unreachable',
    `no login succeeds, and ${seconds} s are over after which the host takes back what was changed: ${because}`,
    {
      hint: 'look at its console: what has been taken back stands in its folder reverted/ (docs/trouble.md)',
    },
  );
}

async function ask({ shell, job, attempt, signal }: DecideOptions, want: string): Promise<Decision> {
  const part: Part = { tag: 'tb.decide', script: askText(job, attempt, want), limitMs: WAIT_MS };
  const [result] = await shell.ask((link, options) => readParts(link, [part], options), signal);
  if (result?.ended !== 'done' || result.rc !== 0) {
    throw new RunError('failed', 'the host does not say whether the change was kept', {
      output: result?.err.toString('utf8') ?? '',
    });
  }
  return parseDecision(result.out.toString('latin1'));
}

/**
 * The script works in a session of its own: a revert may cut the connection that asked for it, and goes on. First line
 * of the answer: `confirmed`, `reverted` (the record follows) or `unknown`.
 */
function askText(job: ApplyJob, attempt: number, want: string): Sh {
  const word = want === 'confirm' ? 'confirm' : 'asked';
  return join([
    sh`tbv=${revertFolder(job, attempt)}; tbm=${revertRecord(job, attempt)}; tbr=${runFolder(job, attempt)}`,
    sh`if [ -e "$tbv/script" ]; then setsid /bin/sh "$tbv/script" ${word} </dev/null >/dev/null 2>&1 & wait $!; fi`,
    sh`if [ -e "$tbm" ]; then echo reverted; cat "$tbm"; elif [ "$(tail -n 1 "$tbr/journal" 2>/dev/null)" = C ]; then echo confirmed; elif [ -e "$tbv/script" ]; then exit 1; else echo unknown; fi`,
  ]);
}

/**
 * For whoever takes up a run that is gone, once its script is (`tbw` says so): what nobody has confirmed is taken back now,
 * as nobody would confirm it any more. Leaves in `tbd` what {@link parseDecision} reads, or `pending` where `takes` is
 * false and nothing may be done; empty where nothing was to be confirmed, or it was.
 */
export function undecidedText(job: Pick<ApplyJob, 'run' | 'stretch'>, attempt: number, takes: boolean): Sh {
  const ask = takes
    ? sh`case $tbw in ended|gone) ( unset TB_READ; exec setsid /bin/sh "$tbv/script" asked ) </dev/null >/dev/null 2>&1 & wait $! ;; esac`
    : sh`tbd=pending`;
  return join([
    sh`tbd=; tbv=${revertFolder(job, attempt)}; tbm=${revertRecord(job, attempt)}`,
    sh`if [ -e "$tbv/script" ]; then ${ask}; fi`,
    sh`if [ -e "$tbm" ]; then tbd=$(echo reverted; cat "$tbm")${takes ? sh`; rm -f "$tbm"` : sh``}; fi`,
  ]);
}

const WORDS = ['timer', 'failed', 'asked', 'later', 'boot'] as const;

/** `text`: the word, and the lines of a record. */
export function parseDecision(text: string): Decision {
  const [word, ...lines] = text.split('\n');
  if (word === 'confirmed') return { kind: 'confirmed' };
  if (word !== 'reverted') return { kind: 'unknown' };
  const parts = new Map<number, Returned>();
  let by: (typeof WORDS)[number] = 'timer';
  let drawn: { readonly number: number } | undefined;
  for (const line of lines) {
    const [letter, number = '', value = ''] = line.split(' ');
    const id = Number(number);
    const known = parts.get(id) ?? { rc: 0, output: '' };
    if (letter === 'W') by = WORDS.find((each) => each === number) ?? by;
    else if (letter === 'L') drawn = { number: id };
    else if (letter === 'R' || letter === 'F') parts.set(id, { ...known, rc: known.rc || Number(value) });
    else if (letter === 'O')
      parts.set(id, { ...known, output: Buffer.from(value, 'base64').toString('utf8') });
  }
  return { kind: 'reverted', by, parts, ...drawn };
}
