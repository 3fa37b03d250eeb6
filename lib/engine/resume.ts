/** Goes on with a run that stopped: what is finished stays so, and what was begun on the others is taken up. */
import { RunError } from '../base/error.ts';
import { join, type Sh, sh } from '../base/sh.ts';
import type { ChangeEnd, Intended } from '../model/journal.ts';
import type { HostResume, Resume } from '../model/resume.ts';
import type { Project } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';
import { type Begun, lookAtRun, type TakenUp } from '../remote/take-up.ts';
import type { Life } from './life.ts';
import type { ReadPlan } from './read-only.ts';
import { tellReverted } from './resume-reverted.ts';
import type { RunContext } from './run-context.ts';

/** The project with the hosts that are left. */
export function leftOf(project: Project, resume: Resume | undefined): Project {
  if (!resume) return project;
  const left = (hosts: Iterable<string>): string[] => [...hosts].filter((host) => !resume.finished.has(host));
  const rollouts = project.rollouts.map((rollout) => ({
    ...rollout,
    batches: rollout.batches.map(left).filter((batch) => batch.length > 0),
  }));
  return { ...project, limit: new Set(left(project.limit)), rollouts };
}

/** Tells the board of what is finished, so that nobody waits for it. */
export function tellFinished({ board, project }: RunContext, resume: Resume): void {
  for (const step of [...project.runbook.steps, ...project.runbook.handlers]) {
    for (const host of step.hosts)
      if (resume.finished.has(host)) board.end(step.id, host, { status: 'ok', met: true });
  }
}

/** Of finished hosts only what nobody has written down is read: outputs and facts that others use. */
export function stillRead(
  plans: ReadonlyMap<string, ReadPlan>,
  { steps }: RunContext,
  resume: Resume | undefined,
): ReadonlyMap<string, ReadPlan> {
  if (!resume) return plans;
  const left = [...plans].flatMap(([host, plan]): [string, ReadPlan][] => {
    if (!resume.finished.has(host)) return [[host, plan]];
    const used = new Set([...plan.steps].filter((id) => steps.outputsUsed(id) && steps.get(id)?.task.output));
    return used.size > 0 || plan.facts ? [[host, { ...plan, steps: used }]] : [];
  });
  return new Map(left);
}

/** Before anything is read: what the run had begun on this host comes to its end, and is learnt. */
export async function takeUp(life: Life, session: Session): Promise<void> {
  const { resume } = life.context;
  const page = resume?.hosts.get(life.host.name);
  if (!resume || !page || page.stretches.length === 0) return;
  const changes = page.stretches.flatMap((stretch) => stretch.changes);
  life.nextId = Math.max(...changes.map(({ id }) => id)) + 1;
  life.stretch = Math.max(...page.stretches.map(({ stretch }) => stretch));
  life.leftBehind = foldersOf(life, page);
  const ends = new Map(page.ends);
  const captured = new Map<number, Buffer>();
  // Of the last one it may be that all ends are known, and that nobody had confirmed them yet.
  const open = page.stretches.filter(
    (stretch, index) => index === page.stretches.length - 1 || isOpen(stretch.changes, page),
  );
  if (open.length > 0) {
    const found = await waitForEnd(life, session, open);
    for (const stretch of open) tellReverted(life, stretch, found, ends);
    for (const change of open.flatMap((stretch) => stretch.changes)) {
      const end = found.ends.get(change.id) ?? forgotten(change, open, found.unknown);
      if (!end || ends.has(change.id)) continue;
      ends.set(change.id, end);
      const printed = found.captured.get(change.id);
      if (printed) captured.set(change.id, printed);
      noteTaken(life, change, end, printed);
    }
    await life.context.diary?.to.kept();
  }
  for (const change of changes) learnEnd(life, resume, change, ends.get(change.id), captured.get(change.id));
}

/** True when something of it may have been begun whose end is not known. */
function isOpen(changes: readonly Intended[], { ends }: HostResume): boolean {
  const at = changes.findIndex(({ id }) => !ends.has(id));
  if (at === -1) return false;
  // After one that went wrong nothing was begun.
  const last = ends.get(changes[at - 1]?.id ?? -1);
  return last === undefined || succeeded(last);
}

/**
 * What a host knows of a run that is gone the next one takes away, or a day: an act of which it knows nothing any more may
 * have been carried out.
 */
function forgotten(
  change: Intended,
  open: HostResume['stretches'],
  unknown: ReadonlySet<number>,
): ChangeEnd | undefined {
  const stretch = open.find(({ changes }) => changes.includes(change));
  const old = Date.now() - (stretch?.at ?? 0) > KEPT_MS;
  const lost = old || unknown.has(stretch?.stretch ?? -1);
  return change.act && lost ? { id: change.id, ended: 'lost', rc: -1 } : undefined;
}

const KEPT_MS = 20 * 3_600_000;

function succeeded(end: ChangeEnd | undefined): boolean {
  return end?.ended === 'done' && end.rc === 0;
}

async function waitForEnd(life: Life, session: Session, open: HostResume['stretches']): Promise<TakenUp> {
  const { context, host } = life;
  const begun: Begun = {
    run: context.run.id,
    stretches: open.map(({ stretch, changes, sent }) => ({
      stretch,
      ...(sent ? { sent } : {}),
      acts: changes.filter(({ act }) => act).map(({ id }) => id),
    })),
    takes: !context.run.dryRun,
  };
  let told = false;
  for (;;) {
    const found = await lookAtRun(session, begun, told, context.halt);
    if (!found.running) return found;
    if (context.stopping()) throw new RunError('interrupted', 'interrupted');
    if (!told)
      context.emit({
        kind: 'warning',
        host: host.name,
        message: 'what this run had begun is still at work there: it is waited for',
      });
    told = true;
  }
}

function noteTaken(life: Life, change: Intended, end: ChangeEnd, printed: Buffer | undefined): void {
  const { diary, emit, run } = life.context;
  const { id, step, key, action, summary, diff, inverse, place } = change;
  const stdout = printed?.toString('latin1');
  const masked = diary?.mask(stdout) as typeof stdout;
  diary?.to.ended(life.host.name, {
    ...end,
    ...(masked === undefined ? {} : { stdout: masked }),
    ...(masked === stdout ? {} : { stdoutHidden: true }),
  });
  if (!succeeded(end) || change.quiet || run.dryRun) return;
  const told = { id, key, action, summary, diff, inverse, place, dryRun: false, seconds: 0 };
  emit({ kind: 'change', host: life.host.name, step, ...told });
}

function learnEnd(
  life: Life,
  resume: Resume,
  change: Intended,
  end: ChangeEnd | undefined,
  printed: Buffer | undefined,
): void {
  const { step, key, title, quiet } = change;
  if (succeeded(end) && !quiet) {
    life.wrote = true;
    life.changedSteps.add(step);
  }
  const name = `${step} ${key}`;
  // A later try of the same act has the last word.
  life.actsDone.delete(name);
  life.actsLost.delete(name);
  const what = title ?? key;
  if (end?.ended === 'lost' && (!change.act || resume.again.has(step))) {
    const next = change.act ? 'it is carried out again' : 'what it is now is read';
    const message = `${what} had begun when the run stopped, and nobody knows how it ended: ${next}`;
    life.context.emit({ kind: 'warning', host: life.host.name, message });
  } else if (end?.ended === 'lost') {
    life.actsLost.set(name, `${what} had begun when the run stopped, and nobody knows how it ended`);
  }
  if (!change.act || !succeeded(end)) return;
  const stdout = printed?.toString('latin1') ?? end?.stdout;
  const usesIt = life.context.steps.outputsUsed(step) || life.context.steps.get(step)?.until !== undefined;
  if (usesIt && printed === undefined && end?.stdoutHidden && !resume.again.has(step)) {
    life.actsLost.set(name, `${what} is done; a secret was in what it printed, which was not written down`);
    return;
  }
  if (end?.stdoutHidden && resume.again.has(step)) return;
  life.actsDone.add(name);
  const after = (typeof change.after === 'object' ? change.after : {}) as object;
  if (stdout !== undefined) life.captured.set(key, { ...after, stdout, rc: 0 });
}

/** Why an act may not be carried out; undefined when it may. */
export function lostAct(life: Life, step: string, key: string): RunError | undefined {
  const message = life.actsLost.get(`${step} ${key}`);
  if (message === undefined) return undefined;
  return new RunError('failed', message, {
    hint: `look at the host; where it is to be carried out (again): run resume ${life.context.run.id} --again ${step}`,
  });
}

/** Of all attempts at what was begun before, also where nothing was left to learn from them. */
function foldersOf({ context }: Life, { stretches }: HostResume): Sh | undefined {
  if (context.run.dryRun) return undefined;
  const folder = sh`"$TB_STATE"/runs/${context.run.id}`;
  const gone = stretches.map(({ stretch }) => sh`rm -rf ${folder}/${stretch} ${folder}/${stretch}.[0-9]`);
  return join([...gone, sh`rmdir ${folder}`], '; ');
}

/**
 * Takes away on the host what was taken up and, once it is finished, what is kept there of stretches that were planned
 * again: nobody resumes it any more. No answer is waited for.
 */
export function tidy(life: Life, unfinished: boolean): void {
  const { leftBehind, session, drifts, context } = life;
  const { id } = context.run;
  const timers = sh`for tbf in /run/systemd/transient/tightbeam-forget-${id}-*.timer; do [ ! -e "$tbf" ] || systemctl stop "\${tbf##*/}"; done`;
  const all = sh`${timers}; rm -rf "$TB_STATE"/runs/${id}`;
  const gone = drifts.size > 0 && !unfinished && !context.run.dryRun ? all : leftBehind;
  if (gone && session) session.tell(sh`{ ${gone}; } </dev/null >/dev/null 2>&1`);
}
