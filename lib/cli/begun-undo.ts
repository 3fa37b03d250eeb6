/** What earlier undos of a run had begun and not ended: such a thing may be anything between before and after. */
import { RunError } from '../base/error.ts';
import { type RunRecord, readRun } from '../journal/read.ts';
import { runIds } from '../journal/shelf.ts';
import type { Key } from '../model/key.ts';

const BROKEN: ReadonlySet<string> = new Set(['done', 'hung', 'lost']);

/** Keys by host. Of undos that were given on another machine nothing is known here. */
export function begunUndo(root: string, run: string): ReadonlyMap<string, ReadonlySet<Key>> {
  const begun = new Map<string, Set<Key>>();
  for (const { hosts } of undosOf(root, run))
    for (const [host, page] of hosts) {
      const known = begun.get(host) ?? new Set();
      begun.set(host, known);
      for (const { changes } of page.stretches) {
        // Changes are made one after the other, and nothing more is begun when nobody is there: one at most is half made.
        const open = changes.find(({ id }) => !page.ends.has(id));
        for (const { id, key } of changes) {
          const end = page.ends.get(id);
          // The latest undo of it says how it stands.
          if (end?.ended === 'done' && end.rc === 0) known.delete(key);
          else if (id === open?.id || (end && BROKEN.has(end.ended))) known.add(key);
        }
      }
    }
  return begun;
}

function undosOf(root: string, run: string): readonly RunRecord[] {
  return runIds(root)
    .filter((id) => id > run)
    .flatMap((id) => {
      try {
        const record = readRun(root, id);
        return record.head.undoes === run ? [record] : [];
      } catch (error) {
        if (error instanceof RunError) return [];
        throw error;
      }
    });
}
