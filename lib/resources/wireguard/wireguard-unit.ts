/** The unit that brings a WireGuard interface up: at boot, and now where the interface is not there. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { type At, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { linkRef } from '../link/link-kind.ts';
import { type LinkState, linkKey, NO_LINK } from '../link/link-state.ts';
import { type PackageState, packageRef } from '../package/package-kind.ts';
import { service } from '../unit/service.ts';
import { unitDraft } from '../unit/service-draft.ts';
import type { UnitState } from '../unit/unit-kind.ts';
import { type WireguardConfState, wireguardConfKey, wireguardConfRef } from './wireguard-conf-kind.ts';
import { startedInterface } from './wireguard-interface.ts';
import { NO_WIREGUARD, type WireguardState, wireguardInterfaceKey, wireguardRef } from './wireguard-kind.ts';
import { startedLink } from './wireguard-link.ts';
import { hasDefaultRoute, isDefault, unknownPeer, type WireguardWish } from './wireguard-wish.ts';

const PACKAGE = 'wireguard-tools';

/** Milliseconds in which a userspace tunnel that cannot live dies. */
const SETTLE = 1000;

/** wg-quick waits for a name server for ever; a run does not. */
const LIMIT = 180_000;

export function wireguardUnitName(name: string): string {
  return `wg-quick@${name}.service`;
}

/** The interface's unit, enabled and started; what it starts is foreseen. */
export function wireguardUnit(wish: WireguardWish): Resource<UnitState> {
  const unit = wireguardUnitName(wish.interface);
  const plain = service(unit, { enabled: true, running: true, settleMs: SETTLE });
  return {
    ...plain,
    reads: [
      ...(plain.reads ?? []),
      linkRef(wish.interface),
      wireguardRef(wish.interface),
      wireguardConfRef(wish.interface),
      packageRef(PACKAGE),
    ],
    plan(read, at, now) {
      const state = withTemplate(unit, read, at);
      const running = interfaceAt(wish.interface, at);
      const active = state.active === 'active' || state.active === 'reloading';
      const draft = plain.plan(state, at, now);
      if (!running)
        return starting(
          wish,
          at,
          active ? restart(plain, draft, state, now, 'its interface is gone') : draft,
        );
      if (!active) return draft && adopting(draft, wish.interface);
      return defaultRouteDiffers(wish, at)
        ? starting(wish, at, restart(plain, draft, state, now, 'its default route comes or goes'))
        : draft;
    },
  };
}

/** The package brings the unit along: a bare host has none before it is installed. */
function withTemplate(unit: string, state: UnitState, at: At): UnitState {
  const found = at<PackageState>(`package:${PACKAGE}`);
  if (state.exists || found === undefined || found instanceof Unknown || !found.exists) return state;
  return { ...state, exists: true, id: unit, load: 'loaded', file: 'disabled', type: 'oneshot' };
}

/** Whether the interface is up; a link of another sort in its place is an error. */
function interfaceAt(name: string, at: At): boolean {
  const link = at<LinkState>(linkKey(name));
  const running = at<WireguardState>(wireguardInterfaceKey(name));
  if (link === undefined || link instanceof Unknown || !link.exists) return false;
  if (running instanceof Unknown || running?.exists) return true;
  throw new PlanError(
    `there is an interface ${name} of type ${link.type || 'NIC'}, which is not WireGuard's`,
    'choose another name, or remove it in an earlier step',
  );
}

/** The rules that lead all traffic into the tunnel are made by wg-quick's start, and taken away by its stop, alone. */
function defaultRouteDiffers(wish: WireguardWish, at: At): boolean {
  const running = at<WireguardState>(wireguardInterfaceKey(wish.interface));
  if (wish.table !== 'auto' || running === undefined || running instanceof Unknown) return false;
  if (running.peers instanceof Unknown || unknownPeer(wish)) return false;
  // Without a mark it was set by hand, and leads nothing anywhere.
  const led = running.fwmark !== 0 && running.peers.some(({ allowedIps }) => allowedIps.some(isDefault));
  return hasDefaultRoute(wish) !== led;
}

function restart(
  plain: Resource<UnitState>,
  draft: Draft<UnitState> | null,
  state: UnitState,
  now: number,
  why: string,
): Draft<UnitState> {
  const verbs = draft ? (['enable', 'restart'] as const) : (['restart'] as const);
  const unit = plain.key.slice('unit:'.length);
  const wish = { enabled: true, running: true, settleMs: SETTLE };
  const made = unitDraft({ unit, wish, state, read: state, verbs, pays: draft?.pays ?? [], now });
  return { ...made, summary: `${made.summary} (${why})` };
}

function starting(wish: WireguardWish, at: At, draft: Draft<UnitState> | null): Draft<UnitState> | null {
  if (!draft) return null;
  const conf = at<WireguardConfState>(wireguardConfKey(wish.interface));
  const publicKey =
    conf === undefined || conf instanceof Unknown ? new Unknown('the key pair is made') : conf.publicKey;
  const link: LinkState = startedLink(wish);
  const running: WireguardState = startedInterface(wish, publicKey);
  const fromTo = interfaceAt(wish.interface, at)
    ? { from: 'up', to: 'started anew' }
    : { from: 'none', to: 'up' };
  return {
    ...draft,
    diff: [...draft.diff, { kind: 'field', name: `interface ${wish.interface}`, ...fromTo }],
    run: sh`${unadopted(wish.interface)}
${explained(draft.run)}`,
    effects: [
      ...draft.effects,
      { key: linkKey(wish.interface), to: link },
      { key: wireguardInterfaceKey(wish.interface), to: running },
    ],
    limitMs: LIMIT,
  };
}

const EXPLAIN = sh`if [ ! -e /sys/module/wireguard ] && ! command -v wireguard-go >/dev/null 2>&1; then
echo "this kernel has no WireGuard: install a kernel that does, or set \`userspace: true\`"; fi`;

function explained(run: Sh): Sh {
  return sh`( ${run} ) || { tb_rc=$?; ${EXPLAIN}; exit $tb_rc; }`;
}

/**
 * Somebody has brought the interface up by hand. wg-quick refuses to start what is there, and taking it down would cut
 * the tunnel: for a moment the unit is told to do nothing when it starts. When it stops, it does what it always does.
 */
function adopting(draft: Draft<UnitState>, name: string): Draft<UnitState> {
  const folder = dropIns(name);
  const run = join([
    sh`mkdir -p ${folder} && printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' >${folder}/${ADOPT} && systemctl daemon-reload || exit 1`,
    sh`( ${draft.run} ); tb_rc=$?`,
    unadopted(name),
    sh`exit $tb_rc`,
  ]);
  // Stopped without taking down what was up before.
  const released = join([
    sh`mkdir -p ${folder} && printf '[Service]\\nExecStop=\\nExecStop=/bin/true\\n' >${folder}/${ADOPT} && systemctl daemon-reload || exit 1`,
    sh`( ${draft.back?.restore ?? sh`:`} ); tb_rc=$?`,
    unadopted(name),
    sh`exit $tb_rc`,
  ]);
  const back = { ...draft.back, restore: released };
  return { ...draft, summary: `${draft.summary} (over the interface that is up)`, run, back };
}

const ADOPT = 'tightbeam-adopt.conf';

function dropIns(name: string): string {
  return `/run/systemd/system/${wireguardUnitName(name)}.d`;
}

/** Also before a start: what was cut short in between would leave a unit that starts nothing. */
function unadopted(name: string): Sh {
  const folder = dropIns(name);
  return sh`if [ -e ${folder}/${ADOPT} ]; then rm -f ${folder}/${ADOPT}; rmdir ${folder} 2>/dev/null; systemctl daemon-reload || exit 1; fi`;
}

/** Taken down and disabled. */
export function noWireguardUnit(name: string): Resource<UnitState> {
  const plain = service(wireguardUnitName(name), { enabled: false, running: false });
  return {
    ...plain,
    reads: [...(plain.reads ?? []), linkRef(name), wireguardRef(name)],
    plan(state, at, now) {
      const draft = plain.plan(state, at, now);
      if (draft?.action !== 'stop') return draft;
      return {
        ...draft,
        effects: [
          { key: linkKey(name), to: NO_LINK },
          { key: wireguardInterfaceKey(name), to: NO_WIREGUARD },
        ],
      };
    },
  };
}
