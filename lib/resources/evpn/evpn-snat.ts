/** The way out of an overlay: what leaves the host gets an address of the host. */

import { formatCidr } from '../../base/ip-address.ts';
import { type AnyResource, PlanError } from '../../model/resource.ts';
import type { TaskContext } from '../../model/task.ts';
import { nftChains, nftTable, noNftTable } from '../nft/nft-table.ts';
import { overlayId, subnetsOf } from './evpn-overlay.ts';
import type { EvpnParams } from './evpn-params.ts';

/** After address translations that others made there before us. */
const PRIORITY = 100;

/** The table of nftables for it, or its absence where no network has `snat`. */
export function overlaySnat(params: EvpnParams, ctx: TaskContext): readonly AnyResource[] {
  const table = { family: 'ip', name: `tightbeam_snat_${overlayId(params)}` } as const;
  const subnets = sourcesOf(params);
  if (subnets.length === 0 || params.state === 'absent') return noNftTable(table);
  const out = exitInterface(params, ctx);
  const to = params.exit?.to ?? 'masquerade';
  const act = to === 'masquerade' ? 'masquerade' : `snat to ${to}`;
  const base = { type: 'nat', hook: 'postrouting', priority: PRIORITY, policy: 'accept' } as const;
  const rules = subnets.map((subnet) => `ip saddr ${subnet} oifname "${out}" ${act}`);
  return nftTable({ ...table, rules: nftChains([{ name: 'postrouting', base, rules }]) });
}

function sourcesOf(params: EvpnParams): readonly string[] {
  return params.networks
    .filter((network) => network.snat === true)
    .flatMap(subnetsOf)
    .filter((subnet) => subnet.version === 4)
    .map(formatCidr);
}

function exitInterface(params: EvpnParams, ctx: TaskContext): string {
  const name = params.exit?.interface ?? ctx.host.facts.default_interface;
  if (name !== '') return name;
  throw new PlanError(
    `${ctx.host.name} has no default route, so nobody can tell where traffic with snat leaves`,
    'name the interface: exit: { interface: eth0 }',
  );
}
