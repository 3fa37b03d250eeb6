/** From the paths of an expression to what it waits for: outputs of steps and facts of hosts. */
import type { Reference } from '../../model/runbook.ts';
import type { Path, Segment } from './path.ts';

/** Host `*` where it is computed; step `*` where that is. */
export function referencesOf(path: Path): readonly Reference[] {
  if (path.root === 'hosts') {
    const [host, ...rest] = path.segments;
    if (!host)
      return [
        { kind: 'output', step: '*', host: '*' },
        { kind: 'facts', host: '*' },
      ];
    return ofHost(rest, host.name ?? '*');
  }
  if (path.root === 'host') return ofHost(path.segments, undefined);
  if (path.root === 'steps' || path.root === 'facts') {
    return ofHost([{ name: path.root, optional: false }, ...path.segments], undefined);
  }
  return [];
}

function ofHost(segments: readonly Segment[], host: string | undefined): readonly Reference[] {
  const of = host === undefined ? {} : { host };
  const [area, step] = segments;
  const all: readonly Reference[] = [{ kind: 'output', step: step?.name ?? '*', ...of }];
  if (area?.name === 'steps') return all;
  if (area?.name === 'facts') return [{ kind: 'facts', ...of }];
  // The whole host, or a computed field of it: whatever it has.
  return area?.name === undefined ? [...all, { kind: 'facts', ...of }] : [];
}
