/** Exit nodes of a zone: one of them at least is a node of the cluster, which Proxmox itself does not look at. */
import { Unknown } from '../../base/unknown.ts';
import { PlanError, type Resource } from '../../model/resource.ts';
import { pveRef } from './pve-kind.ts';
import { fieldsOf, type PveHint, type PveState } from './pve-state.ts';

const NODES = pveRef('/nodes', { from: 'nodes' });

/** The zone's resource, refused where none of its exit nodes is there. */
export function withExit(
  zone: Resource<PveState, PveHint>,
  exits: readonly string[],
): Resource<PveState, PveHint> {
  if (exits.length === 0) return zone;
  return {
    ...zone,
    reads: [...(zone.reads ?? []), NODES],
    plan(state, at, now) {
      const found = at<PveState>(NODES.key);
      const nodes = found && !(found instanceof Unknown) ? fieldsOf(found).nodes : undefined;
      if (Array.isArray(nodes) && nodes.length > 0 && !exits.some((exit) => nodes.includes(exit))) {
        throw new PlanError(
          `no exit node is a node of this cluster: it has ${nodes.join(', ')}, and ${exits.join(', ')} is wanted; the zone would have no way out, and Proxmox would not say so`,
          'write the names that the nodes have in the cluster',
        );
      }
      return zone.plan(state, at, now);
    },
  };
}
