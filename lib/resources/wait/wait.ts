/** Waiting for a port, a file or a command: a check that may take its time. */
import { sha256, toBytes } from '../../base/bytes.ts';
import { findUnknown, UnknownUsed } from '../../base/unknown.ts';
import type { Resource } from '../../model/resource.ts';
import { commandHash, commandTitle } from '../command/command-text.ts';
import { check } from '../network/check.ts';
import { type Look, type WaitHint, type WaitState, waitKey, waitKind } from './wait-kind.ts';

export interface WaitWish {
  readonly look: Look;
  /** False: until it is gone. */
  readonly there: boolean;
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly user?: string | undefined;
}

export function wait(wish: WaitWish): Resource<WaitState, WaitHint> {
  const unknown = findUnknown(wish);
  if (unknown) throw new UnknownUsed(unknown);
  const { look, there, timeoutMs, intervalMs, user } = wish;
  const title = titleOf(look);
  return {
    ...check<WaitState, WaitHint>({
      kind: waitKind,
      key: waitKey(keyOf(look, user)),
      hint: { look },
      ...(user === undefined ? {} : { user }),
      title,
      judge: (state) =>
        state.there === there
          ? undefined
          : { cause: `${goalOf(look, there)}: ${state.seen}`, hint: hintOf(look) },
      seen: (state) => `${title}: ${state.seen}`,
    }),
    awaits: { ms: timeoutMs, hint: (ms) => ({ look, until: { there, ms, intervalMs } }) },
  };
}

function titleOf(look: Look): string {
  if (look.kind === 'port') return `TCP ${look.port} of ${look.to}`;
  return look.kind === 'file' ? look.path : `command ${commandTitle(look.spec)}`;
}

function keyOf(look: Look, user: string | undefined): string {
  if (look.kind === 'command') return `command ${commandHash(look.spec, user)} ${look.status}`;
  if (look.kind === 'file') {
    const text = look.contains === undefined ? '' : ` ${sha256(toBytes(look.contains)).slice(0, 8)}`;
    return `file ${look.path}${text}${user === undefined ? '' : ` as ${user}`}`;
  }
  const { from, vrf, netns } = look.origin;
  const origin = Object.entries({ from, vrf, netns }).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  );
  return ['port', look.to, look.port, ...origin].join(' ');
}

function goalOf(look: Look, there: boolean): string {
  const title = titleOf(look);
  if (look.kind === 'port') return `${title} ${there ? 'takes no connections' : 'still takes connections'}`;
  if (look.kind === 'command')
    return `${title} ${there ? 'does not end' : 'still ends'} with status ${look.status}`;
  if (look.contains === undefined) return `${title} is ${there ? 'not there' : 'still there'}`;
  return `${title} ${there ? 'does not hold' : 'still holds'} \`${look.contains}\``;
}

function hintOf(look: Look): string {
  if (look.kind === 'port')
    return 'look at what should listen there, and at firewalls in between; or raise `timeout`';
  return look.kind === 'file'
    ? 'look at what should write or remove it; or raise `timeout`'
    : 'try the command on the host; or raise `timeout`';
}
