/** Subnets: those that overlap within a zone, and those that two zones share. */
import { formatCidr, type IpCidr, overlaps, parseCidr } from '../../base/ip-address.ts';
import type { Lint, LintFinding, LintView } from '../../model/lint.ts';
import { exitsOf } from './fabric.ts';
import { explained, LINTED } from './pve-knowledge.ts';
import { finding, knownOn, proxmoxHosts, textIn, type Used } from './pve-view.ts';

export const subnetLint: Lint = {
  tasks: LINTED,
  find: (view) => proxmoxHosts(view).flatMap((host) => subnetFindings(view, host)),
};

interface Subnet {
  readonly used: Used;
  readonly cidr: IpCidr;
  readonly vnet: string;
  readonly zone: string;
  /** Guests of it get out by an exit node. */
  readonly leaves: boolean;
}

function subnetFindings(view: LintView, host: string): readonly LintFinding[] {
  const subnets = subnetsOn(view, host);
  return subnets.flatMap((later, index) => {
    const other = subnets.slice(0, index).find((each) => collides(each, later));
    if (!other) return [];
    const what = `${formatCidr(later.cidr)} overlaps ${formatCidr(other.cidr)} of vnet ${other.vnet}`;
    if (other.zone === later.zone)
      return [
        finding(later.used, ['cidr'], {
          ...explained('pve-subnet-overlap', `${what}, in the same zone ${later.zone}`),
          hint: 'give each subnet addresses of its own, or the vnets zones of their own',
        }),
      ];
    return [
      finding(later.used, ['cidr'], {
        ...explained('pve-subnet-shared', `${what} in zone ${other.zone}, and both zones lead out`),
        hint: 'give one of them other addresses, or take SNAT and exit nodes away from it',
        warning: true,
      }),
    ];
  });
}

/** The same subnet in two zones is as it should be, as long as one of them keeps to itself. */
function collides(one: Subnet, two: Subnet): boolean {
  if (!overlaps(one.cidr, two.cidr)) return false;
  if (one.zone !== two.zone) return one.leaves && two.leaves;
  return one.vnet !== two.vnet || formatCidr(one.cidr) !== formatCidr(two.cidr);
}

/** Of vnets whose zone is known. */
function subnetsOn(view: LintView, host: string): readonly Subnet[] {
  const vnets = new Map(
    knownOn(view, 'pve_sdn_vnet', host).map((vnet) => [textIn(vnet, 'id'), textIn(vnet, 'zone')]),
  );
  const exits = new Set(
    knownOn(view, 'pve_sdn_zone', host).flatMap((zone) => (exitsOf(zone) === '' ? [] : [textIn(zone, 'id')])),
  );
  return knownOn(view, 'pve_sdn_subnet', host).flatMap((used) => {
    const vnet = textIn(used, 'vnet');
    const zone = vnets.get(vnet);
    const cidr = parseCidr(textIn(used, 'cidr') ?? '');
    if (vnet === undefined || zone === undefined || !cidr) return [];
    return [{ used, cidr, vnet, zone, leaves: used.use.params.snat === true || exits.has(zone) }];
  });
}
