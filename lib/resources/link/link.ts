/** A network interface of ours in a desired state: made, or changed in place; only what cannot be changed is made anew. */
import { join, type Sh, sh } from '../../base/sh.ts';
import {
  type At,
  type Difference,
  type Draft,
  type Effect,
  PlanError,
  type Resource,
} from '../../model/resource.ts';
import { tryAddresses } from '../lockout/address-trial.ts';
import { changedLinkBack, linkCuts, newLinkBack, removedLinkBack } from './link-back.ts';
import { linkEffects } from './link-effect.ts';
import { linkKind, linkRef } from './link-kind.ts';
import { type LinkState, linkKey, linkName, NO_LINK } from './link-state.ts';
import { kernelHas, linkTypeRef } from './link-type-kind.ts';
import { addLink, born, closeGap, FIXED, type Gap, gapOf, type LinkWish } from './link-wish.ts';

/** The link as it is wished for. Its master has to come before it in the list. */
export function link(wish: LinkWish): Resource<LinkState> {
  return {
    kind: linkKind,
    key: linkKey(wish.name),
    reads: [
      ...(wish.type === 'port' ? [] : [linkTypeRef(wish.type)]),
      ...(wish.master === '' ? [] : [linkRef(wish.master)]),
      ...(wish.members ?? []).map(linkRef),
      ...(wish.proof === undefined ? [] : [linkRef(wish.proof)]),
    ],
    plan(state, at, now) {
      if (!state.exists) return creation(wish, at);
      refuseStranger(wish, state);
      if (wish.type !== 'port' && [...FIXED].some((name) => differs(wish, state, name))) {
        return replacement(wish, state, at);
      }
      return update(wish, state, at, now);
    },
  };
}

/** What the host does for it at boot: nothing where all is there. */
export function linkScript(wish: LinkWish): Sh {
  const there = sh`ip link show dev ${wish.name} >/dev/null 2>&1`;
  const all = join([
    ...(wish.type === 'port'
      ? []
      : [
          sh`${there} || { ${addLink(wish)}
}`,
        ]),
    closeGap(wish, gapOf(wish, born(wish))),
  ]);
  // A port may come later, or not at all: who makes it joins it.
  return wish.type === 'port' ? sh`if ${there}; then ( ${all} ); fi` : sh`( ${all} )`;
}

const PLAIN = { effects: [], opaque: false } as const;

function differs(wish: LinkWish, state: LinkState, name: string): boolean {
  return wish.settings[name] !== undefined && wish.settings[name] !== state.settings[name];
}

function refuseStranger(wish: LinkWish, state: LinkState): void {
  if (wish.type === 'port' || state.type === wish.type) return;
  throw new PlanError(
    `the interface ${wish.name} is there already and is ${state.type === '' ? 'a NIC' : `of type ${state.type}`}, not ${wish.type}`,
    `choose another name, or remove that interface first: ip link delete ${wish.name}`,
  );
}

/** A bridge that somebody else has made may hold the address by which the host is reached. */
function refuseAddresses({ name, proof }: LinkWish, { dropAddresses }: Gap, at: At): void {
  if (proof === undefined || dropAddresses.length === 0) return;
  const member = at<LinkState>(linkKey(proof));
  if (member === undefined || !('exists' in member) || member.master === name) return;
  throw new PlanError(
    `the interface ${name} is there already, with the address ${dropAddresses.join(', ')}, and is not this overlay's (${proof} is not part of it)`,
    `choose another name; or, if it may go, take the address away first: ip address delete ${dropAddresses[0]} dev ${name}`,
  );
}

/** What the wish comes to. */
function fulfilled(wish: LinkWish, state: LinkState): LinkState {
  return {
    ...state,
    up: true,
    mtu: wish.mtu ?? state.mtu,
    mac: wish.mac ?? state.mac,
    master: wish.master,
    addresses: [...(wish.addresses ?? state.addresses)].sort(),
    settings: { ...state.settings, ...wish.settings },
  };
}

function creation(wish: LinkWish, at: At): Draft<LinkState> {
  if (wish.type === 'port') {
    throw new PlanError(
      `there is no interface ${wish.name} to join to ${wish.master}`,
      'check the name, or make the interface in an earlier step',
    );
  }
  kernelHas(wish.type, at);
  const after = fulfilled(wish, born(wish));
  const start = born(wish);
  return {
    ...PLAIN,
    action: 'create',
    summary: `make the ${wish.type}${described(wish)}`,
    diff: differences(NO_LINK, after, wish),
    after,
    run: join([addLink(wish), closeGap(wish, gapOf(wish, start))]),
    effects: linkEffects(wish.name, NO_LINK, after, at),
    inverse: 'yes',
    back: newLinkBack(wish.name),
    ...linkCuts(NO_LINK, after),
  };
}

function described(wish: LinkWish): string {
  const { id, local, table } = wish.settings;
  const parts = [
    ...(id === undefined ? [] : [`id ${id}`]),
    ...(local === undefined ? [] : [`local ${local}`]),
    ...(table === undefined ? [] : [`table ${table}`]),
    ...(wish.addresses ?? []),
    ...(wish.mtu === undefined ? [] : [`mtu ${wish.mtu}`]),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** Takes the link away and makes it again: its number cannot be changed. */
function replacement(wish: LinkWish, state: LinkState, at: At): Draft<LinkState> {
  const start = born(wish);
  const after = fulfilled(wish, start);
  const orphans = (wish.members ?? []).flatMap((name): readonly Effect[] => {
    const member = at<LinkState>(linkKey(name));
    if (member === undefined || !('exists' in member) || member.master !== wish.name) return [];
    const orphan: LinkState = { ...member, master: '' };
    return [{ key: linkKey(name), to: orphan }];
  });
  return {
    ...PLAIN,
    action: 'update',
    summary: `make the ${wish.type} anew${described(wish)}`,
    diff: differences(state, after, wish),
    after,
    run: join([
      sh`ip link delete dev ${wish.name} || exit $?`,
      addLink(wish),
      closeGap(wish, gapOf(wish, start)),
    ]),
    trial: tryAddresses({ link: wish.name, addresses: state.addresses, whole: false }),
    effects: [...linkEffects(wish.name, state, after, at), ...orphans],
    inverse: 'approximate',
    back: removedLinkBack({ ...wish, members: orphans.map(({ key }) => linkName(key)) }, state),
    ...linkCuts(state, after),
  };
}

function update(wish: LinkWish, state: LinkState, at: At, now: number): Draft<LinkState> | null {
  const gap = gapOf(wish, state);
  if (!isGap(gap)) return null;
  refuseAddresses(wish, gap, at);
  const after = fulfilled(wish, state);
  const diff = differences(state, after, wish);
  return {
    ...PLAIN,
    action: 'update',
    summary: diff
      .map((each) => (each.kind === 'field' ? `${each.name} ${each.from} → ${each.to}` : ''))
      .join(', '),
    diff,
    after,
    run: closeGap(wish, gap),
    ...(gap.dropAddresses.length > 0
      ? { trial: tryAddresses({ link: wish.name, addresses: gap.dropAddresses, whole: false }) }
      : {}),
    effects: linkEffects(wish.name, state, after, at),
    inverse: 'yes',
    back: changedLinkBack(wish, state, now),
    ...linkCuts(state, after),
  };
}

function isGap(gap: Gap): boolean {
  const { settings, addAddresses, dropAddresses, up, ...rest } = gap;
  const lists = [Object.keys(settings), addAddresses, dropAddresses];
  return up || Object.keys(rest).length > 0 || lists.some((list) => list.length > 0);
}

function switched(link: LinkState): string {
  return link.up ? 'up' : 'down';
}

function differences(from: LinkState, to: LinkState, wish: LinkWish): readonly Difference[] {
  const fields: readonly (readonly [string, string, string])[] = [
    ['state', from.exists ? switched(from) : '', switched(to)],
    ['mtu', from.exists ? String(from.mtu) : '', String(to.mtu)],
    ['mac', from.mac, to.mac],
    ['master', from.master, to.master],
    ['addresses', from.addresses.join(' '), to.addresses.join(' ')],
    ...Object.entries(wish.settings).map(
      ([name, value]) => [name.replace(/^slave_/, 'port '), from.settings[name] ?? '', value] as const,
    ),
  ];
  return fields
    .filter(([, before, after]) => before !== after)
    .map(([name, before, after]) => ({ kind: 'field', name, from: before || 'none', to: after || 'none' }));
}
