/** Runs read-only parts on a host: one job for all, again without the one that hung. */
import { RunError } from '../base/error.ts';
import { type Sh, sh } from '../base/sh.ts';
import type { Part, PartResult } from './contract.ts';
import { lookGroupText, lookText, partsText } from './read-text.ts';
import { usersOf, watchParts } from './read-watch.ts';
import type { Supervisor } from './supervisor.ts';

export interface ReadOptions {
  /** Goes before the job, in the same flight. */
  readonly before?: readonly Sh[];
  /** Runs in the background before the parts, in the same flight. */
  readonly first?: Sh;
  /** Called once for each frame that is sent and awaited. */
  readonly trip: () => void;
  readonly signal?: AbortSignal | undefined;
  /** For what writes: the host watches over the connection from here on. */
  readonly watch?: Sh;
}

/** Results in the order of the parts. Throws Died when the host goes, RunError `interrupted` on abort. */
export async function readParts(
  link: Supervisor,
  parts: readonly Part[],
  options: ReadOptions,
): Promise<readonly PartResult[]> {
  const results = new Map<string, PartResult>();
  let rest = parts;
  let before = options.before ?? [];
  let first = options.first;
  while (rest.length > 0 || first) {
    const name = { nonce: link.nonce, job: link.allot() };
    const watched = watchParts(link, name.job, rest, { signal: options.signal });
    const inner = lookGroupText(name, partsText(name, rest), sh`7`, usersOf(rest));
    options.trip();
    link.send(joinAll([...before, lookText(first ? [first, inner] : [inner])])).catch(() => undefined);
    const outcome = await link.during(watched.over).finally(watched.stop);
    for (const [tag, result] of outcome.results) results.set(tag, result);
    // A job that could not even begin would be sent for ever.
    if (outcome.results.size === 0) break;
    rest = outcome.rest;
    before = [];
    first = undefined;
  }
  return parts.map((part) => results.get(part.tag) ?? notRun(part.tag));
}

function notRun(tag: string): PartResult {
  return { tag, ended: 'not_run', out: Buffer.alloc(0), err: Buffer.alloc(0) };
}

export function checkTags(parts: readonly Part[]): void {
  const seen = new Set<string>();
  for (const { tag } of parts) {
    if (!/^[a-z0-9._-]+$/.test(tag) || seen.has(tag)) {
      throw new RunError('internal', `part "${tag}" is named twice or not in [a-z0-9._-]+`);
    }
    seen.add(tag);
  }
}

function joinAll(texts: readonly Sh[]): Sh {
  return texts.reduce((all, text) => sh`${all}\n${text}`);
}
