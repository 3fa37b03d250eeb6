/** The records on a host of what it was provisioned with. */
import { sh } from '../../base/sh.ts';
import type { Kind, State } from '../../model/kind.ts';
import type { Narrowing, ProvisionRecord } from '../../model/provision.ts';
import { EACH_FOLDER } from './provision-text.ts';

export interface ProvisionState extends State {
  /** Ordered by runbook. */
  readonly records: readonly ProvisionRecord[];
}

/** A host may say what it likes: more than this is not listened to, in bytes. */
const MOST = 1_048_576;

export const provisionKind: Kind<ProvisionState> = {
  name: 'provisioned',
  limitMs: 10_000,
  absent: { exists: false, records: [] },
  read: () => sh`{ ${EACH_FOLDER} [ -d "$tbd" ] && cat "$tbd"/*.json 2>/dev/null; done; } | head -c ${MOST}
printf '\n@end\n'`,
  parse(out, wants) {
    const lines = out.toString('utf8').split('\n');
    const whole = lines.includes('@end');
    const latest = new Map<string, ProvisionRecord>();
    for (const record of lines.flatMap(recordOf)) {
      const known = latest.get(record.id);
      if (!known || known.time < record.time) latest.set(record.id, record);
    }
    const records = [...latest.values()].sort((a, b) => order(a.runbook, b.runbook) || order(a.id, b.id));
    return wants.map(({ key }) =>
      whole
        ? { key, state: { exists: records.length > 0, records } }
        : { key, unreadable: 'the records of what was provisioned cannot be read' },
    );
  },
};

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Nothing for a line that is none. */
function recordOf(line: string): readonly ProvisionRecord[] {
  if (!line.startsWith('{')) return [];
  let found: Partial<Record<keyof ProvisionRecord, unknown>>;
  try {
    found = JSON.parse(line);
  } catch {
    return [];
  }
  const { v, id, project, runbook, name, inventory, host, time, run, narrowed, extraVars } = found;
  const texts = [project, runbook, name, inventory, host, time, run];
  if (v !== 1 || typeof id !== 'string' || !/^[0-9a-f]+(\.[0-9a-f]+)?$/.test(id)) return [];
  if (!texts.every((text) => typeof text === 'string')) return [];
  const [of, path, title, from, self, when, by] = texts as readonly string[];
  return [
    {
      v,
      id,
      project: of ?? '',
      runbook: path ?? '',
      name: title ?? '',
      inventory: from ?? '',
      host: self ?? '',
      time: when ?? '',
      run: by ?? '',
      ...(narrowed === undefined ? {} : { narrowed: narrowingOf(narrowed) }),
      ...(extraVars === undefined ? {} : { extraVars: words(extraVars) }),
    },
  ];
}

function narrowingOf(value: unknown): Narrowing {
  const { tags, skipTags, from, only } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(tags === undefined ? {} : { tags: words(tags) }),
    ...(skipTags === undefined ? {} : { skipTags: words(skipTags) }),
    ...(typeof from === 'string' ? { from } : {}),
    ...(only === undefined ? {} : { only: words(only) }),
  };
}

function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === 'string') : [];
}
