/** `run undo`: the way back of a run, from its journal and what hosts have kept, as a run of its own. */
import { resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import { kindsNamed } from '../engine/undo/kinds.ts';
import { undoResources } from '../engine/undo/undo.ts';
import { type RunRecord, readRun } from '../journal/read.ts';
import { findRun } from '../journal/shelf.ts';
import { atWork } from '../journal/standing.ts';
import { keyKind } from '../model/key.ts';
import type { Project } from '../model/runbook.ts';
import type { AnyTask } from '../model/task.ts';
import { adHocProject, runAdHoc } from './ad-hoc.ts';
import type { Args } from './args.ts';
import { begunUndo } from './begun-undo.ts';
import { shortName } from './history-command.ts';
import { beginJournal } from './journal.ts';
import { type PastHost, pastHosts } from './past-run.ts';
import { projectHere } from './project-folder.ts';
import { openRenderer } from './renderer.ts';
import { agreed, canAsk } from './terminal.ts';

export async function undoCommand(args: Args): Promise<number> {
  const [word = '', ...more] = args.positionals;
  if (more.length > 0)
    throw new RunError('invalid', `too many words: ${more.join(' ')}`, {
      hint: 'run undo <run> [--limit west]',
    });
  const root = projectHere(args);
  const record = readRun(root, findRun(root, word));
  refuseAtWork(record);
  const kinds = await kindsNamed(kindNames(record));
  const past = pastHosts(record, new Set(kinds.keys()));
  const { id } = record.head;
  const begun = begunUndo(root, id);
  const task = undoTask(id, (host) =>
    undoResources(id, past.get(host)?.changes ?? [], kinds, begun.get(host)),
  );
  const inventory = resolve(root, record.head.inventory);
  const project = narrowed(
    await adHocProject(args, inventory, { name: 'undo', taskName: 'undo', task, params: {} }),
    past,
    record,
  );
  if (args.has('list-hosts')) return runAdHoc(args, project, () => undefined, {});
  tell(args, record, project, past);
  const stays = [...project.limit].some((host) => (past.get(host)?.stays.length ?? 0) > 0);
  if (stays && !args.has('dry-run') && !args.has('yes')) await agree();
  const emit = await openRenderer(args);
  if (args.has('dry-run')) return runAdHoc(args, project, emit, {});
  const journal = beginJournal(args, { project, inventory, verb: 'undo', undoes: id }, emit);
  return runAdHoc(args, project, journal.emit, journal.options).finally(() => journal.close());
}

function refuseAtWork(record: RunRecord): void {
  const writer = atWork(record);
  if (!writer) return;
  throw new RunError('invalid', `run ${record.head.id} is still at work (process ${writer.pid})`, {
    hint: 'wait until it has ended, or end it',
  });
}

function kindNames({ hosts }: RunRecord): ReadonlySet<string> {
  const keys = [...hosts.values()].flatMap(({ stretches }) => stretches.flatMap(({ changes }) => changes));
  return new Set(keys.map(({ key }) => keyKind(key)));
}

function undoTask(run: string, desire: (host: string) => ReturnType<AnyTask['desire']>): AnyTask {
  return {
    summary: `What run ${run} has changed, as it was before`,
    params: { type: 'object', additionalProperties: false, properties: {} },
    desire: (_, ctx) => desire(ctx.host.name),
  };
}

/** Hosts that it has changed, as the accounts that it has acted as. */
function narrowed(project: Project, past: ReadonlyMap<string, PastHost>, { head }: RunRecord): Project {
  const gone = [...past.keys()].filter((host) => !project.inventory.hosts.has(host));
  if (gone.length > 0)
    throw new RunError('invalid', `${gone.join(', ')}: not in ${head.inventory} any more`, {
      hint: 'put back what says how to reach them, or take the other hosts with --limit',
    });
  const flagged = head.command.some((each) => each === '-b' || each === '--become');
  const hosts = [...project.inventory.hosts].map(([name, host]) => {
    const become = head.become?.[name] ?? (flagged ? ROOT : undefined);
    return [name, become === undefined ? host : { ...host, become }] as const;
  });
  return {
    ...project,
    inventory: { ...project.inventory, hosts: new Map(hosts) },
    limit: new Set([...project.limit].filter((host) => past.has(host))),
  };
}

const ROOT = { user: 'root', method: 'sudo' } as const;

function tell(args: Args, { head }: RunRecord, project: Project, past: ReadonlyMap<string, PastHost>): void {
  if (args.has('quiet')) return;
  const lines = [...project.limit].flatMap((host) =>
    (past.get(host)?.stays ?? []).map((line) => `  ${host}: ${line}\n`),
  );
  const about = `undo of run ${head.id}: ${shortName(head.runbook)} on ${head.inventory}`;
  process.stderr.write(
    project.limit.size === 0
      ? `${about}: it has changed nothing here\n`
      : lines.length === 0
        ? `${about}\n`
        : `${about}; what does not come back:\n${lines.join('')}`,
  );
}

async function agree(): Promise<void> {
  const hint = 'with --yes the rest is undone without a question; --dry-run shows it';
  if (!canAsk())
    throw new RunError('invalid', 'not all of it can be undone, and nobody can be asked', { hint });
  if (!(await agreed('Undo the rest?'))) throw new RunError('interrupted', 'nothing was undone');
}
