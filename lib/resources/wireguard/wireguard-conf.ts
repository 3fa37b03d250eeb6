/** The file of a WireGuard interface in a desired state; the private key is joined in on the host. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { known, Unknown } from '../../base/unknown.ts';
import {
  type At,
  type Difference,
  type Draft,
  type Effect,
  PlanError,
  type Resource,
} from '../../model/resource.ts';
import { parentUse } from '../file/file-parent.ts';
import { bothBack, keptBack } from '../file/kept-back.ts';
import { temporaryBeside } from '../file/temporary.ts';
import { runningBack } from './wireguard-back.ts';
import {
  confPath,
  NO_WIREGUARD_CONF,
  type WireguardConfState,
  wireguardConfKey,
  wireguardConfKind,
} from './wireguard-conf-kind.ts';
import { printConf, shownConf } from './wireguard-conf-text.ts';
import { type WireguardKeyState, wireguardKeyKey, wireguardKeyRef } from './wireguard-key-kind.ts';
import { type WireguardState, wireguardInterfaceKey, wireguardRef } from './wireguard-kind.ts';
import { type MovedEndpoint, movedEndpoints, withEndpoints } from './wireguard-moved.ts';
import { unknownPeer, type WireguardWish } from './wireguard-wish.ts';

const OWNED = { owner: 'root', group: 'root', mode: '0600' } as const;

export function wireguardConf(wish: WireguardWish): Resource<WireguardConfState> {
  const path = confPath(wish.interface);
  const unknown = unknownPeer(wish);
  return {
    kind: wireguardConfKind,
    key: wireguardConfKey(wish.interface),
    ...(unknown ? { unknown } : {}),
    uses: [...parentUse(path), wireguardKeyRef(wish.keyPath)],
    reads: [wireguardRef(wish.interface)],
    plan(state, at, now) {
      if (state.exists && state.type !== 'file') throw inTheWay(path, state);
      const publicKey = privateHalf(wish, at);
      return contentDraft(wish, state, publicKey, at, now) ?? attributeDraft(path, state, now);
    },
  };
}

function inTheWay(path: string, { type }: WireguardConfState): PlanError {
  return new PlanError(
    `${path} is ${type === 'symlink' ? 'a link' : 'not a file'}: it is not replaced`,
    'remove it in an earlier step',
  );
}

/** The public half of the key that belongs into the file: Unknown where the pair is yet to be made. */
function privateHalf({ keyPath }: WireguardWish, at: At): string | Unknown {
  const key = at<WireguardKeyState>(wireguardKeyKey(keyPath));
  if (key === undefined || key instanceof Unknown) return new Unknown('the key pair is made');
  if (key.publicKey !== '') return key.publicKey;
  throw new PlanError(
    `${keyPath} holds no private key of WireGuard`,
    'put the right key back, or have a new one made by the step of task wireguard_key',
  );
}

/** A pair yet to be made is in the file only where the file, too, waits for it. */
function sameKey(found: string | Unknown, wanted: string | Unknown): boolean {
  return wanted instanceof Unknown ? found instanceof Unknown : found instanceof Unknown || found === wanted;
}

function contentDraft(
  wish: WireguardWish,
  state: WireguardConfState,
  publicKey: string | Unknown,
  at: At,
  now: number,
): Draft<WireguardConfState> | null {
  const text = shownConf(wish);
  const waits = unknownPeer(wish);
  if (state.text instanceof Unknown && waits) return null;
  const before = state.exists ? known(state.text) : null;
  const sameText = before === text;
  if (sameText && sameKey(state.publicKey, publicKey)) return null;
  const path = confPath(wish.interface);
  const moved = before === null ? [] : movedEndpoints(before, wish);
  return {
    action: state.exists ? 'update' : 'create',
    summary: summary(state, sameText),
    diff: differences(path, before, text, state, publicKey),
    after: {
      ...OWNED,
      exists: true,
      type: 'file',
      text: waits ?? text,
      publicKey,
      sum: new Unknown(`${path} is written`),
    },
    guard: unchanged(path, state),
    run: waits ? sh`false` : write(wish, path, state, moved),
    effects: moved.length === 0 ? [] : endpointEffects(wish, moved, at),
    opaque: false,
    inverse: 'yes',
    back:
      moved.length === 0
        ? keptBack([path], now)
        : bothBack(keptBack([path], now), runningBack(wish.interface, now)),
    ...(moved.length === 0 ? {} : { cuts: 'wireguard' }),
  };
}

function summary(state: WireguardConfState, sameText: boolean): string {
  if (!state.exists) return 'create, mode 0600, private key joined in on the host';
  return sameText ? 'the private key of the present pair' : 'content';
}

function differences(
  path: string,
  before: string | null,
  after: string,
  state: WireguardConfState,
  publicKey: string | Unknown,
): readonly Difference[] {
  const list: Difference[] = [];
  if (before !== after) list.push({ kind: 'text', path, before, after });
  if (state.exists && !sameKey(state.publicKey, publicKey)) {
    const shown = (key: string | Unknown) => (key instanceof Unknown ? 'a new pair' : key || 'none');
    list.push({ kind: 'field', name: 'key pair', from: shown(state.publicKey), to: shown(publicKey) });
  }
  return list;
}

function endpointEffects(wish: WireguardWish, moved: readonly MovedEndpoint[], at: At): readonly Effect[] {
  const running = at<WireguardState>(wireguardInterfaceKey(wish.interface));
  if (running === undefined || running instanceof Unknown || !running.exists) return [];
  const to: WireguardState = withEndpoints(running, moved);
  return [{ key: wireguardInterfaceKey(wish.interface), to }];
}

function unchanged(path: string, state: WireguardConfState): Sh {
  if (!state.exists) return sh`[ ! -e ${path} ] && [ ! -h ${path} ] || exit 75`;
  if (state.sum instanceof Unknown) return sh`[ -f ${path} ] && [ ! -h ${path} ] || exit 75`;
  return sh`[ -f ${path} ] && [ ! -h ${path} ] && tb_sum=$(sha256sum <${path}) && [ "$tb_sum" = ${`${state.sum}  -`} ] || exit 75`;
}

/** Beside the file first, closed from the first moment. The key passes through a variable of the shell alone. */
function write(
  wish: WireguardWish,
  path: string,
  state: WireguardConfState,
  moved: readonly MovedEndpoint[],
): Sh {
  return join([
    sh`umask 077; p=${path}`,
    temporaryBeside(),
    sh`trap 'rm -f "$t"' EXIT; trap 'exit 143' HUP INT TERM`,
    sh`k=$(cat ${wish.keyPath}) && [ -n "$k" ] || { echo "the private key cannot be read from "${wish.keyPath} >&2; exit 1; }`,
    sh`{ ${printConf(wish)}; } >"$t" || { echo "cannot write $t: is the disk full?" >&2; exit 1; }`,
    sh`unset k; chown root:root "$t" && chmod 0600 "$t" || exit 1`,
    sh`sync "$t" 2>/dev/null`,
    ...moved.map(({ publicKey, endpoint }) => moveEndpoint(wish.interface, publicKey, endpoint)),
    sh`( ${unchanged(path, state)} ) || exit $?`,
    sh`mv -f "$t" ${path} || exit 1`,
    sh`trap - EXIT`,
  ]);
}

/** An endpoint that was changed on purpose: without this, a peer that still answers would keep its old one. */
function moveEndpoint(name: string, publicKey: string, endpoint: string): Sh {
  return sh`if wg show ${name} public-key >/dev/null 2>&1; then wg set ${name} peer ${publicKey} endpoint ${endpoint} || exit 1; fi`;
}

function attributeDraft(
  path: string,
  state: WireguardConfState,
  now: number,
): Draft<WireguardConfState> | null {
  const names = (['owner', 'group', 'mode'] as const).filter((name) => state[name] !== OWNED[name]);
  if (names.length === 0) return null;
  return {
    action: 'update',
    summary: names.map((name) => `${name} ${state[name]} → ${OWNED[name]}`).join(', '),
    diff: names.map((name) => ({ kind: 'field', name, from: state[name], to: OWNED[name] })),
    after: { ...state, ...OWNED },
    run: sh`chown -h root:root ${path} && chmod 0600 ${path} || exit 1`,
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: keptBack([path], now),
  };
}

/** The file shall not be there. */
export function noWireguardConf(name: string): Resource<WireguardConfState> {
  const path = confPath(name);
  return {
    kind: wireguardConfKind,
    key: wireguardConfKey(name),
    plan(state, _, now) {
      if (!state.exists) return null;
      if (state.type === 'other') throw inTheWay(path, state);
      return {
        action: 'delete',
        summary: 'remove it',
        diff: [],
        after: NO_WIREGUARD_CONF,
        run: sh`rm -f -- ${path} || exit 1`,
        effects: [],
        opaque: false,
        inverse: 'yes',
        back: keptBack([path], now),
      };
    },
  };
}
