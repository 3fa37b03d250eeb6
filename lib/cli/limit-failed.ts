/** `@failed` in --limit: the hosts that the last run of this runbook and inventory left with work to do. */
import { RunError } from '../base/error.ts';
import { type RunRecord, readRun } from '../journal/read.ts';
import { runIds } from '../journal/shelf.ts';
import { atWork, unfinishedHosts } from '../journal/standing.ts';
import { locateInventory, locateRunbook } from '../load/source/root.ts';
import { shelved } from './journal.ts';

const FAILED = /^([!&]?)@failed$/;

export interface Asked {
  readonly limit: readonly string[];
  readonly runbook: string;
  readonly inventory: string;
  readonly project: string | undefined;
}

export function namesFailed(limit: readonly string[]): boolean {
  return limit.some((word) => word.split(',').some((part) => FAILED.test(part.trim())));
}

/** The words with the names of those hosts. Throws RunError `invalid` where there is no such run, or nothing is left of it. */
export function withFailed({ limit, runbook, inventory, project }: Asked): readonly string[] {
  const cwd = process.cwd();
  const { root, runbook: path } = locateRunbook(runbook, cwd, project);
  const at = shelved(root, locateInventory(inventory, cwd, root).path);
  const hosts = failedHosts(root, shelved(root, path), at);
  return limit.flatMap((word) => {
    // A comma of a regular expression is its own.
    if (/^[!&]?~/.test(word)) return [word];
    return word.split(',').flatMap((part) => {
      const [found, sign = ''] = FAILED.exec(part.trim()) ?? [];
      if (found === undefined) return [part];
      if (sign !== '&') return hosts.map((host) => `${sign}${host}`);
      return [`&~^(?:${hosts.map((host) => host.replaceAll(/[^\w-]/g, '\\$&')).join('|')})$`];
    });
  });
}

function failedHosts(root: string, runbook: string, inventory: string): readonly string[] {
  const record = lastRun(root, runbook, inventory);
  if (!record)
    throw fault(
      `no run of ${runbook} on ${inventory} has been written down`,
      'run history names those that were; dry runs are not written down',
    );
  const { id } = record.head;
  const writer = atWork(record);
  if (writer)
    throw fault(`run ${id} is still at work (process ${writer.pid})`, 'wait for its end, or interrupt it');
  const left = unfinishedHosts(record);
  if (left.length === 0)
    throw fault(
      `the last run of ${runbook} on ${inventory} (${id}) left no host unfinished`,
      `run show ${id}`,
    );
  return left;
}

function lastRun(root: string, runbook: string, inventory: string): RunRecord | undefined {
  for (const id of runIds(root).toReversed()) {
    try {
      const record = readRun(root, id);
      const { head } = record;
      if (head.verb === undefined && head.runbook === runbook && head.inventory === inventory) return record;
    } catch (error) {
      // Cut off before its first line: it has done nothing.
      if (!(error instanceof RunError)) throw error;
    }
  }
  return undefined;
}

function fault(why: string, hint: string): RunError {
  const message = `--limit @failed: ${why}`;
  return new RunError('invalid', message, { hint, problems: [{ code: 'limit-failed', message, hint }] });
}
