/** How running values of kernel parameters are read: one grep for all of them. */
import { sh } from '../../base/sh.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Reading, State } from '../../model/kind.ts';
import { sysctlBack } from './sysctl-back.ts';
import { plainSysctl, sysctlPath } from './sysctl-name.ts';

export interface SysctlState extends State {
  /** Blanks between words are single spaces. Empty when absent. */
  readonly value: string;
}

/** Always there: shows that grep works. */
const WITNESS = '/proc/sys/kernel/osrelease';

export const sysctlKind: Kind<SysctlState> = {
  name: 'sysctl',
  limitMs: 10_000,
  absent: { exists: false, value: '' },
  // Not with the shell's `read`, which takes a byte at a time: the kernel answers the first alone.
  read(wants) {
    const paths = wants.map((want) => sysctlPath(keyId(want.key)));
    return sh`set -- ${paths}
for f do [ -e "$f" ] && printf '@%s\n' "$f"; done
grep '' /dev/null "$@" ${WITNESS} 2>/dev/null; :`;
  },
  parse(out, wants) {
    const lines = out.toString('latin1').split('\n');
    const there = new Set(lines.filter((line) => line.startsWith('@')).map((line) => line.slice(1)));
    const values = new Map<string, string[]>();
    const known = new Set([...wants.map(({ key }) => sysctlPath(keyId(key))), WITNESS]);
    for (const line of lines) {
      const path = pathOf(line, known);
      if (path !== undefined) values.set(path, [...(values.get(path) ?? []), line.slice(path.length + 1)]);
    }
    const works = values.has(WITNESS);
    return wants.map(({ key }): Reading<SysctlState> => {
      const path = sysctlPath(keyId(key));
      if (!works) return { key, unreadable: 'no running values can be read from /proc/sys' };
      if (!there.has(path)) return { key, state: { exists: false, value: '' } };
      return { key, state: { exists: true, value: plainValue((values.get(path) ?? []).join('\n')) } };
    });
  },
  forth: (key, { state, now }) => (state.exists ? sysctlBack(keyId(key), state.value, now) : undefined),
};

/** The path a line of grep begins with: names of interfaces may hold colons, so only known ones count. */
function pathOf(line: string, known: ReadonlySet<string>): string | undefined {
  for (let colon = line.indexOf(':'); colon >= 0; colon = line.indexOf(':', colon + 1)) {
    if (known.has(line.slice(0, colon))) return line.slice(0, colon);
  }
  return undefined;
}

/** A value as it is compared: the kernel separates words by tabs, people by spaces. */
export function plainValue(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

export function sysctlKey(name: string): Key {
  return `sysctl:${plainSysctl(name)}`;
}
