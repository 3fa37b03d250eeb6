/** Options of the firewall: those that are named are as they should be, the others stay. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { PlanError, type Ref, type Resource } from '../../model/resource.ts';
import { firewallCuts, withSections } from './pve-back.ts';
import { call } from './pve-call.ts';
import { differencesOf, fieldChanges, type PveFields, summaryOf } from './pve-compare.ts';
import { type FirewallFile, type FoundRule, firewallAt, firewallRef } from './pve-firewall-read.ts';
import { pveKind, pveRef } from './pve-kind.ts';
import { fieldsOf, type PveHint, type PveState, pveKey, titled } from './pve-state.ts';

const RULES: Ref<PveState, PveHint> = pveRef('/cluster/firewall/rules', {
  from: 'path',
  path: '/cluster/firewall/rules',
  missing: [],
});

/** Defaults of options that are not there. */
const DEFAULTS: Readonly<Record<string, string>> = {
  ebtables: '1',
  macfilter: '1',
  ndp: '1',
  policy_forward: 'ACCEPT',
};

/** `path`: `/cluster/firewall`. Of a node `enable` is on where nobody says it. */
export function firewallOptions(
  path: string,
  wanted: PveFields,
  { lockout }: { readonly lockout: boolean },
): Resource<PveState, PveHint> {
  const place = `${path}/options`;
  // Of the whole cluster: without a rule for it nobody who is not in the local network gets in any more.
  const guarded = path === '/cluster/firewall' && wanted.enable === true && !lockout;
  const defaults =
    path.startsWith('/nodes/') && path.endsWith('/firewall') && !/\/(qemu|lxc)\//.test(path)
      ? { ...DEFAULTS, enable: '1' }
      : DEFAULTS;
  return {
    kind: pveKind,
    key: pveKey(place),
    ...titled(place),
    hint: { from: 'path', path: place, missing: [] },
    reads: guarded ? [RULES, firewallRef(pveKind)] : [],
    plan(state, at, now) {
      const found = { ...defaults, ...fieldsOf(state) };
      const changes = fieldChanges(found, wanted, { sets: [], made: [], defaults: {} });
      if (changes.length === 0) return null;
      if (guarded && changes.some(({ name }) => name === 'enable'))
        refuseLockout(at<PveState>(RULES.key), firewallAt(at), wanted.policy_in ?? fieldsOf(state).policy_in);
      const set = Object.fromEntries(changes.map(({ name, option }) => [name, option ?? '']));
      return withSections(
        {
          action: 'update' as const,
          summary: summaryOf(changes),
          diff: differencesOf(changes),
          // What a step before this one has set has another digest by then.
          after: { exists: true, value: { ...found, ...set }, digest: '' },
          run: call('set', place, set, state.digest === '' ? [] : [sh`--digest`, sh`${state.digest}`]),
          effects: [],
          opaque: false,
          ...firewallCuts(
            place,
            changes.some(({ name, option }) =>
              name === 'enable' ? option === '1' : name.startsWith('policy_') && option !== 'ACCEPT',
            ),
          ),
        },
        { firewall: place },
        now,
      );
    },
  };
}

/** Whoever comes from elsewhere would be shut out: told before it is switched on. */
function refuseLockout(
  rules: PveState | Unknown | undefined,
  file: FirewallFile | undefined,
  policy: unknown,
): void {
  if (policy === 'ACCEPT' || !rules || rules instanceof Unknown || !file) return;
  // Whom Proxmox lets in of itself.
  if (file.management.length > 0 || file.localNetwork !== '') return;
  const list = Array.isArray(rules.value) ? (rules.value as readonly FoundRule[]) : [];
  const opens = list
    .flatMap((rule) =>
      rule.type === 'group' && isOn(rule) ? (file.groups[String(rule.action)] ?? []) : [rule],
    )
    .some((rule) => isOn(rule) && rule.type === 'in' && rule.action === 'ACCEPT' && letsSshIn(rule));
  if (opens) return;
  throw new PlanError(
    'switching the firewall on would shut out everybody who does not come from the local network: no rule of the cluster lets SSH in, nor one of a group that it attaches',
    'make such rules first (pve_firewall_rules), or set `allow_lockout: true`',
  );
}

function isOn({ enable }: FoundRule): boolean {
  return Number(enable ?? 0) === 1;
}

function letsSshIn({ macro, proto, dport }: FoundRule): boolean {
  if (macro !== undefined) return macro === 'SSH';
  if (proto === undefined) return true;
  if (proto !== 'tcp' && proto !== '6') return false;
  if (dport === undefined) return true;
  return String(dport)
    .split(',')
    .some((each) => {
      const [first = '', last = first] = each.split(/[:-]/);
      return first === 'ssh' || (Number(first) <= 22 && Number(last) >= 22);
    });
}
