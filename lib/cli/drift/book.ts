/** What is looked at for drift: runbooks, or parts of them, each with the hosts that remember it. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, normalize, relative } from 'node:path';
import { locateRunbook } from '../../load/source/root.ts';
import type { Narrowing, ProvisionRecord } from '../../model/provision.ts';

export interface Book {
  /** Below the project's root. */
  readonly path: string;
  readonly narrowed: Narrowing | undefined;
  /** Undefined: all that the runbook and --limit say. */
  readonly hosts: readonly string[] | undefined;
  /** Names of what --extra-vars said then. */
  readonly extraVars: ReadonlySet<string>;
}

/** `note`: nobody has to do anything about it. */
export interface Remark {
  readonly message: string;
  readonly note: boolean;
}

export interface Shelf {
  readonly books: readonly Book[];
  readonly remarks: readonly Remark[];
}

export interface ShelfInput {
  readonly root: string;
  readonly project: string;
  /** Path below the root. */
  readonly inventory: string;
  readonly records: ReadonlyMap<string, readonly ProvisionRecord[]>;
}

/** Runbooks in the order of their paths. What a host says only chooses among the files of the project. */
export function booksOf({ root, project, inventory, records }: ShelfInput): Shelf {
  const books = new Map<string, { record: ProvisionRecord; hosts: string[]; extraVars: Set<string> }>();
  const remarks = new Map<string, { hosts: string[]; say: (hosts: string) => Remark }>();
  const remark = (key: string, host: string, say: (hosts: string) => Remark): void => {
    const known = remarks.get(key) ?? { hosts: [], say };
    known.hosts.push(host);
    remarks.set(key, known);
  };
  for (const [host, all] of records) {
    const own = all.filter((record) => record.project === project);
    for (const record of all) {
      if (record.project === project) continue;
      remark(`foreign ${record.project}`, host, (hosts) => ({
        message: `${hosts}: provisioned by the project ${record.project}, too; look for drift of that from there`,
        note: true,
      }));
    }
    if (own.length === 0) {
      remark('none', host, (hosts) => ({
        message: `${hosts}: no record of this project: no run has changed anything there yet; --runbook NAME looks all the same`,
        note: true,
      }));
    }
    const whole = new Set(own.flatMap(({ id, runbook }) => (id.includes('.') ? [] : [runbook])));
    for (const record of own) {
      const { id, runbook } = record;
      if (id.includes('.') && whole.has(runbook)) continue;
      const fault = faultOf(root, runbook);
      if (fault !== undefined) {
        remark(`fault ${runbook}`, host, (hosts) => ({
          message: `${hosts}: ${fault}; run drift --forget --runbook ${runbook} takes its record away`,
          note: false,
        }));
        continue;
      }
      const book = books.get(id) ?? { record, hosts: [], extraVars: new Set<string>() };
      book.hosts.push(host);
      for (const name of record.extraVars ?? []) book.extraVars.add(name);
      books.set(id, book);
      if (record.narrowed) {
        const words = narrowingWords(record.narrowed).join(' ');
        remark(`part ${id}`, host, (hosts) => ({
          message: `${hosts}: of ${runbook} only a part was run (${words}), and only that is looked at`,
          note: true,
        }));
      }
      if (record.inventory !== inventory) {
        remark(`inventory ${record.inventory}`, host, (hosts) => ({
          message: `${hosts}: last provisioned with ${record.inventory}; values of ${inventory} are looked for`,
          note: true,
        }));
      }
    }
  }
  return {
    books: [...books.values()]
      .map(({ record, hosts, extraVars }) => ({
        path: record.runbook,
        narrowed: record.narrowed,
        hosts,
        extraVars,
      }))
      .sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path))),
    remarks: [...remarks.values()].map(({ hosts, say }) => say(fewOf(hosts))),
  };
}

/** `runbooks/site.yaml` for a name or a path. Throws RunError `invalid` when there is no such runbook. */
export function namedBook(name: string, root: string, cwd: string): Book {
  const { runbook } = locateRunbook(name, cwd, root);
  return { path: relative(root, runbook), narrowed: undefined, hosts: undefined, extraVars: new Set() };
}

/** The same for a runbook that may be gone. */
export function forgottenPath(name: string, root: string, cwd: string): string {
  try {
    return namedBook(name, root, cwd).path;
  } catch {
    return name.includes('/') ? normalize(name) : join('runbooks', `${name.replace(/\.ya?ml$/, '')}.yaml`);
  }
}

export function narrowingWords({ tags = [], skipTags = [], only = [], from }: Narrowing): readonly string[] {
  return [
    ...(tags.length > 0 ? ['--tags', tags.join(',')] : []),
    ...(skipTags.length > 0 ? ['--skip-tags', skipTags.join(',')] : []),
    ...(from === undefined ? [] : ['--from', from]),
    ...(only.length > 0 ? ['--only', only.join(',')] : []),
  ];
}

function faultOf(root: string, path: string): string | undefined {
  if (isAbsolute(path) || normalize(path).startsWith('..'))
    return `${path} lies outside the project, and is not read because a host names it`;
  return existsSync(join(root, path)) ? undefined : `${path} is not in the project any more`;
}

const MOST_HOSTS = 5;

export function fewOf(hosts: readonly string[]): string {
  const names = [...new Set(hosts)];
  const more = names.length - MOST_HOSTS;
  return `${names.slice(0, MOST_HOSTS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
