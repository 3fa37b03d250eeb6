/**
 * Brings a resource to its state on this machine as the engine would: read, plan, guard, write, read, plan. On the way the
 * change is taken back, and made again: so every change that a test makes shows that its way back leads back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sh } from '../../lib/base/sh.ts';
import type { Key } from '../../lib/model/key.ts';
import type { At, State } from '../../lib/model/kind.ts';
import type { AnyResource, Draft } from '../../lib/model/resource.ts';
import { assert } from '../suite.ts';
import { readKind, type Shell } from './shells.ts';

export interface Applied {
  readonly draft: Draft | null;
  /** Status and messages of the write; those of the guard when that said no (75: changed since it was read). */
  readonly rc: number;
  readonly err: string;
  /** What is there afterwards. */
  readonly state: State;
  /** What still would be done. */
  readonly left: Draft | null;
}

export function apply(
  shell: Shell,
  resource: AnyResource,
  env: Readonly<Record<string, string>> = {},
  between: () => void = () => {},
): Applied {
  const before = look(shell, resource);
  const draft = resource.plan(before.own, before.at, 1);
  between();
  const { rc, err } = draft
    ? withBackup(env, (world) =>
        write(shell, draft, world, () => counted(resource, look(shell, resource).own)),
      )
    : { rc: 0, err: '' };
  const after = look(shell, resource);
  return { draft, rc, err, state: after.own, left: rc === 0 ? resource.plan(after.own, after.at, 2) : null };
}

type Env = Readonly<Record<string, string>>;

function withBackup<T>(env: Env, work: (env: Env) => T): T {
  if (env.TB_BACKUP !== undefined) return work(env);
  const folder = mkdtempSync(join(tmpdir(), 'tb-backup-'));
  try {
    return work({ ...env, TB_BACKUP: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The parts of a state by which a change is undone. */
function counted({ kind }: AnyResource, state: State): unknown {
  return kind.review?.(state).counts ?? state;
}

function write(shell: Shell, draft: Draft, env: Env, now: () => unknown) {
  const run = (script: Sh | undefined) => (script ? shell.run(script, env) : { rc: 0, err: '' });
  const before = now();
  for (const ahead of [draft.guard, draft.back?.save]) {
    const { rc, err } = run(ahead);
    if (rc !== 0) return { rc, err };
  }
  const { back, inverse } = draft;
  assert.is(back === undefined, inverse === 'no', `the way back of: ${draft.summary}`);
  const goBack = (when: string) => {
    for (const script of [back?.restore, back?.finish]) {
      const { rc, err } = run(script);
      assert.is(rc, 0, `${when}: ${err}`);
    }
    assert.equal(now(), before, `${draft.summary}, ${when}`);
  };
  const made = run(draft.run);
  // Nothing can be brought back either where the host refuses the change itself.
  if (!back || made.rc !== 0) return made;
  goBack('after it was made');
  goBack('before it was made');
  run(draft.run);
  goBack('after it was made');
  goBack('for the second time');
  return run(draft.run);
}

/** The state of a resource and of everything that its plan looks at. */
export function look(shell: Shell, resource: AnyResource): { readonly own: State; readonly at: At } {
  const states = new Map<Key, State>();
  const refs: readonly AnyResource[] = [
    resource,
    ...((resource.uses ?? []) as AnyResource[]),
    ...((resource.reads ?? []) as AnyResource[]),
  ];
  for (const ref of refs) {
    const reading = readKind(shell, ref.kind, [ref]).get(ref.key);
    if (!reading || 'unreadable' in reading) throw new Error(`${ref.key}: ${reading?.unreadable}`);
    if (!states.has(ref.key)) states.set(ref.key, reading.state);
  }
  const own = states.get(resource.key);
  if (!own) throw new Error(`${resource.key} was not read`);
  return { own, at: <S extends State>(key: Key) => states.get(key) as S | undefined };
}
