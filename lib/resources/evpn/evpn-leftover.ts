/** Links that an overlay had and is not to have any more: what its boot script makes tells which were ours. */
import { join, sh } from '../../base/sh.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Reading, State } from '../../model/kind.ts';
import type { Resource } from '../../model/resource.ts';
import { linkKey, NO_LINK } from '../link/link-state.ts';

interface Made {
  readonly name: string;
  /** `bridge`, `vxlan`, `vrf`. */
  readonly type: string;
}

/** `exists`: the script is there. */
export interface LeftoverState extends State {
  /** Links that the script makes and that are there, of that type, in its order. */
  readonly links: readonly Made[];
}

/** The key is the path of the script. sysfs names the type of every link but plain NICs. */
export const leftoverKind: Kind<LeftoverState> = {
  name: 'overlay-links',
  limitMs: 10_000,
  absent: { exists: false, links: [] },
  read(wants) {
    const paths = wants.map(({ key }) => keyId(key));
    return sh`n=0; for f in ${paths}; do
if [ -f "$f" ]; then echo "@$n"
sed -n 's/.*ip link add name \\([A-Za-z0-9_.-]*\\) type \\([a-z]*\\).*/\\1 \\2/p' <"$f" | while read -r name type; do
grep -qx "DEVTYPE=$type" "/sys/class/net/$name/uevent" 2>/dev/null && echo "$n $name $type"
done; fi; n=$((n+1)); done; echo @end`;
  },
  parse(out, wants) {
    const lines = out.toString('utf8').split('\n');
    const isWhole = lines.includes('@end');
    return wants.map(({ key }, index): Reading<LeftoverState> => {
      if (!isWhole) return { key, unreadable: 'the look at the script was cut short' };
      if (!lines.includes(`@${index}`)) return { key, state: { exists: false, links: [] } };
      const links = lines.flatMap((line) => {
        const [at, name, type] = line.split(' ');
        return at === String(index) && name && type ? [{ name, type }] : [];
      });
      return { key, state: { exists: true, links } };
    });
  },
};

/** To stand before the links that are wanted: what goes may hold the VNI of one that comes. */
export function noLeftovers(script: string, wanted: readonly string[]): Resource<LeftoverState> {
  return {
    kind: leftoverKind,
    key: `overlay-links:${script}`,
    plan(state) {
      const strays = state.links.filter(({ name }) => !wanted.includes(name));
      if (strays.length === 0) return null;
      return {
        action: 'delete',
        summary: `remove ${strays.map(({ name, type }) => `the ${type} ${name}`).join(', ')}`,
        diff: strays.map(({ name, type }) => ({ kind: 'field', name, from: type, to: '' })),
        after: { exists: true, links: state.links.filter((each) => !strays.includes(each)) },
        // In the reverse order of their making: members before their bridge.
        run: join([...strays].reverse().map(({ name }) => sh`ip link delete dev ${name} || exit $?`)),
        effects: strays.map(({ name }) => ({ key: linkKey(name), to: NO_LINK })),
        opaque: false,
        inverse: 'approximate',
        back: {
          restore: sh`:`,
          // By then it is the script of before that lies there.
          finish: sh`sh ${script}`,
          leaves: ['of links that the overlay had before, what others have set'],
        },
      };
    },
  };
}
