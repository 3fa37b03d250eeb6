/** What lies below and above a network interface, with their MTUs: ports of a bridge, the NIC under a VLAN. */
import { sh } from '../../base/sh.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';

export interface LinkStackState extends State {
  /** Name to MTU in bytes. */
  readonly lower: Readonly<Record<string, number>>;
  readonly upper: Readonly<Record<string, { readonly mtu: number; readonly bridge: boolean }>>;
  /** A bond gives its MTU to what lies below it, instead of depending on it. */
  readonly bond: boolean;
}

export const linkStackKind: Kind<LinkStackState> = {
  name: 'link-stack',
  limitMs: 10_000,
  absent: { exists: false, lower: {}, upper: {}, bond: false },
  // No forks: the shell's own globs and `read`, and one line per neighbour.
  read(wants) {
    const names = wants.map(({ key }) => keyId(key));
    return sh`for tb_name in ${names}; do tb_dir=/sys/class/net/$tb_name
[ -e "$tb_dir" ] || continue
printf '@link %s\\n' "$tb_name"
[ ! -d "$tb_dir/bonding" ] || printf 'bond\\n'
for tb_mtu in "$tb_dir"/lower_*/mtu "$tb_dir"/upper_*/mtu; do
[ -r "$tb_mtu" ] && read -r tb_bytes <"$tb_mtu" || continue
tb_at=\${tb_mtu%/mtu}; tb_kind=other; [ ! -d "$tb_at/bridge" ] || tb_kind=bridge
printf '%s %s %s\\n' "\${tb_at##*/}" "$tb_bytes" "$tb_kind"
done; done; printf '@end\\n'`;
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    const parts = new Map(
      text.split(/^@link /m).map((part) => {
        const [name = '', ...lines] = part.split('\n');
        return [name, lines] as const;
      }),
    );
    return wants.map(({ key }): Reading<LinkStackState> => {
      if (!text.endsWith('@end\n')) return { key, unreadable: 'the list of interfaces was cut short' };
      const lines = parts.get(keyId(key));
      return { key, state: lines ? stackOf(lines) : linkStackKind.absent };
    });
  },
  // Guests come and go below a bridge; what that changes of a plan is a change that the review does not hold.
  review: ({ exists, bond }) => ({ counts: { exists, bond }, shown: { exists, bond } }),
};

function stackOf(lines: readonly string[]): LinkStackState {
  const found = lines.flatMap((line) => {
    const [, side = '', name = '', mtu = '', kind] = /^(lower|upper)_(\S+) (\d+) (\w+)$/.exec(line) ?? [];
    return name === '' ? [] : [{ side, name, mtu: Number(mtu), bridge: kind === 'bridge' }];
  });
  return {
    exists: true,
    bond: lines.includes('bond'),
    lower: Object.fromEntries(
      found.filter(({ side }) => side === 'lower').map(({ name, mtu }) => [name, mtu]),
    ),
    upper: Object.fromEntries(
      found.filter(({ side }) => side === 'upper').map(({ name, mtu, bridge }) => [name, { mtu, bridge }]),
    ),
  };
}

export function linkStackKey(name: string): Key {
  return `link-stack:${name}`;
}

/** The neighbours of the interface of that name, for `reads`. */
export function linkStackRef(name: string): Ref<LinkStackState> {
  return { kind: linkStackKind, key: linkStackKey(name) };
}
