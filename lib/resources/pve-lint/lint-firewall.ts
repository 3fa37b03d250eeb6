/** The firewall: rules that nobody obeys, a switch that shuts out who throws it, BGP without what watches it. */
import type { Lint, LintFinding, LintView } from '../../model/lint.ts';
import { controllersOn } from './fabric.ts';
import { covers, groupsOn, isOf, names, type Rule, rulesOn } from './firewall-view.ts';
import { explained, LINTED } from './pve-knowledge.ts';
import { finding, isOpen, proxmoxHosts, textIn, type Used, usedOn } from './pve-view.ts';

export const firewallLint: Lint = {
  tasks: LINTED,
  find: (view) =>
    proxmoxHosts(view).flatMap((host) => [
      ...forwards(view, host),
      ...lockouts(view, host),
      ...unwatched(view, host),
    ]),
};

function optionsOn(view: LintView, host: string, scope: string): readonly Used[] | undefined {
  return usedOn(view, 'pve_firewall_options', host)?.filter(
    (used) => (textIn(used, 'scope') ?? 'cluster') === scope && isOf(used, host, scope),
  );
}

/** Wrong where the runbook itself says no to nftables; else the node may have it already. */
function forwards(view: LintView, host: string): readonly LintFinding[] {
  const rules = [
    ...(rulesOn(view, host, ['cluster', 'node', 'vnet']) ?? []),
    ...[...(groupsOn(view, host)?.values() ?? [])].flat(),
  ].filter(({ fields }) => fields.type === 'forward');
  const options = rules.length === 0 ? undefined : optionsOn(view, host, 'node');
  if (!options || options.some((used) => used.use.params.nftables === true || isOpen(used, 'nftables')))
    return [];
  const off = options.some((used) => used.use.params.nftables === false);
  const said = off ? 'nftables is switched off on the node' : 'no step says that the node has nftables';
  return firstOfEach(rules).map(({ used, index }) =>
    finding(used, ['rules', index, 'type'], {
      ...explained('pve-forward-rules', `a forward rule, and ${said}`),
      hint: 'add a step of task pve_firewall_options on every node: `{ scope: node, nftables: true }`',
      warning: !off,
    }),
  );
}

/** One of each list says it for the others. */
function firstOfEach(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(
    ({ used }, at) => rules.findIndex((each) => each.used.use.params === used.use.params) === at,
  );
}

/** Without a step of rules the plan looks at those that are there. */
function lockouts(view: LintView, host: string): readonly LintFinding[] {
  const switches = (optionsOn(view, host, 'cluster') ?? []).filter(({ use: { params } }) => {
    const { enable, policy_in: policy, allow_lockout: allowed } = params;
    return (
      enable === true &&
      allowed !== true &&
      (policy === undefined || policy === 'DROP' || policy === 'REJECT')
    );
  });
  if (switches.length === 0) return [];
  const rules = rulesOn(view, host, ['cluster', 'node']);
  const groups = groupsOn(view, host);
  const sets = usedOn(view, 'pve_firewall_ipset', host);
  const aliases = usedOn(view, 'pve_firewall_alias', host);
  if (!rules || rules.length === 0 || !groups || !sets || !aliases) return [];
  // Whom Proxmox lets in of itself.
  if (sets.some((set) => textIn(set, 'name') === 'management')) return [];
  if (aliases.some((alias) => textIn(alias, 'name') === 'local_network')) return [];
  const opens = rules.some((rule) => {
    if (rule.fields.type !== 'group') return letsSshIn(rule);
    const inside = groups.get(String(rule.fields.action));
    // A group of others may hold it.
    return inside === undefined || inside.some(letsSshIn);
  });
  if (opens) return [];
  return switches.map((used) =>
    finding(used, ['enable'], {
      ...explained('pve-lockout', 'the firewall is switched on, and no rule of this runbook lets SSH in'),
      hint: 'let the admin network in first (pve_firewall_rules: SSH and tcp 8006), or set `allow_lockout: true`',
    }),
  );
}

function letsSshIn(rule: Rule): boolean {
  return rule.fields.action === 'ACCEPT' && covers(rule, 22, 'tcp', '6', 'SSH');
}

const BFD = 3784;

/** Where BGP's port is opened by name on a host that has a controller of EVPN. */
function unwatched(view: LintView, host: string): readonly LintFinding[] {
  if (controllersOn(view, host).length === 0) return [];
  const own = rulesOn(view, host, ['cluster', 'node']);
  const groups = groupsOn(view, host);
  if (!own || !groups) return [];
  const rules = [...own, ...[...groups.values()].flat()];
  const bgp = rules.find(
    (rule) =>
      rule.fields.type === 'in' &&
      rule.fields.action === 'ACCEPT' &&
      (rule.fields.macro === 'BGP' || names(rule, 179, 'tcp', '6')),
  );
  // Whoever drops it by name means it.
  const said = rules.some(
    (rule) =>
      names(rule, BFD, 'udp', '17') ||
      (rule.fields.action === 'ACCEPT' && covers(rule, BFD, 'udp', '17', '')),
  );
  if (!bgp || said) return [];
  const path = ['rules', bgp.index, bgp.fields.macro === undefined ? 'dport' : 'macro'];
  return [
    finding(bgp.used, path, {
      ...explained('pve-bfd', `BGP is let in, and BFD (UDP ${BFD}) is not`),
      hint: `add a rule beside it: { type: in, action: ACCEPT, proto: udp, dport: "${BFD}" } from the same source`,
      warning: true,
    }),
  ];
}
