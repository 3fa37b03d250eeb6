/** The reload of a node's network: what waits beside /etc/network/interfaces takes its place, and is brought up. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { type Difference, type Draft, type Owed, PlanError, type Resource } from '../../model/resource.ts';
import { keptBack } from '../file/kept-back.ts';
import { callTask } from './pve-call.ts';
import { NETWORK, STAGED } from './pve-interface.ts';
import { pveKind } from './pve-kind.ts';
import { lifelines } from './pve-network-read.ts';
import { STAGED_INTERFACES } from './pve-question.ts';
import { fieldsOf, type PveHint, type PveState, type PveValue, titled } from './pve-state.ts';

const OWED = 'owed:pve.network';

export function networkReload({ lockout }: { readonly lockout: boolean }): Resource<PveState, PveHint> {
  return {
    ...STAGED,
    kind: pveKind,
    ...titled(NETWORK),
    // A reload that fails has taken the new file already: the mark alone knows that it has to be made again.
    debts: [{ mark: OWED, because: (key) => key.startsWith(`pve:${NETWORK}/`) }],
    plan(state, at, now) {
      const value = fieldsOf(state);
      const pending = Array.isArray(value.pending) ? (value.pending as readonly string[]) : [];
      const owed = at<Owed>(OWED);
      const again = owed !== undefined && !(owed instanceof Unknown) && owed.exists;
      if (pending.length === 0 && !again) return null;
      if (!lockout) refuseLost(value, 'set `allow_lockout: true`');
      return draft(state, pending, now);
    },
  };
}

/** Also what others have left there would come with a reload, and with every apply of the SDN. */
export function refuseLost({ now, next }: Readonly<Record<string, PveValue>>, otherwise: string): void {
  if (typeof now !== 'string' || typeof next !== 'string') return;
  const kept = lifelines(next);
  const lost = lifelines(now).filter((line) => !kept.includes(line));
  if (lost.length === 0) return;
  throw new PlanError(
    `what waits in /etc/network/interfaces.new takes away ${lost.join(', ')}: this node could not be reached any more`,
    `throw it away with \`pvesh delete /nodes/NODE/network\`, or ${otherwise}`,
  );
}

function draft(state: PveState, pending: readonly string[], id: number): Draft<PveState> {
  const { now, next } = fieldsOf(state);
  const names = pending.filter((name) => name !== 'interfaces.new');
  const diff: readonly Difference[] = [
    ...(typeof now === 'string' && typeof next === 'string'
      ? [{ kind: 'text', path: '/etc/network/interfaces', before: now, after: next } as const]
      : []),
    ...names.map((name) => ({ kind: 'field', name, from: 'declared', to: 'brought up' }) as const),
  ];
  return {
    action: 'reload',
    summary:
      pending.length === 0
        ? 'reload the network of the node once more: the last reload has failed'
        : `reload the network of the node: ${names.length > 0 ? names.join(', ') : 'changes wait'}`,
    diff,
    after: { ...state, value: { pending: [] } },
    run: callTask('set', NETWORK, {}, 240),
    effects: [],
    // Addresses, routes, bridges: whatever the file says.
    opaque: true,
    pays: [OWED],
    inverse: 'approximate',
    back: {
      ...keptBack(['/etc/network/interfaces', STAGED_INTERFACES], id),
      finish: sh`ifreload -a`,
      leaves: ['addresses and routes that were added by hand, of interfaces that are brought up again'],
    },
    cuts: 'address',
    limitMs: 300_000,
  };
}
