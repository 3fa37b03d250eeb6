/** The layers of a graph: whoever stands in one waits only for those above. */
import type { Graph } from '../model/graph.ts';

/** Layer of each node, from 0. Among steps, unlike steps on hosts, there may be rings; those are cut at the first in the file. */
export function layersOf({ nodes, edges }: Graph): ReadonlyMap<string, number> {
  const open = new Map(nodes.map(({ id }) => [id, 0]));
  const after = new Map<string, string[]>();
  for (const { from, to } of edges) {
    open.set(to, (open.get(to) ?? 0) + 1);
    const list = after.get(from);
    if (list) list.push(to);
    else after.set(from, [to]);
  }
  const layers = new Map<string, number>();
  const least = new Map<string, number>();
  const ready = nodes.filter(({ id }) => open.get(id) === 0).map(({ id }) => id);
  let next = 0;
  while (layers.size < nodes.length) {
    const id = ready.shift() ?? cut();
    if (id === undefined) break;
    if (layers.has(id)) continue;
    const layer = least.get(id) ?? 0;
    layers.set(id, layer);
    for (const to of after.get(id) ?? []) {
      if (layers.has(to)) continue;
      least.set(to, Math.max(least.get(to) ?? 0, layer + 1));
      open.set(to, (open.get(to) ?? 0) - 1);
      if (open.get(to) === 0) ready.push(to);
    }
  }
  return layers;

  function cut(): string | undefined {
    while (next < nodes.length && layers.has(nodes[next]?.id ?? '')) next += 1;
    return nodes[next]?.id;
  }
}
