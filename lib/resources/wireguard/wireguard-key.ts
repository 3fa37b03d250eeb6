/** A private key of WireGuard in a desired state: made on the host, never shown, never replaced unasked. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { known, Unknown } from '../../base/unknown.ts';
import { type Difference, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { parentUse } from '../file/file-parent.ts';
import { plainPath } from '../file/file-state.ts';
import { keptBack } from '../file/kept-back.ts';
import { temporaryBeside } from '../file/temporary.ts';
import { packageRef } from '../package/package-kind.ts';
import {
  NO_WIREGUARD_KEY,
  rotationPath,
  type WireguardKeyState,
  wireguardKeyKey,
  wireguardKeyKind,
} from './wireguard-key-kind.ts';

export interface WireguardKeyWish {
  /** Another word than the last one asks for a new pair; undefined: the pair stays. One line of text. */
  readonly rotate?: string | undefined;
  readonly absent?: boolean | undefined;
}

/** The key at `path`, an absolute path; mode 0600, of root. */
export function wireguardKey(path: string, wish: WireguardKeyWish): Resource<WireguardKeyState> {
  const place = plainPath(path);
  return {
    kind: wireguardKeyKind,
    key: wireguardKeyKey(place),
    uses: wish.absent ? [] : [...parentUse(place), packageRef('wireguard-tools')],
    plan(state, _, now) {
      if (wish.absent) return state.exists ? removal(place, now) : null;
      if (!state.exists) return creation(place, wish, state, now);
      refuseOthers(place, state);
      if (wish.rotate !== undefined && wish.rotate !== state.rotation)
        return creation(place, wish, state, now);
      if (!(state.publicKey instanceof Unknown) && state.publicKey === '') throw corrupt(place);
      return attributes(place, state, now);
    },
  };
}

function refuseOthers(path: string, state: WireguardKeyState): void {
  if (state.type === 'file') return;
  throw new PlanError(
    `${path} is ${state.type === 'symlink' ? 'a link' : 'not a file'}, so no key is kept there`,
    'choose another path, or remove it in an earlier step',
  );
}

function corrupt(path: string): PlanError {
  return new PlanError(
    `${path} holds no private key of WireGuard (it is empty or damaged); it was left as it is`,
    'put the right key back; or have a new pair made: remove the file, or give `rotate` a new value',
  );
}

const PLAIN = { effects: [], opaque: false } as const;

function creation(
  path: string,
  wish: WireguardKeyWish,
  state: WireguardKeyState,
  now: number,
): Draft<WireguardKeyState> {
  const rotated = state.exists;
  const publicKey = new Unknown(`the key pair is made (${path})`);
  const diff: readonly Difference[] = [
    { kind: 'field', name: 'public key', from: shown(state), to: 'known after apply' },
  ];
  return {
    ...PLAIN,
    action: rotated ? 'update' : 'create',
    summary: rotated ? `make a new key pair (rotate: ${wish.rotate})` : 'make a key pair, mode 0600',
    diff,
    after: {
      exists: true,
      type: 'file',
      publicKey,
      mode: '0600',
      owner: 'root',
      group: 'root',
      rotation: wish.rotate ?? '',
    },
    // A key that came to stand there meanwhile is nobody's to overwrite.
    guard: rotated ? sh`[ -f ${path} ] && [ ! -h ${path} ] || exit 75` : sh`[ ! -e ${path} ] || exit 75`,
    run: make(path, wish.rotate),
    inverse: 'yes',
    back: keptBack([path, rotationPath(path)], now),
  };
}

function shown(state: WireguardKeyState): string {
  if (state.publicKey instanceof Unknown) return 'not known';
  return state.publicKey || 'none';
}

/** The word comes last: should something fail in between, the pair is made once more, and never one too few. */
function make(path: string, word: string | undefined): Sh {
  const note = rotationPath(path);
  return join([
    sh`umask 077; p=${path}`,
    temporaryBeside(),
    sh`trap 'rm -f "$t"' EXIT; trap 'exit 143' HUP INT TERM`,
    sh`wg genkey >"$t" && wg pubkey <"$t" >/dev/null || { echo "wg genkey made no key" >&2; exit 1; }`,
    sh`chown root:root "$t" && chmod 0600 "$t" || exit 1`,
    sh`sync "$t" 2>/dev/null; mv -f "$t" "$p" || exit 1`,
    sh`trap - EXIT`,
    word === undefined
      ? sh`rm -f ${note}`
      : sh`printf '%s\\n' ${word} >${note} && chmod 0600 ${note} || exit 1`,
  ]);
}

function attributes(path: string, state: WireguardKeyState, now: number): Draft<WireguardKeyState> | null {
  const wanted = { owner: 'root', group: 'root', mode: '0600' } as const;
  const names = (['owner', 'group', 'mode'] as const).filter((name) => state[name] !== wanted[name]);
  if (names.length === 0) return null;
  return {
    ...PLAIN,
    action: 'update',
    summary: names.map((name) => `${name} ${state[name]} → ${wanted[name]}`).join(', '),
    diff: names.map((name) => ({ kind: 'field', name, from: state[name], to: wanted[name] })),
    after: { ...state, ...wanted },
    run: sh`chown -h root:root ${path} && chmod 0600 ${path} || exit 1`,
    inverse: 'yes',
    back: keptBack([path], now),
  };
}

function removal(path: string, now: number): Draft<WireguardKeyState> {
  return {
    ...PLAIN,
    action: 'delete',
    summary: 'remove the key pair',
    diff: [],
    after: NO_WIREGUARD_KEY,
    run: sh`rm -f -- ${path} ${rotationPath(path)} || exit 1`,
    inverse: 'yes',
    back: keptBack([path, rotationPath(path)], now),
  };
}

/** The public half, for an output: known, or Unknown until the pair is made. */
export function publicHalf(state: WireguardKeyState): string | Unknown {
  if (!state.exists) return new Unknown('the key pair is made');
  return state.publicKey instanceof Unknown ? state.publicKey : known(state.publicKey);
}
