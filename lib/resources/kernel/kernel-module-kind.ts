/** How kernel modules are read: loaded, built in, or to be had. `-` and `_` are the same in their names. */
import { sh } from '../../base/sh.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { loadedBack } from './kernel-module-back.ts';

/** `exists` means that the kernel has it now, loaded or built in. */
export interface ModuleState extends State {
  readonly builtin: boolean;
  /** modprobe knows where to find it; true for what is there already. */
  readonly available: boolean;
  /** The running kernel, for people. */
  readonly kernel: string;
}

/** The name as the kernel has it. */
export function moduleName(name: string): string {
  return name.replaceAll('-', '_');
}

const HIDDEN =
  'this host does not show the modules of its kernel (is it a container?): load them on the machine that runs it';

export const moduleKind: Kind<ModuleState> = {
  name: 'module',
  limitMs: 20_000,
  absent: { exists: false, builtin: false, available: false, kernel: '' },
  // A folder in /sys/module with `initstate` is a loaded module; without it, built in. Built-in modules without
  // parameters have no folder: modules.builtin lists them. modprobe is asked only for what is not there,
  // and not in a container: what it finds there is no word on the kernel.
  read(wants) {
    const names = wants.map((want) => keyId(want.key));
    return sh`tb_hidden=; [ -d /sys/module ] || [ -e /proc/modules ] || tb_hidden=1
tb_kernel=$(uname -r); printf '@kernel %s\\n' "$tb_kernel"
tb_builtin=$(tr - _ 2>/dev/null <"/lib/modules/$tb_kernel/modules.builtin" || :)
for tb_name in ${names}; do
if [ -e "/sys/module/$tb_name/initstate" ]; then tb_state=loaded
elif [ -d "/sys/module/$tb_name" ]; then tb_state=builtin
else case "$tb_builtin " in *"/$tb_name.ko"*) tb_state=builtin ;; *)
if [ -n "$tb_hidden" ]; then tb_state=hidden
elif modprobe -n -q "$tb_name" >/dev/null 2>&1; then tb_state=available; else tb_state=unknown; fi ;;
esac; fi
printf '%s %s\\n' "$tb_state" "$tb_name"
done; printf '@end\\n'`;
  },
  parse(out, wants) {
    const text = out.toString('utf8');
    const kernel = /^@kernel (.*)$/m.exec(text)?.[1] ?? '';
    const found = new Map(text.split('\n').map((line) => line.split(' ').reverse() as [string, string]));
    return wants.map(({ key }): Reading<ModuleState> => {
      const state = found.get(keyId(key));
      if (state === 'hidden') return { key, unreadable: HIDDEN };
      if (state === undefined || !text.includes('@end'))
        return { key, unreadable: 'the list of modules was cut short' };
      const exists = state === 'loaded' || state === 'builtin';
      return {
        key,
        state: { exists, builtin: state === 'builtin', available: exists || state === 'available', kernel },
      };
    });
  },
  // The kernel's version is there for people: another one may well do.
  review({ kernel: _, ...counts }) {
    return { counts, shown: counts };
  },
  forth: (key, { now }) => loadedBack(keyId(key), now),
};

/** The module of that name, for `reads`: a sysctl that only it brings along. */
export function moduleRef(name: string): Ref<ModuleState> {
  return { kind: moduleKind, key: `module:${moduleName(name)}` };
}
