/** A job of cron: one file in /etc/cron.d. */
import { toBytes } from '../../base/bytes.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { file } from './file.ts';
import type { FileHint, FileState } from './file-state.ts';

export interface CronWish {
  /** Five fields, or one of `@reboot`, `@daily` and their like. */
  readonly schedule: string;
  readonly user: string;
  readonly command: string;
  /** Set for the job alone. */
  readonly env: Readonly<Record<string, string>>;
  readonly absent: boolean;
}

/** cron passes over files whose names hold a dot; throws PlanError for those and for a job of several lines. */
export function cron(name: string, wish: CronWish): Resource<FileState, FileHint> {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new PlanError(`cron does not read files named "${name}"`, 'use letters, digits, - and _ alone');
  }
  const path = `/etc/cron.d/${name}`;
  if (wish.absent) return file(path, { absent: true });
  if (/[\n\0]/.test(`${wish.command}${Object.values(wish.env).join('')}`)) {
    throw new PlanError(
      'a job of cron is one line',
      'put the commands into a script and let cron start that',
    );
  }
  const env = Object.entries(wish.env).map(([key, value]) => `${key}=${quoted(value)}`);
  const lines = [...env, `${wish.schedule} ${wish.user} ${wish.command}`];
  return file(path, {
    content: toBytes(`${lines.join('\n')}\n`),
    owner: 'root',
    group: 'root',
    mode: '0644',
  });
}

/** cron keeps blanks at the ends only within quotes, and knows no escapes. */
function quoted(value: string): string {
  if (!/^\s|\s$|^["']|^$/.test(value)) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
