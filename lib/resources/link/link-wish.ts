/** What a network interface of ours shall be, and the commands that make it so wherever it stands. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { type LinkState, NO_LINK } from './link-state.ts';

export interface LinkWish {
  readonly name: string;
  /** A kind of link that `ip link add` makes; `port`: one that is there already and is joined to `master`. */
  readonly type: 'bridge' | 'vxlan' | 'vrf' | 'port';
  /** Bytes; left out: whatever it has. */
  readonly mtu?: number;
  /** Left out: what the kernel gives it. */
  readonly mac?: string;
  /** Bridge or VRF it belongs to; empty: none. */
  readonly master: string;
  /** All that it shall have; left out: whatever it has. */
  readonly addresses?: readonly string[];
  /** As {@link LinkState} has them; `slave_` settings need a bridge as master. */
  readonly settings: Readonly<Record<string, string>>;
  /** A link that belongs to this one wherever it is ours: where it does not, no address is taken away. */
  readonly proof?: string;
  /** Links that lose their master where this one has to be made anew. */
  readonly members?: readonly string[];
}

/** Settings that a link has from its beginning to its end. */
export const FIXED: ReadonlySet<string> = new Set(['id', 'port', 'table']);

/** How `ip` wants to hear of a setting, where that is not its name and value. */
const WORDS: Readonly<Record<string, string>> = { port: 'dstport', local6: 'local' };

/** The command's words for settings of the type itself. */
function typeWords(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (name.startsWith('slave_')) return [];
    if (name === 'learning') return [value === 'true' ? 'learning' : 'nolearning'];
    return [WORDS[name] ?? name, value];
  });
}

/** The command's words for settings as a port of a bridge. */
function portWords(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    name.startsWith('slave_') ? [name.slice('slave_'.length), value === 'true' ? 'on' : 'off'] : [],
  );
}

/** Makes the link, switched off and on its own. */
export function addLink(wish: LinkWish): Sh {
  const words = typeWords(wish.settings);
  return sh`ip link add name ${wish.name} type ${wish.type} ${words} || exit $?`;
}

/**
 * Nobody speaks IPv6 on it but by addresses that were asked for; a kernel without IPv6 has no such setting. Said as the
 * link is switched on, and not as it is made: whoever is stopped in between finds it switched off, and says it again.
 */
function switchOn({ name, type }: LinkWish): Sh {
  const up = sh`ip link set dev ${name} up || exit $?`;
  return type === 'port' ? up : sh`ip link set dev ${name} addrgenmode none 2>/dev/null || :\n${up}`;
}

/** As {@link addLink} leaves it, but for what the kernel gives it. */
export function born(wish: LinkWish): LinkState {
  const own = Object.entries(wish.settings).filter(([name]) => !name.startsWith('slave_'));
  return { ...NO_LINK, exists: true, type: wish.type, settings: Object.fromEntries(own) };
}

export interface Gap {
  readonly mac?: string;
  readonly mtu?: number;
  readonly master?: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly addAddresses: readonly string[];
  readonly dropAddresses: readonly string[];
  readonly up: boolean;
}

/** What is missing for the wish, given what is there. */
export function gapOf(wish: LinkWish, state: LinkState): Gap {
  const wanted = wish.addresses ?? state.addresses;
  const dropAddresses = state.addresses.filter((address) => !wanted.includes(address));
  const moves = state.master !== wish.master;
  const settings = Object.entries(wish.settings).filter(
    // What a link is as a port it is told again in each bridge.
    ([name, value]) => state.settings[name] !== value || (moves && name.startsWith('slave_')),
  );
  return {
    ...(wish.mac === undefined || wish.mac === state.mac ? {} : { mac: wish.mac }),
    ...(wish.mtu === undefined || wish.mtu === state.mtu ? {} : { mtu: wish.mtu }),
    ...(moves ? { master: wish.master } : {}),
    settings: Object.fromEntries(settings),
    addAddresses:
      dropAddresses.length > 0 ? wanted : wanted.filter((each) => !state.addresses.includes(each)),
    dropAddresses,
    up: !state.up,
  };
}

/** The commands that close it, in an order in which each can succeed. */
export function closeGap(wish: LinkWish, gap: Gap): Sh {
  const { name, type } = wish;
  const own = typeWords(gap.settings);
  const port = portWords(gap.settings);
  const link = (...words: readonly (string | number)[]): Sh =>
    sh`ip link set dev ${name} ${words} || exit $?`;
  return join([
    ...(gap.mac === undefined ? [] : [link('address', gap.mac)]),
    ...(gap.mtu === undefined ? [] : [link('mtu', gap.mtu)]),
    ...(own.length === 0 ? [] : [link('type', type, ...own)]),
    ...(gap.master === undefined ? [] : [gap.master === '' ? link('nomaster') : link('master', gap.master)]),
    ...(port.length === 0 ? [] : [link('type', 'bridge_slave', ...port)]),
    ...(gap.up ? [switchOn(wish)] : []),
    // First what goes: with the first address of a subnet the kernel takes away all that came to it later.
    ...gap.dropAddresses.map((address) => sh`ip address delete ${address} dev ${name} || exit $?`),
    ...gap.addAddresses.map((address) => sh`ip address replace ${address} dev ${name} || exit $?`),
  ]);
}
