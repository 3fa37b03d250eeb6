/** How packages are read: one `dpkg-query` for all of them, a second one when a name may be provided by another. */
import { sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';

export interface PackageState extends State {
  /**
   * config: removed, its configuration is still there · broken: unpacked or half configured ·
   * provided: a name without a package of its own, which an installed package provides.
   */
  readonly status: 'absent' | 'config' | 'broken' | 'installed' | 'provided';
  /** Empty unless unpacked or installed. */
  readonly version: string | Unknown;
  /** The installed package that provides the name, with status `provided`. */
  readonly by?: string;
  /** Told where a package is lacking: others that dpkg has left half done; empty when it is only its journal. */
  readonly unfinished?: readonly string[];
}

export interface PackageHint {
  /** Whether a package that provides the name counts. */
  readonly provided: boolean;
}

const UNFINISHED = '@half ${db:Status-Abbrev}\\t${Package}\\n';
const FORMAT = '${db:Status-Abbrev}\\t${Package}\\t${Architecture}\\t${Version}\\t${Provides}\\n';

export const packageKind: Kind<PackageState, PackageHint> = {
  name: 'package',
  limitMs: 30_000,
  absent: { exists: false, status: 'absent', version: '' },
  merge: (a, b) => ({ provided: a.provided || b.provided }),
  // Status 1 means that a name is not known, which is an answer; 2 is a failure. Only then, and only for names that
  // another package may provide, is the whole database listed.
  read(wants) {
    const names = wants.map((want) => keyId(want.key));
    const virtual = wants.filter((want) => want.hint?.provided).map((want) => keyId(want.key));
    const all =
      virtual.length === 0
        ? sh`:`
        : sh`case $tb_rc:$tb_out in 1:*|0:*"un "*) printf '@all\\n'; dpkg-query -W -f ${FORMAT} | grep -F ${virtual.flatMap((name) => ['-e', name])};; esac`;
    return sh`command -v dpkg-query >/dev/null 2>&1 || { printf '@nodpkg\\n'; exit 0; }
tb_out=$(dpkg-query -W -f ${FORMAT} ${names} 2>/dev/null); tb_rc=$?
printf '%s\\n' "$tb_out"
${all}
tb_half=; for tb_file in /var/lib/dpkg/updates/[0-9]*; do [ ! -e "$tb_file" ] || tb_half=1; done
[ -z "$tb_half" ] || printf '@interrupted\\n'
case $tb_half$tb_rc:$tb_out in 1*|0:*"un "*) dpkg-query -W -f ${UNFINISHED} | grep '^@half .[HUF]' ;; esac
printf '@rc %s\\n' "$tb_rc"`;
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    const why = text.startsWith('@nodpkg')
      ? 'this host has no dpkg: packages are only known where apt is'
      : /^@rc [01]$/m.test(text)
        ? undefined
        : 'the package database cannot be read';
    const [own = '', all = ''] = text.split('@all\n');
    const rows = [...packageRows(own), ...packageRows(all)];
    const unfinished = unfinishedIn(text);
    return wants.map(
      (want): Reading<PackageState> =>
        why === undefined
          ? {
              key: want.key,
              state: { ...stateOf(keyId(want.key), rows, want.hint?.provided ?? false), ...unfinished },
            }
          : { key: want.key, unreadable: why },
    );
  },
};

/** Half configured, half installed, unpacked; or dpkg was killed, and wants to go on before it does anything else. */
function unfinishedIn(text: string): { readonly unfinished?: readonly string[] } {
  const names = [...text.matchAll(/^@half [^\t]*\t(.*)$/gm)].map(([, name = '']) => name);
  return names.length > 0 || /^@interrupted$/m.test(text) ? { unfinished: names } : {};
}

interface Row {
  readonly abbreviation: string;
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly provides: readonly string[];
}

function packageRows(text: string): readonly Row[] {
  return text.split('\n').flatMap((line) => {
    const [abbreviation = '', name = '', arch = '', version = '', provides = ''] = line.split('\t');
    if (!name) return [];
    return [{ abbreviation, name, arch, version, provides: provides.split(',').map((each) => each.trim()) }];
  });
}

function stateOf(id: string, rows: readonly Row[], provided: boolean): PackageState {
  const own = rows
    .filter((row) => row.name === id || `${row.name}:${row.arch}` === id)
    .map(ownState)
    .sort((a, b) => RANK.indexOf(b.status) - RANK.indexOf(a.status))[0];
  if (own?.exists || own?.status === 'broken' || !provided) return own ?? packageKind.absent;
  const provider = rows.find(
    (row) =>
      statusOf(row.abbreviation) === 'installed' && row.provides.some((each) => each.split(' ')[0] === id),
  );
  if (provider) return { exists: true, status: 'provided', version: '', by: provider.name };
  return own ?? packageKind.absent;
}

const RANK: readonly PackageState['status'][] = ['absent', 'config', 'broken', 'installed'];

function ownState(row: Row): PackageState {
  const status = statusOf(row.abbreviation);
  const there = status === 'installed' || status === 'broken';
  return { exists: there, status, version: there ? row.version : '' };
}

/** Second letter: what it is (i installed, t and W wait for triggers only, c configuration, n nothing); third: R reinstall. */
function statusOf(abbreviation: string): PackageState['status'] {
  const [, letter = 'n', error = ' '] = abbreviation;
  if (error === 'R') return 'broken';
  if (letter === 'i' || letter === 't' || letter === 'W') return 'installed';
  if (letter === 'c') return 'config';
  return letter === 'n' ? 'absent' : 'broken';
}

/** The package of that name, or one that provides it, for `uses` and `reads`. */
export function packageRef(name: string): Ref<PackageState, PackageHint> {
  return { kind: packageKind, key: `package:${name}`, hint: { provided: true } };
}
