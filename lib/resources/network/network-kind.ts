/** How the network is looked at: all probes of a host side by side, then the evidence, in one snippet. */
import type { Printed } from '../../base/bytes.ts';
import { parseAddress } from '../../base/ip-address.ts';
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Kind, Reading, Ref } from '../../model/kind.ts';
import { nftRulesetKind } from '../nft/nft-ruleset-kind.ts';
import {
  coversAsk,
  EVIDENCE,
  type EvidencePart,
  type NetworkHint,
  type Probe,
  probeKey,
  type Target,
  targetName,
} from './network-ask.ts';
import { parseEvidence } from './network-evidence.ts';
import { guestAnswer } from './network-guest.ts';
import { parseProbe } from './network-outcome.ts';
import { probeText } from './network-probe.ts';
import { type NetworkState, NO_EVIDENCE } from './network-state.ts';

type EvidenceHint = Extract<NetworkHint, { kind: 'evidence' }>;

const END = 'end';

/**
 * One kind for probes and evidence, so that the evidence is what the host is like after the probes, with what each
 * interface and each WireGuard peer sent and received meanwhile. It changes nothing.
 */
export const networkKind: Kind<NetworkState, NetworkHint> = {
  name: 'network',
  // The longest that a probe may wait (60 s), its own limit in a guest, and what vtysh may take on a host with much to do.
  limitMs: 120_000,
  absent: NO_EVIDENCE,
  merge(a, b) {
    if (a.kind !== 'evidence' || b.kind !== 'evidence') return a;
    const targets = new Map([...a.targets, ...b.targets].map((target) => [targetName(target), target]));
    return {
      kind: 'evidence',
      targets: [...targets.values()],
      parts: [...new Set([...a.parts, ...b.parts])].sort(),
    };
  },
  keep: { answer: (state, asked, wanted) => (coversAsk(asked, wanted) ? state : undefined) },
  read(wants) {
    const hints = wants.flatMap(({ hint }) => (hint === undefined ? [] : [hint]));
    const probes = probesOf(hints);
    const evidence = hints.find((hint) => hint.kind === 'evidence');
    return sh`tb_d=$(mktemp -d) || exit 1
trap 'rm -rf "$tb_d"' EXIT; trap 'exit 143' TERM
${counters('before')}
${join(probes.map((probe, index) => probeText(probe, `probe.${index}`)))}
wait
${counters('after')}
${evidence === undefined ? sh`:` : evidenceText(evidence)}
: >"$tb_d"/zz.${END}
for tb_f in "$tb_d"/*; do
printf '@%s %s\\n' "\${tb_f##*/}" $(($(wc -c <"$tb_f"))); cat "$tb_f"; echo
done`;
  },
  parse(out, wants) {
    const files = filesOf(out);
    if (!files.has(`zz.${END}`))
      return wants.map(({ key }) => ({ key, unreadable: 'the look at the network was cut short' }));
    const hints = wants.flatMap(({ hint }) => (hint === undefined ? [] : [hint]));
    const probes = probesOf(hints).map(probeKey);
    return wants.map(({ key, hint }): Reading<NetworkState> => {
      if (hint === undefined || hint.kind === 'evidence') {
        return { key, state: parseEvidence(files, (hint?.targets ?? []).map(targetName)) };
      }
      const name = `probe.${probes.indexOf(probeKey(hint))}`;
      const inside = guestAnswer(files, name);
      const { text, page } = inside ?? { text: files.get(name) ?? '', page: files.get(`${name}.page`) ?? '' };
      const state = parseProbe(hint, text, page);
      return { key, state: inside?.unheard === undefined ? state : { ...state, unheard: inside.unheard } };
    });
  },
  // All of it moves: what a check sees counts when it looks.
  review: () => ({ counts: {}, shown: {} }),
};

function probesOf(hints: readonly NetworkHint[]): readonly Probe[] {
  return hints.filter((hint): hint is Probe => hint.kind !== 'evidence');
}

/** `@name size`, then so many bytes: what a file holds cannot be taken for the next one. */
function filesOf(out: Printed): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (let at = 0; at < out.length; ) {
    const [head, name, size] = /^@(\S+) (\d+)\n/.exec(out.toString('latin1', at, at + 200)) ?? [];
    if (head === undefined || name === undefined) break;
    const start = at + head.length;
    if (start + Number(size) > out.length) break;
    files.set(name, out.toString('utf8', start, start + Number(size)));
    at = start + Number(size) + 1;
  }
  return files;
}

/** Bytes of each WireGuard peer and packets of each interface. */
function counters(when: 'before' | 'after'): Sh {
  return sh`cat /proc/net/dev >"$tb_d"/dev.${when} 2>/dev/null
if command -v wg >/dev/null; then wg show all transfer >"$tb_d"/transfer.${when} 2>/dev/null; fi`;
}

/** Names of keys alone: `wg show all dump` would hand out the private key. */
function evidenceText({ targets, parts }: EvidenceHint): Sh {
  return sh`for tb_t in ip wg nft vtysh ping nc bash curl wget; do command -v "$tb_t" >/dev/null && echo "$tb_t"; done >"$tb_d"/tools
date +%s >"$tb_d"/now
grep '' /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv4/conf/*/forwarding >"$tb_d"/sysctls 2>/dev/null
if command -v wg >/dev/null; then
for tb_t in public-key listen-port endpoints allowed-ips latest-handshakes; do wg show all "$tb_t" >"$tb_d/wg.$tb_t" 2>/dev/null; done
fi
if command -v ss >/dev/null; then ss -Hlntu >"$tb_d"/sockets 2>/dev/null; fi
if command -v ip >/dev/null; then
ip -d -j addr show >"$tb_d"/links 2>/dev/null
${UNDERLAY}
${join(targets.map(pathText))}
fi
${parts.includes('rules') ? RULES : sh`:`}
${parts.includes('routing') ? ROUTING : sh`:`}
${parts.includes('flows') ? FLOWS : sh`:`}`;
}

/** Half open connections are few, whatever else a host has to do; somebody who scans it may make many. */
const FLOWS: Sh = sh`{ conntrack -L -p tcp 2>/dev/null || cat /proc/net/nf_conntrack 2>/dev/null; } | grep -E 'tcp .*(SYN_SENT|SYN_RECV)' | head -n 200 >"$tb_d"/flows
[ -e /proc/net/nf_conntrack ] || command -v conntrack >/dev/null || rm -f "$tb_d"/flows`;

/** The way to each endpoint of a WireGuard peer: `198.51.100.2 [route]`. The endpoint is what stands last in a line. */
const UNDERLAY: Sh = sh`[ ! -f "$tb_d"/wg.endpoints ] || while read -r tb_t; do
tb_t=\${tb_t##*[[:space:]]}; tb_t=\${tb_t%:*}; tb_t=\${tb_t#[}; tb_t=\${tb_t%]}
case $tb_t in *[.:]*) printf '%s %s\\n' "$tb_t" "$(ip -j route get "$tb_t" 2>/dev/null)" ;; esac
done <"$tb_d"/wg.endpoints >"$tb_d"/underlay`;

function pathText({ to, from, vrf, netns, iif }: Target, index: number): Sh {
  const ip = netns === undefined ? sh`ip` : sh`ip -n ${netns}`;
  const source = from === undefined ? [] : [parseAddress(from) === undefined ? 'oif' : 'from', from];
  const table = vrf === undefined ? (iif === undefined ? [] : ['iif', iif]) : ['vrf', vrf];
  const file = sh`"$tb_d"/path.${index}`;
  return sh`${ip} -j route get fibmatch ${to} ${source} ${table} >${file}.taken 2>${file}.error
${ip} -j route show table all match ${to} >${file}.match 2>/dev/null${netns === undefined ? sh`` : onward(to, netns, file)}`;
}

/** How this host passes on what comes from a namespace whose gateway it is. */
function onward(to: string, netns: string, file: Sh): Sh {
  return sh`
tb_t=$(ip -n ${netns} route get ${to} 2>/dev/null)
case $tb_t in *' via '*' src '*)
tb_v=\${tb_t#* via }; tb_s=\${tb_t#* src }; tb_s=\${tb_s%% *}
set -- $(ip -o addr show to "\${tb_v%% *}" 2>/dev/null)
if [ "$#" -gt 1 ]; then
ip -j route get fibmatch ${to} from "$tb_s" iif "$2" >${file}.onward 2>${file}.onward.error
ip -j route show table all match ${to} >${file}.onward.match 2>/dev/null
fi ;; esac`;
}

/** In a subshell: it ends where nft cannot tell. */
const RULES: Sh = sh`( ${nftRulesetKind.read([])}
) >"$tb_d"/rules 2>/dev/null`;

/** Each answer comes from a vtysh of its own, all at once: one that a daemon does not give spoils no other. */
const ROUTING: Sh = sh`if command -v vtysh >/dev/null; then
tb_v() { timeout 20 vtysh -c "$2" >"$tb_d/bgp.$1" 2>/dev/null; }
tb_v summary 'show bgp summary json' & tb_v neighbors 'show bgp neighbors json' & tb_v routes 'show bgp l2vpn evpn route json' &
tb_v vnis 'show evpn vni json' & tb_v targets 'show bgp l2vpn evpn vni json' & tb_v bfd 'show bfd peers json' & wait
fi`;

/** The evidence with these parts and paths, for `reads` of checks. */
export function evidenceRef(
  targets: readonly Target[],
  parts: readonly EvidencePart[],
): Ref<NetworkState, NetworkHint> {
  return { kind: networkKind, key: EVIDENCE, hint: { kind: 'evidence', targets, parts } };
}
