/** Carries out an apply job over one connection: sends it, watches it, fetches what its frames did not bring. */
import { RunError } from '../base/error.ts';
import { type Sh, sh } from '../base/sh.ts';
import { notePart, noteResult, type Progress, runningChange, untoldParts } from './apply-progress.ts';
import { applyText, OUTPUT_KEPT, runFolder } from './apply-text.ts';
import { sendUploads } from './apply-upload.ts';
import { watchApply } from './apply-watch.ts';
import type { ApplyJob, ApplyResult, ChangeResult, Part } from './contract.ts';
import { leaveText } from './keeper-text.ts';
import { turnedAway } from './lock.ts';
import { type Draw, SHELL } from './lock-text.ts';
import { type ReadOptions, readParts } from './read.ts';
import { backgroundText, groupText, lookGroupText, partsText } from './read-text.ts';
import { interrupted, usersOf, watchParts } from './read-watch.ts';
import { attemptName } from './run-folder.ts';
import type { Supervisor } from './supervisor.ts';

export interface SendOptions extends ReadOptions {
  /** How the host is locked. */
  readonly draw?: Draw;
  readonly onLock?: (number: number) => void;
}

const LEAST_SILENCE_MS = 3000;
/** A host that goes down may take its network along before it says so. */
const GOING_MS = 6000;

/** Sends the script and stays until it has ended. Throws Died when the connection goes: then see apply-recover.ts. */
export async function sendApply(
  link: Supervisor,
  progress: Progress,
  attempt: number,
  options: SendOptions,
): Promise<void> {
  const { job } = progress;
  const { nonce } = link;
  const main = { nonce, job: link.allot() };
  const verify = { nonce, job: link.allot() };
  const thenJobs = new Map(
    job.changes.filter((change) => change.then?.length).map((change) => [change.id, link.allot()] as const),
  );
  const { signal, onLock } = options;
  const { halt } = progress.watch;
  const stop = () => link.tell(stopText(job, attempt));
  const watched = watchApply(link, progress, { job: main.job, attempt, thenJobs, signal, onLock });
  const reread = watchParts(link, verify.job, job.verify, { signal });
  // Awaited only when the script came to its end; until then its refusal on abort has no other listener.
  reread.over.catch(() => undefined);
  try {
    options.trip();
    halt?.addEventListener('abort', stop, { once: true });
    // A connection that such a change has cut must be given up while there is time for another one.
    if (job.confirm) link.hasten(Math.max(LEAST_SILENCE_MS, job.confirm.deadlineMs / 4));
    else if (job.changes.some(({ reboots }) => reboots)) link.hasten(GOING_MS);
    if (options.before?.length) await link.during(link.send(joinLines(options.before)));
    await link.during(sendUploads(link, job, attempt, signal));
    const text = groupText(main, applyText(main, job, attempt, thenJobs, options.draw), sh`7`);
    const inner = [sh`${SHELL}; export TB_SHELL`, text, sh`unset TB_SHELL`];
    if (options.first) inner.unshift(options.first);
    if (job.verify.length > 0) {
      // In a group of its own, so that a part that hangs can be ended without what the changes have started.
      inner.push(
        sh`[ $tb = 0 ] || exit 0`,
        lookGroupText(verify, partsText(verify, job.verify), sh`7`, usersOf(job.verify)),
      );
    }
    const begin = [
      leaveText(),
      sh`tbwrites="$tbwrites "${`${job.run}/${attemptName(job, attempt)}`}`,
      options.watch ?? sh`:`,
      backgroundText(inner),
    ];
    progress.sent = { top: options.draw?.top };
    progress.watch.sent?.(options.draw?.top);
    link.send(joinLines(begin)).catch(() => undefined);
    const end = await link.during(watched.over);
    if (signal?.aborted) throw interrupted();
    if (end.refused !== undefined) {
      progress.turnedAway = turnedAway(end.refused);
      if (progress.turnedAway) return;
      throw refusal(end.refused, progress);
    }
    if (end.stopped && progress.begun.size === 0 && !halt?.aborted) {
      throw new RunError('internal', 'the script on the host did not begin any change');
    }
    const running = runningChange(progress);
    if (running) progress.endings.set(running.id, { ended: 'lost', rc: -1 });
    if (end.rc === 0 && job.verify.length > 0) {
      const outcome = await link.during(reread.over);
      for (const [tag, result] of outcome.results) progress.verify.set(tag, result);
    }
  } finally {
    halt?.removeEventListener('abort', stop);
    watched.stop();
    reread.stop();
  }
}

/** The script finds it before its next change; it may not have made its folder yet. */
function stopText(job: ApplyJob, attempt: number): Sh {
  const folder = runFolder(job, attempt);
  return sh`( umask 077; mkdir -p ${folder} && : >${folder}/stop ) </dev/null 2>/dev/null &`;
}

/** Why the script did nothing at all: X frame, or an upload that did not arrive. */
function refusal(why: string, progress: Progress): RunError {
  if (why === 'twice') {
    return new RunError('failed', 'no change was begun: this run is already at work on that machine', {
      hint: 'see whether the inventory has one machine under two names, then run it again',
    });
  }
  const [, id, arrived, freeKb] = /^U (\d+) +(\d+) (\d+)$/.exec(why) ?? [];
  const upload = progress.job.changes.find((change) => String(change.id) === id)?.upload;
  if (!upload) {
    return new RunError('failed', `no change was begun: ${why}`, {
      hint: 'make room, mend the rights of the state folder on the host, or mount it so that it can be written; then run it again',
    });
  }
  const missing = upload.size - Number(arrived);
  if (missing > Number(freeKb) * 1024) {
    return new RunError(
      'failed',
      `no room on the host for ${upload.path}: ${arrived} of ${upload.size} bytes fit`,
      {
        hint: 'make room where the state folder lies on the host, then run it again',
      },
    );
  }
  return new RunError('failed', `${upload.path} did not arrive as it was when the run began`, {
    hint: 'do not change the file while it is sent; run it again',
  });
}

/**
 * What is still missing after the script has ended, in at most one more job: output of changes whose frames were
 * lost, `then` parts nobody saw, verification.
 */
export async function fetchMissing(
  link: Supervisor,
  progress: Progress,
  attempt: number,
  options: ReadOptions,
): Promise<void> {
  const folder = runFolder(progress.job, attempt);
  const pending = progress.job.changes.filter(({ id }) => progress.endings.has(id));
  const untold = untoldParts(progress);
  const verify = progress.job.verify.filter((part) => !progress.verify.has(part.tag));
  const parts: Part[] = [
    ...pending.flatMap(({ id, captures }) => [
      tailPart(`tb.spool.${id}`, sh`${folder}/spool.${id}`),
      ...(captures ? [tailPart(`tb.capture.${id}`, sh`${folder}/capture.${id}`)] : []),
    ]),
    ...untold.map(({ id, part }) => ({ ...part, tag: `tb.then.${id}.${part.tag}` })),
    ...verify,
  ];
  if (parts.length === 0) return;
  const results = new Map((await readParts(link, parts, options)).map((result) => [result.tag, result]));
  for (const { id, captures } of pending) {
    const ending = progress.endings.get(id);
    const spool = results.get(`tb.spool.${id}`)?.out ?? Buffer.alloc(0);
    const captured = captures ? (results.get(`tb.capture.${id}`)?.out ?? Buffer.alloc(0)) : undefined;
    if (ending) noteResult(progress, id, ending, { spool, captured });
  }
  for (const { id, part } of untold) {
    const result = results.get(`tb.then.${id}.${part.tag}`);
    if (result) notePart(progress, id, { ...result, tag: part.tag });
  }
  for (const { tag } of verify) {
    const result = results.get(tag);
    if (result) progress.verify.set(tag, result);
  }
}

function tailPart(tag: string, path: Sh): Part {
  return { tag, script: sh`tail -c ${OUTPUT_KEPT} ${path} 2>/dev/null`, limitMs: 60_000 };
}

export function applyResult(progress: Progress): ApplyResult {
  const notRun = (id: number): ChangeResult => ({ id, ended: 'not_run', rc: -1, output: Buffer.alloc(0) });
  return {
    changes: progress.job.changes.map(({ id }) => progress.results.get(id) ?? notRun(id)),
    verify: progress.job.verify.flatMap(({ tag }) => progress.verify.get(tag) ?? []),
    invocations: progress.invocations,
    ...(progress.turnedAway ? { turnedAway: progress.turnedAway } : {}),
  };
}

/** No change failed; some may not have been begun. */
export function allWell(result: ApplyResult): boolean {
  return result.changes.every(({ ended, rc }) => ended === 'not_run' || (ended === 'done' && rc === 0));
}

function joinLines(texts: readonly Sh[]): Sh {
  return texts.reduce((all, text) => sh`${all}\n${text}`);
}
