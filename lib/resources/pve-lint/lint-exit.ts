/** Exit nodes: local routing on several sites, subnets that nobody announces, names of no host. */

import { parseAddress } from '../../base/ip-address.ts';
import { didYouMean, nearest } from '../../base/suggest.ts';
import type { Lint, LintFinding, LintHost, LintView } from '../../model/lint.ts';
import { exitsOf, fabricsOf, zonesOn } from './fabric.ts';
import { explained, LINTED } from './pve-knowledge.ts';
import { asText, finding, knownOn, proxmoxHosts, textIn, textsIn, type Used } from './pve-view.ts';

export const exitLint: Lint = {
  tasks: [...LINTED, 'hostname'],
  find: (view) => [...localRouting(view), ...advertised(view), ...strangers(view)],
};

function localRouting(view: LintView): readonly LintFinding[] {
  return fabricsOf(view).flatMap((members) => {
    const hosts = [...new Set(members.map(({ host }) => host))];
    const exits = hosts.flatMap((host) => zonesOn(view, host, 'evpn')).filter((zone) => exitsOf(zone) !== '');
    const sites = new Set(exits.flatMap((zone) => siteOf(zone, view) ?? []));
    if (sites.size < 2) return [];
    const named = [...new Set(exits.map(exitsOf))].join('; ');
    return exits
      .filter(({ use }) => use.params.exit_nodes_local_routing === true)
      .map((zone) =>
        finding(zone, ['exit_nodes_local_routing'], {
          ...explained(
            'pve-local-routing',
            `local routing is on, and several sites of the fabric have exit nodes (${named})`,
          ),
          hint: 'set `exit_nodes_local_routing: false`; where nodes themselves have to reach guests, give the guests a second interface',
        }),
      );
  });
}

/**
 * What tells the site of a zone from others: who carries the step out for its nodes, else its exit nodes. Undefined where
 * those are hosts of other sites alone.
 */
function siteOf(zone: Used, view: LintView): string | undefined {
  const { step, host } = zone;
  if (!step.once) return exitsOf(zone);
  const exits = textsIn(zone, 'exit_nodes').filter((name) => view.host(name) !== undefined);
  const own = exits.some((name) => step.actor(name) === step.actor(host));
  return own || exits.length === 0 ? step.actor(host) : undefined;
}

/** The nodes of a zone, as far as the runbook tells: hosts that have it with the same way out. */
function nodesOf(zone: Used, zones: readonly Used[]): readonly string[] {
  const named = textsIn(zone, 'nodes');
  if (named.length > 0) return named;
  const same = zones.filter(
    (each) => textIn(each, 'id') === textIn(zone, 'id') && exitsOf(each) === exitsOf(zone),
  );
  return same.map(({ host }) => host);
}

function advertised(view: LintView): readonly LintFinding[] {
  const zones = proxmoxHosts(view).flatMap((host) => zonesOn(view, host, 'evpn'));
  return zones.flatMap((zone) => {
    const exits = textsIn(zone, 'exit_nodes');
    if (zone.use.params.advertise_subnets !== true || exits.length === 0) return [];
    const isExit = (node: string): boolean => {
      const host = view.host(node);
      const names = host ? nodeNames(view, host) : [node];
      return names.some((name) => exits.includes(name));
    };
    if (!nodesOf(zone, zones).every(isExit)) return [];
    return [
      finding(zone, ['advertise_subnets'], {
        ...explained(
          'pve-advertise-subnets',
          'advertise_subnets has no effect, as every node of the zone is an exit node',
        ),
        hint: 'take it out, or add a node that is no exit node',
        warning: true,
      }),
    ];
  });
}

function strangers(view: LintView): readonly LintFinding[] {
  const hosts = view.hostNames.flatMap((name) => view.host(name) ?? []);
  const zones = proxmoxHosts(view).flatMap((host) => zonesOn(view, host, 'evpn'));
  if (zones.length === 0) return [];
  const names = new Set(hosts.flatMap((host) => nodeNames(view, host)));
  return zones.flatMap((zone) => {
    const list = zone.use.params.exit_nodes;
    const named = (Array.isArray(list) ? list : []).map((each, index) => ({
      path: ['exit_nodes', index],
      node: asText(each),
    }));
    const first = { path: ['primary_exit_node'], node: textIn(zone, 'primary_exit_node') };
    const all = [...named, first].flatMap(({ path, node }) => (node === undefined ? [] : [{ path, node }]));
    // An inventory may have other names for its hosts than they themselves: what the nodes are called is for the plan.
    const called = all.some(({ node }) => names.has(node));
    return all
      .filter(({ node }) => !names.has(node))
      .map(({ path, node }) => {
        const near = didYouMean(node, [...names]);
        const meant = nearest(node, names) !== undefined;
        return finding(zone, path, {
          ...explained('pve-exit-node', `exit node ${node} is no host of the inventory`),
          hint:
            (meant ? near : undefined) ??
            'write the name of the node; where the inventory calls it otherwise, give that host the variable `node`',
          warning: !called && !meant,
        });
      });
  });
}

/** What a host may be called as a node: its name, its first label, that of its address, what a step or variable says. */
function nodeNames(view: LintView, { name, address, vars }: LintHost): readonly string[] {
  const labels = [name, address]
    .filter((each) => !parseAddress(each))
    .map((each) => each.replace(/\..*$/, ''));
  const given = knownOn(view, 'hostname', name).flatMap((used) => textIn(used, 'name') ?? []);
  return [name, ...labels, ...given, ...[vars.node, vars.pve_node].flatMap((each) => asText(each) ?? [])];
}
