/** How a running FRR is read: its daemons, and whether its running configuration is that of the file. */
import { fingerprint } from '../../base/fingerprint.ts';
import { join, sh } from '../../base/sh.ts';
import type { Unknown } from '../../base/unknown.ts';
import type { Kind, Reading, Ref, State, Want } from '../../model/kind.ts';
import { frrForth } from './frr-back.ts';
import { FRR_CONFIG_FILE } from './frr-config.ts';
import { frrDifference, parseFrrTest } from './frr-difference.ts';
import { FRR_ALIVE, FRR_PROOF, FRR_RUNNING, FRR_TEST } from './frr-text.ts';

/** `exists` means that FRR runs. */
export interface FrrState extends State {
  /** `8.4.4`; empty when it does not run. */
  readonly version: string | Unknown;
  /** Daemons that live, sorted, but for those that always do. */
  readonly daemons: readonly string[];
  /** Lower-case hex SHA-256 of the file that was compared with what runs; empty without one. */
  readonly file: string;
  /** The same, when its configuration runs; empty when what runs differs. */
  readonly loaded: string;
  /** Configuration that runs and is not in the file, and the other way round; passwords are left out. */
  readonly surplus: string;
  readonly missing: string;
}

export interface FrrHint {
  /** The configuration is a secret: no line of it is sent. */
  readonly secret: boolean;
}

/** They run whatever /etc/frr/daemons says. */
const ALWAYS = new Set(['zebra', 'staticd', 'mgmtd', 'watchfrr']);

export const NO_FRR: FrrState = {
  exists: false,
  version: '',
  daemons: [],
  file: '',
  loaded: '',
  surplus: '',
  missing: '',
};

// Equal checksums of file and running configuration are all that an unchanged host costs: one vtysh, one sha256sum.
// Only when they are not those of the proof is frr-reload asked what it would do; `--test` writes nothing.
const READ = sh`command -v vtysh >/dev/null 2>&1 || { printf '@none\\n@end\\n'; exit 0; }
{ read -r tb_pid </run/frr/watchfrr.pid && read -r tb_comm <"/proc/$tb_pid/comm"; } 2>/dev/null
[ "$tb_comm" = watchfrr ] || { printf '@none\\n@end\\n'; exit 0; }
tb_running || { printf '@failed %s\\n' "$(vtysh -c 'show running-config no-header' 2>&1 | tail -n 1)"; exit 0; }
printf '@daemons\\n'; tb_daemons
tb_line=\${tb_run#"$n"}; printf '@version %s\\n' "\${tb_line%%"$n"*}"
tb_proof=; { read -r tb_proof <"$TB_STATE"/${FRR_PROOF}; } 2>/dev/null
tb_sums ${FRR_CONFIG_FILE}
if [ "$tb_proof" = "$tb_sum $tb_sum_run" ]; then printf '@same %s\\n@end\\n' "$tb_sum"; exit 0; fi
[ -x /usr/lib/frr/frr-reload.py ] && [ -n "$tb_sum" ] || { printf '@differs\\n@end\\n'; exit 0; }
printf '@host %s\\n@known\\n' "$(uname -n)"
tb_known
printf '@test\\n'; tb_answer; printf '\\n@file %s\\n@status %s\\n@end\\n' "$tb_sum" $tb_rc`;

/** Of a secret configuration no line is sent: only whether there are commands beside those known and those of the host. */
const HIDE = sh`tb_rest() { grep -vxF -e '' -e 'Lines To Delete' -e 'Lines To Add' -e '===============' -e '============' -e "no hostname $(uname -n)" -e 'ip forwarding' -e 'ipv6 forwarding'; }
tb_known() { :; }
tb_answer() {
tb_new=$(tb_test ${FRR_CONFIG_FILE}); tb_rc=$?
tb_new=$(printf '%s\\n' "$tb_new" | tb_rest)
tb_old=; [ "\${tb_proof%% *}" != "$tb_sum" ] || tb_old=$(tail -n +2 "$TB_STATE"/${FRR_PROOF} | tb_rest)
[ "$tb_new" = "$tb_old" ] || printf 'Lines To Add\\n(not shown)\\n'; }`;

const TELL = sh`tb_known() { [ "\${tb_proof%% *}" != "$tb_sum" ] || tail -n +2 "$TB_STATE"/${FRR_PROOF}; }
tb_answer() { tb_test ${FRR_CONFIG_FILE}; tb_rc=$?; }`;

export const frrKind: Kind<FrrState, FrrHint> = {
  name: 'frr',
  limitMs: 60_000,
  absent: NO_FRR,
  merge: (a, b) => ({ secret: a.secret || b.secret }),
  keep: {
    // Checksums of the file and of what runs: with the rest of the configuration known, a password could be tried.
    secret: (_, hint) => (hint?.secret ? 'all' : []),
    answer: (state, asked, wanted) => (wanted?.secret && !asked?.secret ? undefined : state),
  },
  read(wants) {
    const secret = wants.some(({ hint }) => hint?.secret);
    return join([FRR_RUNNING, FRR_ALIVE, FRR_TEST, secret ? HIDE : TELL, READ]);
  },
  parse(out, wants) {
    const found = parseRunning(out.toString('utf8'));
    return wants.map(
      ({ key }: Want): Reading<FrrState> =>
        typeof found === 'string' ? { key, unreadable: found } : { key, state: found },
    );
  },
  review(state, hint) {
    if (!hint?.secret) return { counts: state, shown: state };
    const shown = (sum: string): string => (sum === '' ? '' : fingerprint(sum));
    return { counts: state, shown: { ...state, file: shown(state.file), loaded: shown(state.loaded) } };
  },
  // The file is loaded again: what ran beside it has no other place.
  restored({ loaded, surplus, missing, ...rest }) {
    return loaded === rest.file ? { ...rest, loaded, surplus, missing } : rest;
  },
  forth: frrForth,
};

/** The state, or why there is none. */
function parseRunning(text: string): FrrState | string {
  const failed = /^@failed (.*)$/m.exec(text);
  if (failed) return `FRR runs, and vtysh cannot reach it: ${failed[1] || 'it says nothing'}`;
  if (!/^@end$/m.test(text)) return 'the answer broke off';
  if (text.startsWith('@none')) return NO_FRR;
  const daemons = section(text, 'daemons').split('\n').filter(Boolean);
  const base: FrrState = {
    ...NO_FRR,
    exists: true,
    version: /^@version frr version (\S+)/m.exec(text)?.[1] ?? '',
    daemons: [...new Set(daemons)].filter((name) => !ALWAYS.has(name)).sort(),
  };
  const same = /^@same ([0-9a-f]{64})$/m.exec(text)?.[1];
  if (same !== undefined) return { ...base, file: same, loaded: same };
  const file = /^@file ([0-9a-f]{64})$/m.exec(text)?.[1] ?? '';
  // A file that vtysh refuses is not what runs; what would be done about it cannot be told.
  if (!/^@status 0$/m.test(text)) return { ...base, file };
  const test = parseFrrTest(section(text, 'test'));
  const host = /^@host (.*)$/m.exec(text)?.[1] ?? '';
  const difference = frrDifference(test, parseFrrTest(section(text, 'known')), host);
  return difference ? { ...base, file, ...difference } : { ...base, file, loaded: file };
}

/** The lines after a mark, up to the next one. */
function section(text: string, mark: string): string {
  const after = text.split(`@${mark}\n`)[1] ?? '';
  const end = after.search(/^@/m);
  return end < 0 ? after : after.slice(0, end);
}

/** The FRR that runs on a host, for `reads`. */
export function frrRef(): Ref<FrrState, FrrHint> {
  return { kind: frrKind, key: 'frr:running' };
}
