/** How groups are read: one `getent group` for all of them, /etc/group where there is no getent. */
import { sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { accountBack } from './account-back.ts';
import { accountSections, tableRows } from './account-table.ts';

export interface GroupState extends State {
  /** -1 where the group is not there. */
  readonly gid: number | Unknown;
  /** Set where only busybox's addgroup and delgroup are there. */
  readonly tool?: 'busybox' | 'none';
}

export const groupKind: Kind<GroupState> = {
  name: 'group',
  limitMs: 10_000,
  absent: { exists: false, gid: -1 },
  read(wants) {
    const names = wants.map((want) => keyId(want.key));
    return sh`if command -v getent >/dev/null 2>&1; then
printf '@group\n'; getent group ${names}; printf '@rc %s\n' $?
else printf '@group\n'; cat /etc/group; printf '@rc %s\n' $?; fi
if command -v groupadd >/dev/null 2>&1; then :; elif command -v addgroup >/dev/null 2>&1; then printf '@tool busybox\n'
else printf '@tool none\n'; fi`;
  },
  parse(out, wants) {
    const sections = accountSections(out);
    const rows = tableRows(sections.group, 3);
    return wants.map((want): Reading<GroupState> => {
      if (sections.failed) return { key: want.key, unreadable: `the groups of the host: ${sections.failed}` };
      const id = keyId(want.key);
      const row = rows.find((each) => each[0] === id) ?? rows.find((each) => each[2] === id);
      const tool = sections.tool === undefined ? {} : { tool: sections.tool };
      if (!row) return { key: want.key, state: { exists: false, gid: -1, ...tool } };
      return { key: want.key, state: { exists: true, gid: Number(row[2]), ...tool } };
    });
  },
  forth: (key, { now }) => accountBack(keyId(key), now),
};

/** The group of that name, for `uses` and `reads`. */
export function groupRef(name: string): Ref<GroupState> {
  return { kind: groupKind, key: `group:${name}` };
}
