/** MTUs of network interfaces: set together, each after what it lies upon. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { known, Unknown } from '../../base/unknown.ts';
import type { At } from '../../model/kind.ts';
import { type Draft, type Effect, PlanError, type Resource } from '../../model/resource.ts';
import { type LinkState, linkKey, linkKind, linkRef } from './link-kind.ts';
import { type LinkStackState, linkStackKey, linkStackRef } from './link-stack-kind.ts';
import { mtuBack, mtuCuts } from './mtu-back.ts';

/** By interface, bytes. */
export type Mtus = Readonly<Record<string, number>>;

/**
 * One resource each. The first that finds a difference plans one change for all of them, as they depend on each
 * other: a VLAN is never larger than its NIC, and a bridge nobody has set follows its lowest port.
 */
export function mtus(wanted: Mtus): readonly Resource<LinkState>[] {
  const names = Object.keys(wanted);
  return names.map((name) => ({
    kind: linkKind,
    key: linkKey(name),
    reads: [...names.filter((each) => each !== name).map(linkRef), ...names.map(linkStackRef)],
    plan(state, at) {
      refuseStack(name, wanted, state, at);
      return state.mtu === wanted[name] ? null : draft(name, state, wanted, at);
    },
  }));
}

function refuseStack(name: string, wanted: Mtus, state: LinkState, at: At): void {
  const bytes = wanted[name] ?? 0;
  if (!state.exists) {
    throw new PlanError(
      `there is no interface ${name} on this host`,
      'check the name (`ip link` lists them), or make the interface in an earlier step',
    );
  }
  const { lower, upper, bond } = stackAt(name, at);
  const under = bond
    ? undefined
    : Object.entries(lower).find(([other, mtu]) => (wanted[other] ?? mtu) < bytes);
  if (under) {
    const mtu = wanted[under[0]] ?? under[1];
    throw new PlanError(
      `${name} cannot have an MTU of ${bytes}: ${under[0]}, which it lies upon, has ${mtu}, and what is larger would be lost`,
      `give ${name} at most ${mtu}, or set that of ${under[0]} in the same step`,
    );
  }
  const over = Object.entries(upper).find(
    ([other, { mtu, bridge }]) => bridge && wanted[other] === undefined && mtu > bytes,
  );
  if (over) {
    throw new PlanError(
      `${name} cannot have an MTU of ${bytes}: its bridge ${over[0]} has ${over[1].mtu}, and what is larger would be lost`,
      `set that of ${over[0]} in the same step, to at most ${bytes}`,
    );
  }
}

function stackAt(
  name: string,
  at: At,
): LinkStackState | { lower: Mtus; upper: LinkStackState['upper']; bond: false } {
  const stack = at<LinkStackState>(linkStackKey(name));
  return stack === undefined ? { lower: {}, upper: {}, bond: false } : known(stack);
}

function draft(name: string, state: LinkState, wanted: Mtus, at: At): Draft<LinkState> {
  const found = new Map(
    Object.keys(wanted).map((each) => [each, each === name ? state : at<LinkState>(linkKey(each))] as const),
  );
  const lacking = [...found].flatMap(([each, link]) =>
    link && !(link instanceof Unknown) && link.exists && link.mtu !== wanted[each] ? [{ each, link }] : [],
  );
  const others = lacking.filter(({ each }) => each !== name).map(({ each }) => each);
  return {
    action: 'update',
    summary: `MTU ${state.mtu} → ${wanted[name]}${others.length > 0 ? `, and ${others.join(', ')}` : ''}`,
    diff: lacking.map(({ each, link }) => ({
      kind: 'field',
      name: each,
      from: String(link.mtu),
      to: String(wanted[each]),
    })),
    after: { ...state, mtu: wanted[name] ?? state.mtu },
    run: setting(wanted, at),
    effects: [
      ...lacking
        .filter(({ each }) => each !== name)
        .map(({ each, link }): Effect => ({ key: linkKey(each), to: withMtu(link, wanted[each]) })),
      ...neighbours(wanted, at).map((each): Effect => ({ key: linkKey(each) })),
      ...Object.keys(wanted).map(
        (each): Effect => ({ key: linkStackKey(each), to: stackAfter(each, wanted, at) }),
      ),
    ],
    opaque: false,
    inverse: 'yes',
    back: mtuBack(mtusBefore(found, wanted, at)),
    ...mtuCuts(Object.keys(wanted)),
  };
}

/** Also of what lies above and is not named. */
function mtusBefore(
  found: ReadonlyMap<string, LinkState | Unknown | undefined>,
  wanted: Mtus,
  at: At,
): ReadonlyMap<string, number> {
  const own = [...found].flatMap(([name, link]) =>
    link && !(link instanceof Unknown) && link.exists ? [[name, link.mtu] as const] : [],
  );
  const above = Object.keys(wanted).flatMap((name) =>
    Object.entries(stackAt(name, at).upper).map(([each, { mtu }]) => [each, mtu] as const),
  );
  return new Map([...above, ...own]);
}

function withMtu(link: LinkState, mtu = link.mtu): LinkState {
  return { ...link, mtu };
}

/** What lies above and is not named: bridges and VLANs may follow. */
function neighbours(wanted: Mtus, at: At): readonly string[] {
  const above = Object.keys(wanted).flatMap((name) => Object.keys(stackAt(name, at).upper));
  return [...new Set(above)].filter((name) => wanted[name] === undefined);
}

function stackAfter(name: string, wanted: Mtus, at: At): LinkStackState {
  const stack = stackAt(name, at);
  const lower = Object.entries(stack.lower).map(([each, mtu]) => [each, wanted[each] ?? mtu] as const);
  const upper = Object.entries(stack.upper).map(
    ([each, { mtu, bridge }]) => [each, { mtu: wanted[each] ?? mtu, bridge }] as const,
  );
  return {
    exists: true,
    bond: stack.bond,
    lower: Object.fromEntries(lower),
    upper: Object.fromEntries(upper),
  };
}

/** All of them, from the bottom up: one that is right already may have followed another. */
function setting(wanted: Mtus, at: At): Sh {
  const order = Object.keys(wanted).sort((a, b) => depth(a, wanted, at) - depth(b, wanted, at));
  return join(order.map((name) => sh`ip link set dev ${name} mtu ${wanted[name] ?? 0} || exit $?`));
}

function depth(name: string, wanted: Mtus, at: At): number {
  const { lower, bond } = stackAt(name, at);
  const below = Object.keys(lower).filter((each) => wanted[each] !== undefined);
  const deepest = Math.max(-1, ...below.map((each) => depth(each, wanted, at)));
  // Of a bond, what lies below follows.
  return bond ? -1 : deepest + 1;
}

/** For the boot: each by itself, as one may not be there yet. */
export function mtuScript(wanted: Mtus): Sh {
  const lines = Object.entries(wanted).map(
    ([name, bytes]) => sh`ip link set dev ${name} mtu ${bytes} || rc=1`,
  );
  // Twice: the second time whatever lies upon a link that was too small at first.
  return join([sh`rc=0`, sh`for pass in 1 2; do rc=0`, ...lines, sh`done; exit $rc`]);
}
