/** How users are read: one getent per table for all of them, the files in /etc where there is no getent. */
import { fingerprint } from '../../base/fingerprint.ts';
import { type Sh, sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State, Want } from '../../model/kind.ts';
import { accountBack } from './account-back.ts';
import { type AccountSections, accountSections, tableRows } from './account-table.ts';

export interface UserState extends State {
  /** -1 where the user is not there, as `gid`. */
  readonly uid: number | Unknown;
  readonly gid: number | Unknown;
  /** Name of the primary group; empty when the gid has no name or was not asked for. */
  readonly group: string | Unknown;
  readonly home: string | Unknown;
  readonly shell: string | Unknown;
  readonly comment: string | Unknown;
  /** Supplementary groups, sorted; empty when not asked for. */
  readonly groups: readonly string[] | Unknown;
  /** SHA-256 of the password hash without a lock's `!`; empty without a password, or when not asked for. */
  readonly password: string | Unknown;
  readonly locked: boolean | Unknown;
  /** Set where only busybox's adduser is there, or nothing at all. */
  readonly tool?: 'busybox' | 'none';
}

/** What a reader needs beyond the row in passwd: memberships, the lock and the password's checksum. */
export interface UserHint {
  readonly groups: boolean;
  readonly shadow: boolean;
}

const ABSENT: UserState = {
  exists: false,
  uid: -1,
  gid: -1,
  group: '',
  home: '',
  shell: '',
  comment: '',
  groups: [],
  password: '',
  locked: false,
};

// The hash itself never leaves the host: only whether it is locked, and its checksum.
const SHADOW_ROWS = sh`while IFS=: read -r name hash rest; do
locked=0; case $hash in '!'*) locked=1; hash=\${hash#!};; esac
printf '%s:%s:' "$name" "$locked"
case $hash in ''|'!'|'*') printf '\\n';; *) sum=$(printf %s "$hash" | sha256sum); printf '%s\\n' "\${sum%% *}";; esac
done`;

function readShadow(names: readonly string[]): Sh {
  return sh`if [ ! -r /etc/shadow ]; then printf '@noshadow\n'
elif command -v getent >/dev/null 2>&1; then
printf '@shadow\n'; getent shadow ${names} | ${SHADOW_ROWS}; printf '@rc %s\n' $?
else printf '@shadow\n'; ${SHADOW_ROWS} </etc/shadow; printf '@rc %s\n' $?; fi`;
}

export const userKind: Kind<UserState, UserHint> = {
  name: 'user',
  limitMs: 10_000,
  absent: ABSENT,
  merge: (a, b) => ({ groups: a.groups || b.groups, shadow: a.shadow || b.shadow }),
  read(wants) {
    const names = wants.map((want) => keyId(want.key));
    const shadow = wants.filter((want) => want.hint?.shadow).map((want) => keyId(want.key));
    const groups = wants.some((want) => want.hint?.groups)
      ? sh`printf '@group\n'; if command -v getent >/dev/null 2>&1; then getent group; else cat /etc/group; fi; printf '@rc %s\n' $?`
      : sh``;
    return sh`if command -v getent >/dev/null 2>&1; then
printf '@passwd\n'; getent passwd ${names}; printf '@rc %s\n' $?
else printf '@passwd\n'; cat /etc/passwd; printf '@rc %s\n' $?; fi
${groups}
${shadow.length > 0 ? readShadow(shadow) : sh``}
if command -v useradd >/dev/null 2>&1; then :; elif command -v adduser >/dev/null 2>&1; then printf '@tool busybox\n'
else printf '@tool none\n'; fi`;
  },
  keep: {
    ask: (hint) => ({ groups: true, shadow: hint?.shadow ?? false }),
    secret: () => ['password'],
    answer: (state, asked, wanted) =>
      (wanted?.groups && !asked?.groups) || (wanted?.shadow && !asked?.shadow) ? undefined : state,
  },
  parse(out, wants) {
    const sections = accountSections(out);
    const tables = {
      passwd: tableRows(sections.passwd, 7),
      group: tableRows(sections.group, 4),
      shadow: tableRows(sections.shadow, 3),
    };
    return wants.map((want) => reading(want, sections, tables));
  },
  review(state) {
    const { password, ...rest } = state;
    const shown = typeof password === 'string' && password !== '' ? fingerprint(password) : '';
    return { counts: state, shown: { ...rest, password: shown } };
  },
  forth: (key, { before, state, now }) => ({
    ...accountBack(keyId(key), now),
    ...(before.exists || !state.exists
      ? {}
      : { leaves: [`what was in ${state.home}, its home, where the undo removes it`] }),
  }),
};

type Tables = Readonly<Record<'passwd' | 'group' | 'shadow', readonly (readonly string[])[]>>;

function reading(want: Want<UserHint>, sections: AccountSections, tables: Tables): Reading<UserState> {
  const { key } = want;
  if (sections.failed) return { key, unreadable: `the users of the host: ${sections.failed}` };
  if (want.hint?.shadow && sections.noShadow) {
    return { key, unreadable: 'only root may read passwords and locks (/etc/shadow): add `become: true`' };
  }
  const id = keyId(key);
  const tool = sections.tool === undefined ? {} : { tool: sections.tool };
  const row = tables.passwd.find((each) => each[0] === id) ?? tables.passwd.find((each) => each[2] === id);
  if (!row) return { key, state: { ...ABSENT, ...tool } };
  const [name = '', , uid, gid, comment = '', home = '', shell = ''] = row;
  const shadow = tables.shadow.find((each) => each[0] === name);
  return {
    key,
    state: {
      exists: true,
      uid: Number(uid),
      gid: Number(gid),
      group: tables.group.find((each) => each[2] === gid)?.[0] ?? '',
      home,
      shell,
      comment,
      groups: want.hint?.groups ? memberships(name, tables.group) : [],
      password: shadow?.[2] ?? '',
      locked: shadow?.[1] === '1',
      ...tool,
    },
  };
}

function memberships(user: string, groups: Tables['group']): readonly string[] {
  return groups
    .filter((row) => row[3]?.split(',').includes(user))
    .map((row) => row[0] ?? '')
    .sort();
}

/** The user of that name, for `uses` and `reads`: existence, uid, gid, home and shell. */
export function userRef(name: string): Ref<UserState, UserHint> {
  return { kind: userKind, key: `user:${name}` };
}
