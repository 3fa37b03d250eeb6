/** A command: an act without a guard, a resource with one, a query when it changes nothing. */
import { findUnknown, Unknown, UnknownUsed } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import {
  type At,
  type Draft,
  type Effect,
  PlanError,
  type Ref,
  type Resource,
} from '../../model/resource.ts';
import { fileRef } from '../file/file-kind.ts';
import { fileKey } from '../file/file-state.ts';
import { type CommandState, commandKind } from './command-kind.ts';
import { type CommandSpec, commandHash, commandTitle, launch } from './command-text.ts';

export interface CommandWish extends CommandSpec {
  /** A path that the command makes: where it exists there is no need to run. */
  readonly creates?: string | undefined;
  /** never: a query. always: counts as changed even where a guard would prove it. */
  readonly changed?: 'never' | 'always' | undefined;
  /** Paths of all that it changes; `none`: nothing that any other step looks at. Undefined: anything may change. */
  readonly effects?: readonly string[] | 'none' | undefined;
  /** The account it runs as; undefined: the session's own. */
  readonly user?: string | undefined;
  /** It stands in a handler, which asks for it when it is owed. */
  readonly handler?: boolean | undefined;
}

/** `command:3fa9c1d0`: what runs, with guards and account, as a key. */
export function commandKey(wish: CommandWish): Key {
  const { run, chdir, env, stdin, unless, onlyIf, creates, changed, effects } = wish;
  const spec = { run, chdir, env, stdin, unless, onlyIf, creates, changed, effects };
  return `command:${commandHash(spec, wish.user)}`;
}

/** Throws UnknownUsed when any part of it is not known yet: neither it nor its guard could be run. */
export function command(wish: CommandWish): Resource<CommandState> {
  const unknown = findUnknown(wish);
  if (unknown) throw new UnknownUsed(unknown);
  const key = commandKey(wish);
  const query = wish.changed === 'never' && !wish.handler;
  const guarded = wish.creates !== undefined || wish.unless !== undefined || wish.onlyIf !== undefined;
  const act = !query && (!guarded || wish.changed === 'always' || wish.handler === true);
  // A path that exists is read like any file; what a guard or a query looks at can be anything.
  const late = query || wish.unless !== undefined || wish.onlyIf !== undefined;
  const uses: readonly Ref[] = wish.chdir === undefined ? [] : [fileRef(wish.chdir)];
  return {
    kind: commandKind(key, wish, query),
    key,
    title: `command ${commandTitle(wish)}`,
    ...(wish.user === undefined ? {} : { user: wish.user }),
    uses,
    reads: wish.creates === undefined ? [] : [fileRef(wish.creates)],
    ...(late ? { late: {} } : {}),
    ...(act ? { act: true } : {}),
    plan(state, at) {
      if (state.noFolder && (query || late)) {
        throw new PlanError(`the folder ${wish.chdir} to run in is not there`, 'make it in an earlier step');
      }
      if (query) return refuseFailure(wish, state);
      return guarded && !needed(wish, state, at) ? null : draft(wish, state);
    },
  };
}

/** A query has run by now; it has no more to do, but may have failed. */
function refuseFailure(wish: CommandWish, state: CommandState): null {
  if (state.rc === 0) return null;
  const printed = `${state.stdout instanceof Unknown ? '' : state.stdout}\n${state.stderr}`.trim();
  const last = printed.split('\n').slice(-5).join('\n');
  throw new PlanError(
    `\`${commandTitle(wish)}\` failed with status ${state.rc}${last ? `:\n${last}` : ''}`,
    'a command with `changed: never` must succeed; end it with `|| true` where it may not',
  );
}

function needed(wish: CommandWish, state: CommandState, at: At): boolean {
  if (state.done) return false;
  if (wish.creates !== undefined && exists(wish.creates, at)) return false;
  return state.unless !== true && state.onlyIf !== false;
}

function exists(path: string, at: At): boolean {
  const state = at(fileKey(path));
  return state !== undefined && !(state instanceof Unknown) && state.exists;
}

function draft(wish: CommandWish, state: CommandState): Draft<CommandState> {
  const query = wish.changed === 'never';
  const paths = wish.effects === 'none' || query ? [] : (wish.effects ?? []);
  const touched = [...paths, ...(wish.creates === undefined ? [] : [wish.creates])];
  const effects: Effect[] = [...new Set(touched.map(fileKey))].map((key) => ({ key }));
  return {
    action: 'run',
    summary: `run ${commandTitle(wish)}`,
    diff: [],
    after: {
      ...state,
      rc: 0,
      stdout: new Unknown(`what \`${commandTitle(wish)}\` prints`),
      done: true,
    },
    run: launch(wish),
    effects,
    opaque: wish.effects === undefined && !query,
    captures: true,
    ...(query ? { quiet: true } : {}),
    inverse: 'no',
  };
}

export type { CommandState } from './command-kind.ts';
