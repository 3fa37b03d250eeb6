/** How a host has booted: which kernel runs, which is the newest there, whether a reboot is asked for, and whether it is up. */
import { sh } from '../../base/sh.ts';
import type { Key } from '../../model/key.ts';
import type { Kind, Ref, State } from '../../model/kind.ts';

export interface BootState extends State {
  /** Which boot it is. */
  readonly id: string;
  /** `6.1.0-25-amd64`, and those that are installed. */
  readonly kernel: string;
  readonly kernels: readonly string[];
  /** Something asks for a reboot; `for`: the packages that do. */
  readonly asked: boolean;
  readonly for: readonly string[];
  /** As `systemctl is-system-running` says: running, degraded, starting …; empty where there is no systemd. */
  readonly system: string;
  /** Units that have failed, or jobs that are not done yet. */
  readonly units: readonly string[];
}

export const BOOT: Key = 'boot:host';

// Kernels of containers are not theirs: there is no folder of modules, and nothing in /boot.
const READ = sh`tb_i=-; { read -r tb_i </proc/sys/kernel/random/boot_id; } 2>/dev/null; printf '@id %s\\n@kernel %s\\n' "$tb_i" "$(uname -r)"
for tb_f in /boot/vmlinuz-*; do [ ! -e "$tb_f" ] || printf '@has %s\\n' "\${tb_f#/boot/vmlinuz-}"; done
for tb_f in /run/reboot-required /var/run/reboot-required; do [ ! -e "$tb_f" ] || { echo '@asked'; [ ! -r "$tb_f.pkgs" ] || sort -u "$tb_f.pkgs" | sed 's/^/@for /'; break; }; done
if [ -d /run/systemd/system ] && tb_s=$(systemctl is-system-running 2>/dev/null; :); then echo "@system $tb_s"
case $tb_s in degraded) systemctl list-units --failed --plain --no-legend 2>/dev/null ;; starting|initializing) systemctl list-jobs --plain --no-legend 2>/dev/null | sed 's/^ *[0-9]* *//' ;; esac | head -n 5 | while read -r tb_u tb_x; do echo "@unit $tb_u"; done; fi
echo @end`;

export const bootKind: Kind<BootState> = {
  name: 'boot',
  limitMs: 20_000,
  absent: { exists: false, id: '', kernel: '', kernels: [], asked: false, for: [], system: '', units: [] },
  read: () => READ,
  parse(out, wants) {
    const lines = out.toString('utf8').split('\n');
    const all = (name: string): readonly string[] =>
      lines.flatMap((line) => (line.startsWith(`@${name} `) ? [line.slice(name.length + 2).trim()] : []));
    const state: BootState = {
      exists: true,
      id: all('id')[0] ?? '',
      kernel: all('kernel')[0] ?? '',
      kernels: all('has'),
      asked: lines.includes('@asked'),
      for: all('for'),
      system: all('system')[0] ?? '',
      units: all('unit'),
    };
    return wants.map(({ key }) =>
      lines.includes('@end') ? { key, state } : { key, unreadable: 'how the host has booted cannot be read' },
    );
  },
  // Which boot it is and how it stands changes by itself.
  review: ({ kernel, kernels, asked, for: packages }) => {
    const counts = { kernel, kernels, asked, for: packages };
    return { counts, shown: counts };
  },
};

export function bootRef(): Ref<BootState> {
  return { kind: bootKind, key: BOOT };
}
