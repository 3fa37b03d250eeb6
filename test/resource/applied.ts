/** Brings a resource to its state on this machine as the engine would: read, plan, guard, write, read, plan. */
import type { Key } from '../../lib/model/key.ts';
import type { At, State } from '../../lib/model/kind.ts';
import type { AnyResource, Draft } from '../../lib/model/resource.ts';
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
  const { rc, err } = draft ? write(shell, draft, env) : { rc: 0, err: '' };
  const after = look(shell, resource);
  return { draft, rc, err, state: after.own, left: rc === 0 ? resource.plan(after.own, after.at, 2) : null };
}

function write(shell: Shell, draft: Draft, env: Readonly<Record<string, string>>) {
  const guard = draft.guard ? shell.run(draft.guard, env) : { rc: 0, err: '' };
  return guard.rc === 0 ? shell.run(draft.run, env) : guard;
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
