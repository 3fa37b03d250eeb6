/** How tables of nftables are read: each compared with what is wanted, in the words that the host's own nft prints. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { nftBack } from './nft-back.ts';
import { parseDoor, READ_DOOR, SSH_PORTS, type SshDoor, throughDoor } from './ssh-door.ts';

export interface NftTableState extends State {
  /** The running table as `nft -s list table` prints it, without counters; empty when absent. */
  readonly text: string;
  /** What is wanted, as the same nft prints it; empty where there was nothing to compare. */
  readonly wanted: string;
  /** The text that was wanted, as its writer has it: two writers of one table differ here. */
  readonly source?: string;
  /** Read where the wanted table lets SSH in by {@link SSH_PORTS}. */
  readonly door?: SshDoor;
}

/** The text of the wanted table, `table inet x {…}`; undefined where only its presence matters. */
export interface NftTableHint {
  readonly source: string | undefined;
}

// Numbers for protocols, which a host without /etc/protocols cannot name, and for priorities.
const LIST = sh`nft -s -p -y list table`;

/**
 * A table that is printed as it is wanted needs one fork. Otherwise the words may differ and not the meaning: what is
 * wanted is loaded in a network namespace that ends with the command, and printed there. Without nft there is no table.
 */
const COMPARE = sh`tb_table() {
tb_now=$(${LIST} "$1" "$2" 2>&1); tb_rc=$?
case $tb_rc:$tb_now in
0:*) ;;
*"No such file or directory"*) printf '@absent\\n@end\\n'; return ;;
*) printf '@failed\\n%s\\n@end\\n' "$tb_now"; return ;;
esac
if [ "$tb_now" = "$3" ]; then printf '@same\\n@end\\n'; return; fi
printf '@now\\n%s\\n' "$tb_now"
if [ -n "$3" ]; then
tb_want=$(printf '%s\\n' "$3" | unshare -n sh -c 'nft -f - && ${LIST} "$1" "$2"' sh "$1" "$2" 2>&1) && printf '@want\\n' || printf '@unlike\\n'
printf '%s\\n' "$tb_want"
fi
printf '@end\\n'; }`;

export const nftTableKind: Kind<NftTableState, NftTableHint> = {
  name: 'nft-table',
  limitMs: 20_000,
  absent: { exists: false, text: '', wanted: '' },
  merge: (a, b) => (a.source === undefined ? b : a),
  read(wants) {
    const doors = wants.some(({ hint }) => hint?.source?.includes(SSH_PORTS));
    const wanted = wants.map(({ key, hint }, index): Wanted => {
      const [family = '', name = ''] = keyId(key).split(' ');
      const parts = (hint?.source ?? '').split(SSH_PORTS).map((part) => sh`${part}`);
      return { key, family, name, held: sh`tb_${index}`, text: glue(parts) };
    });
    return join([
      ...(doors ? [READ_DOOR, sh`tb_door`] : []),
      sh`command -v nft >/dev/null 2>&1 || { printf '@none\\n'; exit 0; }`,
      COMPARE,
      ...wanted.map(({ held, text }) => sh`${held}=${text}`),
      ...(wants.every(({ hint }) => hint?.source !== undefined) ? [allAtOnce(wanted)] : []),
      ...wanted.map(
        ({ key, family, name, held }) =>
          sh`printf '@table %s\\n' ${keyId(key)}; tb_table ${family} ${name} "$${held}"`,
      ),
      sh`:`,
    ]);
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    const [head = '', ...rest] = text.split(/^@table /m);
    const door = parseDoor(head);
    const parts = new Map(
      rest.map((part) => {
        const line = part.indexOf('\n');
        return [part.slice(0, line), part.slice(line + 1)] as const;
      }),
    );
    return wants.map(({ key, hint }): Reading<NftTableState> => {
      const open = hint?.source?.includes(SSH_PORTS) ?? false;
      if (open && !door) return { key, unreadable: NO_DOOR };
      const seen = open && door ? { door } : {};
      const part = /^@none$/m.test(head) ? '@absent\n' : parts.get(keyId(key));
      if (part?.startsWith('@absent\n')) return { key, state: { ...nftTableKind.absent, ...seen } };
      const found = read(key, part ?? '', hint?.source, door);
      return 'state' in found ? { key, state: { ...found.state, ...seen } } : found;
    });
  },
  // Where this session comes from is another place for each who looks, and what is wanted is no state.
  review({ exists, text, door }) {
    const counts = { exists, text, ...(door ? { ports: door.ports } : {}) };
    return { counts, shown: counts };
  },
  forth(key, { state }) {
    const [family = '', name = ''] = keyId(key).split(' ');
    return nftBack({ family, name }, state.exists ? state.text : undefined);
  },
};

const NO_DOOR =
  'it cannot be told on which port SSH listens here, so it could be locked out: install iproute2, whose `ss` tells';

interface Wanted {
  readonly key: Key;
  readonly family: string;
  readonly name: string;
  /** The shell variable that holds its text. */
  readonly held: Sh;
  readonly text: Sh;
}

/**
 * One look at all of them, which is enough where nothing has changed. nft 1.0.6 finds only the last table of several
 * that are listed in one command, so it lists them all, those of others without the elements of their sets.
 */
function allAtOnce(wanted: readonly Wanted[]): Sh {
  if (wanted.length < 2) return sh`:`;
  const families = [...new Set(wanted.map(({ family }) => family))];
  const family = families.length === 1 ? (families[0] ?? '') : [];
  const found = wanted.map(({ held }) => sh`case $tb_now in *"$${held}"*) ;; *) false ;; esac`);
  const same = wanted.map(({ key }) => sh`printf '@table %s\\n@same\\n@end\\n' ${keyId(key)}`);
  return sh`tb_now=$(nft -t -s -p -y list ruleset ${family} 2>/dev/null)
if ${join(found, ' && ')}; then
${join(same)}
exit 0; fi`;
}

/** The wanted text as one word, the ports of SSH between its parts. */
function glue(parts: readonly Sh[]): Sh {
  return parts.reduce((all, part) => sh`${all}"$tb_ssh"${part}`);
}

function read(
  key: Key,
  part: string,
  source: string | undefined,
  door: SshDoor | undefined,
): Reading<NftTableState> {
  const end = part.lastIndexOf('@end\n');
  if (end < 0) return { key, unreadable: 'nft was cut short' };
  const body = part.slice(0, end);
  if (body.startsWith('@failed\n')) {
    return { key, unreadable: `nft cannot list it: ${body.slice(8).trim()}` };
  }
  const named = source === undefined ? {} : { source };
  if (body.startsWith('@same\n')) {
    const text = throughDoor(source ?? '', door);
    return { key, state: { exists: true, text, wanted: text, ...named } };
  }
  const [now = '', wanted = ''] = body.slice('@now\n'.length).split(/^@want\n/m);
  const unlike = now.indexOf('@unlike\n');
  if (unlike >= 0) return { key, unreadable: `${UNLIKE}: ${now.slice(unlike + 8).trim()}` };
  return { key, state: { exists: true, text: now.trimEnd(), wanted: wanted.trimEnd(), ...named } };
}

const UNLIKE = 'the table as it is wanted cannot be loaded in a network namespace of its own, to compare it';

export function nftTableKey(family: string, name: string): Key {
  return `nft-table:${family} ${name}`;
}

/** Whether a table is there, for `reads`. */
export function nftTableRef(family: string, name: string): Ref<NftTableState, NftTableHint> {
  return { kind: nftTableKind, key: nftTableKey(family, name), hint: { source: undefined } };
}
