/** Facts: what a host is, read with few forks in the same frame as everything else. */
import { sh } from '../base/sh.ts';
import type { Facts } from '../model/facts.ts';
import type { Kind, Reading, Ref, State } from '../model/kind.ts';

export type FactsState = State & Facts;

// Builtins where they do; dpkg-query only where dpkg knows of Proxmox.
const READ_FACTS = sh`for f in /etc/os-release /usr/lib/os-release; do
if [ -r "$f" ]; then (
. "$f" >/dev/null 2>&1
printf '@os\n%s\n%s\n%s\n%s\n' "\${ID:-}" "\${VERSION_ID:-}" "\${VERSION_CODENAME:-}" "\${ID_LIKE:-}"
); break; fi; done
printf '@uname\n'; uname -nrm
printf '@init\n'
if [ -d /run/systemd/system ]; then echo systemd
elif [ -d /run/openrc ] || [ -x /sbin/openrc-run ]; then echo openrc
elif [ -x /etc/init.d/rc ] || [ -d /etc/rc.d ] || [ -d /etc/init.d ]; then echo sysv
else echo other; fi
printf '@pm\n'
for c in apt-get:apt dnf:dnf apk:apk pacman:pacman zypper:zypper; do
command -v "\${c%%:*}" >/dev/null 2>&1 && { echo "\${c#*:}"; break; }; done
printf '@virt\n'; if command -v systemd-detect-virt >/dev/null 2>&1; then systemd-detect-virt; fi
printf '@addr\n'; if command -v ip >/dev/null 2>&1; then ip -o addr show scope global; fi
printf '@link\n'; for f in /sys/class/net/*; do [ -h "$f" ] && echo "\${f##*/}"; done
printf '@proc\n'; grep -hE '^(processor|[^[:space:]]+[[:space:]]00000000[[:space:]])' /proc/cpuinfo /proc/net/route 2>/dev/null
printf '@mem\n'; while read -r a b c; do [ "$a" = MemTotal: ] && { echo "$b"; break; }; done </proc/meminfo
printf '@id\n'; if [ -r /etc/machine-id ]; then read -r a </etc/machine-id; echo "$a"; fi
printf '@pve\n'; if [ -e /var/lib/dpkg/info/pve-manager.list ]; then dpkg-query -W -f '\${Version}\n' pve-manager; fi
printf '@end\n'`;

const NO_FACTS: FactsState = {
  exists: false,
  os: { id: '', version: '', codename: '', family: '' },
  arch: '',
  kernel: '',
  hostname: '',
  init: '',
  package_manager: '',
  virtualization: '',
  addresses: [],
  interfaces: [],
  default_interface: '',
  cpus: 0,
  memory_mb: 0,
  machine_id: '',
  proxmox: '',
};

export const factsKind: Kind<FactsState> = {
  name: 'facts',
  limitMs: 10_000,
  absent: NO_FACTS,
  read: () => READ_FACTS,
  parse(out, wants) {
    const sections = sectionsOf(out.toString('utf8'));
    return wants.map(({ key }): Reading<FactsState> => {
      if (!sections.has('end')) return { key, unreadable: 'the facts of the host broke off' };
      return { key, state: factsOf((name) => sections.get(name) ?? []) };
    });
  },
};

/** The facts of the host, for `reads`. */
export function factsRef(): Ref<FactsState> {
  return { kind: factsKind, key: 'facts:host' };
}

const NAMES = new Set([
  'os',
  'uname',
  'init',
  'pm',
  'virt',
  'addr',
  'link',
  'proc',
  'mem',
  'id',
  'pve',
  'end',
]);

function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let open: string[] = [];
  for (const line of text.split('\n')) {
    const name = line.startsWith('@') ? line.slice(1) : '';
    if (NAMES.has(name) && !sections.has(name)) {
      open = [];
      sections.set(name, open);
    } else open.push(line);
  }
  return sections;
}

function factsOf(section: (name: string) => readonly string[]): FactsState {
  const [id = '', version = '', codename = '', like = ''] = section('os');
  // In uname's own order, whatever the order of its options.
  const [hostname = '', kernel = '', arch = ''] = (section('uname')[0] ?? '').split(' ');
  const processors = section('proc').filter((line) => line.startsWith('processor'));
  const first = (name: string): string => (section(name)[0] ?? '').trim();
  return {
    exists: true,
    os: { id, version, codename, family: like.split(' ')[0] || id },
    arch,
    kernel,
    hostname,
    init: first('init'),
    package_manager: first('pm'),
    virtualization: first('virt'),
    addresses: addresses(section('addr')),
    interfaces: section('link')
      .filter((name) => name !== '')
      .sort(),
    default_interface: defaultInterface(section('proc')),
    cpus: processors.length,
    memory_mb: Math.floor((Number(first('mem')) || 0) / 1024),
    machine_id: first('id'),
    // 8.4.1-1 with the packaging's own part cut off.
    proxmox: first('pve').replace(/-.*$/, ''),
  };
}

/** IPv4 first, each in the order of the host; what is only there for a while (SLAAC privacy) is left out. */
function addresses(lines: readonly string[]): readonly string[] {
  const found = lines
    .filter((line) => !line.includes(' temporary '))
    .map((line) => /\s(inet6?)\s+([0-9a-fA-F.:]+)/.exec(line))
    .flatMap((match) => (match ? [{ family: match[1], address: match[2] ?? '' }] : []));
  const of = (family: string) => found.filter((each) => each.family === family).map((each) => each.address);
  return [...of('inet'), ...of('inet6')];
}

/** The kernel's IPv4 table: destination and mask 0, the least metric. */
function defaultInterface(lines: readonly string[]): string {
  const routes = lines
    .map((line) => line.split('\t'))
    .filter((field) => field[1] === '00000000' && field[7] === '00000000')
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  return routes[0]?.[0] ?? '';
}
