/** How the whole ruleset of a host is read: nftables, and iptables where it keeps rules that nft cannot show. */
import { sh } from '../../base/sh.ts';
import type { Kind, Reading, Ref, State } from '../../model/kind.ts';
import { parseIptables } from './iptables-ruleset.ts';
import { type NftRuleset, NO_RULESET, parseRuleset } from './nft-ruleset.ts';

/** `exists` is false where there is neither nft nor iptables. */
export interface NftRulesetState extends State {
  readonly ruleset: NftRuleset;
}

/**
 * One fork on most hosts. Elements of sets, of which there may be many thousands, are left out (`-t`) unless some are
 * ports, or rules rest on the networks of Proxmox' SDN. `xt` is a match of iptables-nft's that nft cannot show; legacy tables are named in /proc.
 */
const READ = sh`if command -v nft >/dev/null 2>&1; then
tb_rules=$(nft -j -t list ruleset) || exit 1
tb_name=nft
case $tb_rules in *inet_service*|*'"v4-sdn/'*) tb_rules=$(nft -j list ruleset) || exit 1; tb_name='nft full' ;; esac
printf '@%s\\n%s\\n' "$tb_name" "$tb_rules"
case $tb_rules in *'"xt"'*)
if command -v iptables-nft-save >/dev/null 2>&1; then
printf '@ip nft\\n'; iptables-nft-save; printf '@ip6 nft\\n'; ip6tables-nft-save
fi ;; esac
fi
for tb_v in ip ip6; do
if [ -r "/proc/net/\${tb_v}_tables_names" ] && read -r tb_name <"/proc/net/\${tb_v}_tables_names" && command -v "\${tb_v}tables-legacy-save" >/dev/null 2>&1; then
printf '@%s legacy\\n' "$tb_v"; "\${tb_v}tables-legacy-save"
fi; done
printf '@end\\n'`;

export const nftRulesetKind: Kind<NftRulesetState> = {
  name: 'nft-ruleset',
  limitMs: 30_000,
  absent: { exists: false, ruleset: NO_RULESET },
  read: () => READ,
  parse(out, wants) {
    const text = out.toString('utf8');
    return wants.map(({ key }): Reading<NftRulesetState> => {
      if (!text.endsWith('@end\n')) return { key, unreadable: NO_LIST };
      const state = stateOf(text);
      return state ? { key, state } : { key, unreadable: 'nft did not print its rules as JSON' };
    });
  },
};

const NO_LIST =
  'the rules of nftables cannot be listed: that takes root (`become: true`) and an nft with JSON';

function stateOf(text: string): NftRulesetState | undefined {
  const parts = text.split(/^(?=@(?:nft(?: full)?|ip6? (?:nft|legacy)|end)\n)/m);
  const body = (head: string) => parts.find((part) => part.startsWith(`@${head}\n`))?.slice(head.length + 2);
  const full = body('nft full');
  const json = full ?? body('nft');
  const nft = json === undefined ? NO_RULESET : parseRuleset(json, full !== undefined);
  if (!nft) return undefined;
  const chains = [...nft.chains];
  for (const family of ['ip', 'ip6'] as const) {
    const shown = parseIptables(body(`${family} nft`) ?? '', family, 'iptables');
    for (const chain of shown) {
      const same = chains.findIndex(
        (each) => each.family === family && each.table === chain.table && each.name === chain.name,
      );
      // Hook, priority and handles as nft knows them, rules as only iptables can tell them.
      const known = chains[same];
      if (known) chains[same] = { ...known, rules: chain.rules, tool: 'iptables' };
    }
    chains.push(...parseIptables(body(`${family} legacy`) ?? '', family, 'iptables-legacy'));
  }
  const legacy = chains.some(({ tool }) => tool === 'iptables-legacy');
  return { exists: json !== undefined || legacy, ruleset: { chains, sets: nft.sets } };
}

/** The host's rules, for `reads`. */
export function nftRulesetRef(): Ref<NftRulesetState> {
  return { kind: nftRulesetKind, key: 'nft-ruleset:host' };
}
