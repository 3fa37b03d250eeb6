/** Numbers of a fabric: those that have to be the same on all sites, and those that have to differ. */
import type { Lint, LintFinding, LintView } from '../../model/lint.ts';
import { type Controller, fabricsOf, zonesOn } from './fabric.ts';
import { explained, LINTED } from './pve-knowledge.ts';
import { finding, knownOn, numberIn, proxmoxHosts, textIn, textsIn, type Used } from './pve-view.ts';

export const vniLint: Lint = {
  tasks: LINTED,
  find: (view) => [
    ...fabricsOf(view).flatMap((members) => [...asns(members, view), ...vnis(members, view)]),
    ...proxmoxHosts(view).flatMap((host) => clashes(view, host)),
  ],
};

function asns(members: readonly Controller[], view: LintView): readonly LintFinding[] {
  // Neighbors of other systems are what a controller of type bgp with ebgp is for.
  const outside = members.some(({ host }) =>
    knownOn(view, 'pve_sdn_controller', host).some(({ use }) => use.params.ebgp === true),
  );
  const first = members.find(({ asn }) => asn !== undefined);
  if (!first || outside) return [];
  return members
    .filter(({ asn }) => asn !== undefined && asn !== first.asn)
    .map(({ asn, used }) =>
      finding(used, ['asn'], {
        ...explained('pve-asn', `AS ${asn} here, and ${first.asn} on ${first.host}, of the same fabric`),
        hint: `set \`asn: ${first.asn}\` on all sites`,
      }),
    );
}

/** Those of routing by zone, those of vnets by zone and vnet. */
function vnis(members: readonly Controller[], view: LintView): readonly LintFinding[] {
  const seen = new Map<string, { readonly vni: number; readonly host: string }>();
  const compare = (key: string, what: string, name: string, used: Used): readonly LintFinding[] => {
    const vni = numberIn(used, name);
    if (vni === undefined) return [];
    const known = seen.get(key) ?? { vni, host: used.host };
    seen.set(key, known);
    if (known.vni === vni) return [];
    return [
      finding(used, [name], {
        ...explained(
          'pve-vni',
          `${what} has VNI ${vni} here, and ${known.vni} on ${known.host}, of the same fabric`,
        ),
        hint: `set \`${name}: ${known.vni}\` on all sites, or give what is another network another name`,
      }),
    ];
  };
  return [...new Set(members.map(({ host }) => host))].flatMap((host) =>
    zonesOn(view, host, 'evpn')
      // It says itself which routes of others it takes in.
      .filter((zone) => textsIn(zone, 'rt_import').length === 0)
      .flatMap((zone) => {
        const id = textIn(zone, 'id') ?? '';
        const vnets = knownOn(view, 'pve_sdn_vnet', host).filter((vnet) => textIn(vnet, 'zone') === id);
        return [
          ...compare(id, `zone ${id}`, 'vrf_vxlan', zone),
          ...vnets.flatMap((vnet) => {
            const name = textIn(vnet, 'id') ?? '';
            return compare(`${id}/${name}`, `vnet ${name}`, 'tag', vnet);
          }),
        ];
      }),
  );
}

/** Tags of vnets in zones of VLANs are no VNIs. */
function clashes(view: LintView, host: string): readonly LintFinding[] {
  const zones = zonesOn(view, host, 'evpn', 'vxlan');
  const ids = new Set(zones.map((zone) => textIn(zone, 'id')));
  const vnets = knownOn(view, 'pve_sdn_vnet', host).filter((vnet) => ids.has(textIn(vnet, 'zone')));
  const seen = new Map<number, { readonly name: string; readonly id: string }>();
  const claim = (used: Used, name: string, noun: string): readonly LintFinding[] => {
    const vni = numberIn(used, name);
    const id = `${noun} ${textIn(used, 'id') ?? ''}`;
    if (vni === undefined) return [];
    const other = seen.get(vni);
    if (!other) seen.set(vni, { name, id });
    if (!other || other.id === id) return [];
    return [
      finding(used, [name], {
        ...explained('pve-vni-clash', `VNI ${vni} is that of ${other.id} already (\`${other.name}\`)`),
        hint: 'give it a number of its own',
      }),
    ];
  };
  return [
    ...zones.flatMap((zone) => claim(zone, 'vrf_vxlan', 'zone')),
    ...vnets.flatMap((vnet) => claim(vnet, 'tag', 'vnet')),
  ];
}
