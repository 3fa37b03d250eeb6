/** A host's state as lines to compare: its disk, packages, settings of the kernel, units, network, and who is left over. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { inside } from './inside.ts';
import { inventoryFolder, type Lab, type LabHost } from './lab.ts';
import { type Masks, masksOf, treePrint } from './tree-print.ts';

/**
 * Left out, as it comes and goes by itself: counters and measured sizes among sysctls, what a routing daemon has learned
 * from its neighbours or puts in their stead (protocols and types of routes by number: their names are not the same
 * everywhere), times, numbers of interfaces, and units that are not at work, which systemd remembers or not.
 */
const LIVE = `
dpkg-query -W -f '\${binary:Package} \${Version} \${db:Status-Abbrev}\\n' | sed 's/^/package /'
apt-mark showmanual 2>/dev/null | sed 's/^/manual /'
sysctl -a 2>/dev/null | grep -E '^(net\\.|kernel\\.(host|domain)name)' |
  grep -vE 'nf_conntrack_(count|buckets|max)|expect_max|stable_secret|\\.(tcp|udp)_mem|base_reachable|pseudo_random|tcp_fastopen_key|somaxconn|icmp_msgs|bpf_jit' | sed 's/^/sysctl /'
systemctl list-units --all --plain --no-legend --type=service,socket,timer,path,mount |
  awk '$3 != "inactive" { print "unit", $1, $3, $4 }' | grep -vE ' (tightbeam-(forget|revert)-|session-|user@|user-runtime|run-user|ssh@|systemd-tmpfiles-clean|systemd-(update-done|firstboot|random-seed|machine-id-commit)|ldconfig|systemd-hwdb-update|systemd-journal-catalog|systemd-sysusers|dpkg-db-backup)'
systemctl list-unit-files --plain --no-legend | grep -v '^tightbeam-\\(forget\\|revert\\)-' | awk '{ print "enabled", $1, $2 }'
if command -v nft >/dev/null; then nft -s list ruleset | sed 's/^/nft /'; fi
ip -o -d link | sed -E 's/^[0-9]+: //; s/@[^:]*:/:/; s/(minmtu|maxmtu|numtxqueues|numrxqueues|gso_|tso_|gro_).*//; s/link-netnsid [0-9]+//; s/ (group|qlen) .*//; s/ state [A-Z]+ / /; s/,LOWER_UP//; s/,NO-CARRIER//' | sed 's/^/link /'
ip -o address | sed -E 's/^[0-9]+: //; s/valid_lft .*//' | grep -v ' fe80:' | sed 's/^/address /'
ip -N -o route show table all | grep -vE '^[45] |proto (2|11|16|42|18[6-9]|19[0-9])( |$)|fe80' | sed 's/^/route /'
ip rule | sed 's/^/rule /'
if command -v wg >/dev/null; then wg show all dump | awk 'NF == 5 { print "wg", $1, $2, $3, $4, $5 } NF > 5 { print "wg", $1, $2, $4, $5, $9 }'; fi
hostname | sed 's/^/name /'
`;

/** Sorted lines. Throws `failed` where the host is down. */
export async function hostPrint(lab: Lab, host: LabHost): Promise<readonly string[]> {
  const publicKey = readFileSync(join(inventoryFolder(lab.root), 'id_ed25519.pub'), 'utf8');
  const masks = masksOf(lab, publicKey);
  const { rc, out, err } = await inside(lab, host, LIVE);
  const lines = out.split('\n').filter(Boolean);
  if (rc !== 0 || !lines.some((line) => line.startsWith('unit ')))
    throw new RunError('failed', `lab: the state of ${host.name} cannot be read`, { output: err });
  const live = lines.map((line) => mask(line, masks).replace(/\s+/g, ' ').trim());
  return [...treePrint(lab, host, masks), ...live].sort();
}

function mask(line: string, masks: Masks): string {
  return masks.reduce((text, [pattern, word]) => text.replace(pattern, word), line);
}

/** What came (`+`) and what went (`-`), each as often as it did. */
export function printChanges(before: readonly string[], after: readonly string[]): readonly string[] {
  const [old, now] = [countOf(before), countOf(after)];
  const more = (lines: Count, others: Count, sign: string): string[] =>
    [...lines].flatMap(([line, count]) =>
      Array<string>(Math.max(0, count - (others.get(line) ?? 0))).fill(`${sign} ${line}`),
    );
  return [...more(now, old, '+'), ...more(old, now, '-')];
}

type Count = ReadonlyMap<string, number>;

function countOf(lines: readonly string[]): Count {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
