/** An inventory on a terminal: a line for each host, a tree of groups, a page for one host. */
import { formatPlace } from '../base/problem.ts';
import type { LoadedInventory } from '../load/inventory/inventory.ts';
import type { HostEntry, InventoryView } from '../load/inventory/inventory-view.ts';
import { placeOf } from '../load/source/node.ts';
import { table } from './text-table.ts';
import { valueText } from './value-text.ts';

export function hostLines({ hosts, groups, secrets }: InventoryView): string {
  const rows = Object.entries(hosts).map(([name, host]) => [
    name,
    host.connection === 'local'
      ? 'this machine'
      : `${host.user ? `${host.user}@` : ''}${host.address}${host.port ? `:${host.port}` : ''}`,
    host.groups.filter((group) => group !== 'all').join(', '),
  ]);
  const names = Object.keys(secrets);
  const counts = [`${rows.length} hosts`, `${Object.keys(groups).length - 1} groups`];
  if (names.length > 0) counts.push(`secrets: ${Object.values(secrets).join(', ')}`);
  return `${table(rows)}\n${counts.join(' · ')}`;
}

/** Each group once with its hosts; where it stands again, only its name. */
export function groupTree({ groups }: InventoryView): string {
  const inner = new Set(Object.values(groups).flatMap(({ children }) => children));
  const lines: string[] = ['all'];
  const shown = new Set<string>();
  const walk = (
    items: readonly { readonly name: string; readonly group: boolean }[],
    indent: string,
  ): void => {
    for (const [at, { name, group }] of items.entries()) {
      const last = at === items.length - 1;
      const again = group && shown.has(name);
      lines.push(`${indent}${last ? '└─ ' : '├─ '}${name}${group ? ':' : ''}${again ? ' (see above)' : ''}`);
      if (!group || again) continue;
      shown.add(name);
      walk(below(name), `${indent}${last ? '   ' : '│  '}`);
    }
  };
  const below = (name: string): readonly { readonly name: string; readonly group: boolean }[] => {
    const { children = [], hosts = [] } = groups[name] ?? {};
    const there = children.filter((child) => groups[child]);
    const within = new Set(there.flatMap((child) => groups[child]?.hosts ?? []));
    const own = hosts.filter((host) => !within.has(host));
    return [
      ...there.map((each) => ({ name: each, group: true })),
      ...own.map((each) => ({ name: each, group: false })),
    ];
  };
  const tops = Object.keys(groups).filter((name) => name !== 'all' && !inner.has(name));
  const grouped = new Set(tops.flatMap((name) => groups[name]?.hosts ?? []));
  const alone = (groups.all?.hosts ?? []).filter((host) => !grouped.has(host));
  walk(
    [...tops.map((name) => ({ name, group: true })), ...alone.map((name) => ({ name, group: false }))],
    '',
  );
  return lines.join('\n');
}

/** How it is reached, then each variable with the place that wins. */
export function hostPage(name: string, entry: HostEntry, { values }: LoadedInventory): string {
  const { vars, place, groups, ...keys } = entry;
  const rows = Object.entries(keys).map(([key, value]) => [`  ${key}`, valueText(value)]);
  const found = values.get(name);
  const settings = Object.entries(vars).map(([each, value]) => {
    const last = found?.settings(each).at(-1);
    return [`  ${each}`, valueText(value), last ? `${last.by}, ${formatPlace(placeOf(last.entry.key))}` : ''];
  });
  const variables = settings.length === 0 ? 'It has no variables.' : `Variables\n${table(settings)}`;
  return `${name}  ${place}\n${table([...rows, ['  groups', groups.join(', ')]])}\n\n${variables}`;
}
