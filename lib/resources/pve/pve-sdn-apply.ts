/** The apply: what the candidate holds is brought to every node of the cluster, and believed only when each has said so. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import type { Draft, Owed, Ref, Resource } from '../../model/resource.ts';
import { callTask } from './pve-call.ts';
import { STAGED } from './pve-interface.ts';
import { pendingRef, pveKind } from './pve-kind.ts';
import { refuseLost } from './pve-network-reload.ts';
import { fieldsOf, type PveHint, type PveState } from './pve-state.ts';
import { type TunnelState, tunnelFault, tunnelOver, tunnelRef } from './pve-tunnel.ts';

const OWED = 'owed:pve.sdn';

export interface SdnApplyWish {
  /** The address that tunnels and BGP of this node have to use; undefined: not looked at. */
  readonly tunnelAddress?: string | undefined;
  /** What has to be there by then: FRR's packages, the tunnel's interface. */
  readonly uses?: readonly Ref[];
}

export function sdnApply(wish: SdnApplyWish): Resource<PveState, PveHint> {
  const tunnel = wish.tunnelAddress === undefined ? [] : [tunnelRef];
  return {
    kind: pveKind,
    key: pendingRef.key,
    title: 'pve:/cluster/sdn',
    hint: { from: 'pending' },
    reads: [STAGED, ...tunnel],
    uses: wish.uses ?? [],
    // An apply that fails leaves nothing pending: the mark alone knows that it has to be made again.
    debts: [{ mark: OWED, because: isCandidate }],
    plan(state, at) {
      const pending = pendingNames(state);
      const owed = at<Owed>(OWED);
      const again = owed !== undefined && !(owed instanceof Unknown) && owed.exists;
      const found = wish.tunnelAddress === undefined ? undefined : at<TunnelState>(tunnelRef.key);
      const after = wish.tunnelAddress === undefined ? undefined : tunnelOver(wish.tunnelAddress, found);
      const fault =
        found === undefined || found instanceof Unknown || pending.length > 0
          ? undefined
          : tunnelFault(found, wish.tunnelAddress ?? '', fieldsOf(state).bgp === 1);
      if (pending.length === 0 && fault === undefined && !again) return null;
      // The apply reloads the network of every node, and with it what waits for that.
      const staged = at<PveState>(STAGED.key);
      if (staged && !(staged instanceof Unknown))
        refuseLost(fieldsOf(staged), 'reload the network of the node by itself first');
      return draft(state, pending, fault ?? 'the last apply has failed', after);
    },
  };
}

/** Entries of addresses hold as soon as they are made. */
function isCandidate(key: Key): boolean {
  return key.startsWith('pve:/cluster/sdn/') && !key.includes('/ips/');
}

function pendingNames(state: PveState): readonly string[] {
  const { pending } = fieldsOf(state);
  return Array.isArray(pending) ? (pending as readonly string[]) : [];
}

function draft(
  state: PveState,
  pending: readonly string[],
  why: string,
  tunnel: TunnelState | undefined,
): Draft<PveState> {
  const what = pending.length === 1 ? '1 object' : `${pending.length} objects`;
  return {
    action: 'reload',
    summary: pending.length > 0 ? `apply the SDN: ${what} pending` : `apply the SDN once more: ${why}`,
    diff: pending.map((each) => {
      const [name = '', how = ''] = each.split(' ');
      return { kind: 'field', name, from: how, to: 'applied' };
    }),
    after: { ...state, value: { ...fieldsOf(state), pending: [] } },
    run: APPLY,
    effects: tunnel === undefined ? [] : [{ key: tunnelRef.key, to: tunnel }],
    // Bridges, VRFs, addresses, FRR's configuration: whatever the zones need.
    opaque: true,
    pays: [OWED],
    inverse: 'approximate',
    back: {
      restore: sh`:`,
      // Once the candidate is that of before.
      finish: APPLY,
      leaves: ['numbers of versions of the SDN, and what others had changed in it and not applied'],
    },
    limitMs: 600_000,
  };
}

/** Each node's newest reload, as `node upid status`. */
const RELOADS = sh`tb_reloads() { for tb_n in /etc/pve/nodes/*; do tb_n=\${tb_n##*/}; tb_t=$(timeout 60 pvesh get "/nodes/$tb_n/tasks" --typefilter srvreload --limit 1 --output-format json </dev/null 2>/dev/null | tail -n 1); printf '%s %s %s\\n' "$tb_n" "$(printf '%s' "$tb_t" | sed -n 's/.*"upid":"\\([^"]*\\)".*/\\1/p')" "$(printf '%s' "$tb_t" | sed -n 's/.*"status":"\\(.*\\)","type".*/\\1/p')"; done; }`;

/**
 * Proxmox says that all is well though a node's reload has failed: only that node's own task tells. It has ended by the
 * time that the call returns.
 */
const APPLY: Sh = join([
  RELOADS,
  sh`tb_before=$(tb_reloads)`,
  callTask('set', '/cluster/sdn', {}, 540),
  sh`tb_bad=0
tb_reloads | { while read -r tb_n tb_upid tb_status; do
case "$tb_before" in *"$tb_n $tb_upid "*) [ -n "$tb_upid" ] && { echo "node $tb_n has not reloaded its network: is it online?"; tb_bad=1; continue; } ;; esac
[ -n "$tb_upid" ] || { echo "node $tb_n has not reloaded its network: is it online?"; tb_bad=1; continue; }
[ "$tb_status" = OK ] && continue
tb_bad=1
echo "node $tb_n could not reload its network: $tb_status"
pvesh get "/nodes/$tb_n/tasks/$tb_upid/log" --limit 0 --output-format json </dev/null 2>/dev/null | sed 's/},{/\\n/g' | sed -n 's/.*"t":"\\(.*\\)".*/  \\1/p' | tail -n 10
echo "mend that, then run again: nothing is pending any more, and the apply is repeated all the same"
done; exit $tb_bad; } || exit 1`,
]);
