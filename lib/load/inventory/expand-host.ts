/** Entries of `hosts:` whose name holds a range, as one entry for each host they stand for. */
import { formatPlace } from '../../base/problem.ts';
import { child, type Entry, type MapNode, type Node, placeOf, textOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { MOST_HOSTS, mayHoldRange, nameRange, type RangeText, textRange, tooMany } from './host-range.ts';

/** Names that stand twice, and ranges that cannot be read, are reported and left out. */
export function expandHosts(hosts: MapNode, report: Report): MapNode {
  const first = new Map<string, Entry>();
  let changed = false;
  for (const entry of hosts.entries) {
    const expanded = expandEntry(entry, report);
    changed ||= expanded.length !== 1 || expanded[0] !== entry;
    if (first.size + expanded.length > MOST_HOSTS) {
      const { code, message, hint } = tooMany('hosts', first.size + expanded.length);
      report.add(code, message, entry.key, hint);
      break;
    }
    let told = false;
    for (const each of expanded) {
      const before = first.get(each.name);
      if (before && !told) {
        told = true;
        const where = formatPlace(placeOf(before.key));
        const hint = 'take it out of one of the two';
        report.add('duplicate-host', `host "${each.name}" stands at ${where} already`, entry.key, hint);
      }
      if (!before) first.set(each.name, each);
      else changed = true;
    }
  }
  return changed ? { ...hosts, entries: [...first.values()] } : hosts;
}

function expandEntry(entry: Entry, report: Report): readonly Entry[] {
  const range = nameRange(entry.name);
  if (!range) {
    refuseRange(child(entry.value, 'address'), report);
    return [entry];
  }
  if ('code' in range) {
    report.add(range.code, range.message, entry.key, range.hint);
    return [];
  }
  const inStep = valuesInStep(entry, range, report);
  return range.texts().map((name, index) => ({ name, key: entry.key, value: inStep(index) }));
}

/** One host has one address. */
function refuseRange(address: Node | undefined, report: Report): void {
  const text = textOf(address) ?? '';
  if (!mayHoldRange(text)) return;
  const hint = "give the host's name the same range, or write the address out";
  report.add('range-mismatch', 'an address with a range, of a host whose name has none', address, hint);
}

/** The entry's value for the n-th host: texts that hold a range go along with the name, all else is shared. */
function valuesInStep(entry: Entry, range: RangeText, report: Report): (index: number) => Node {
  const make = (node: Node): ((index: number) => Node) | undefined => {
    if (node.kind === 'scalar') {
      const texts = textsInStep(node, entry.name, range, report);
      return texts && ((index) => ({ ...node, value: texts[index] ?? '' }));
    }
    if (node.kind === 'list') {
      const items = node.items.map(make);
      if (!items.some((item) => item)) return undefined;
      return (index) => ({ ...node, items: node.items.map((item, at) => items[at]?.(index) ?? item) });
    }
    const values = node.entries.map(({ value }) => make(value));
    if (!values.some((value) => value)) return undefined;
    return (index) => ({
      ...node,
      entries: node.entries.map((each, at) => ({ ...each, value: values[at]?.(index) ?? each.value })),
    });
  };
  return make(entry.value) ?? (() => entry.value);
}

function textsInStep(
  node: Node,
  name: string,
  range: RangeText,
  report: Report,
): readonly string[] | undefined {
  const text = textOf(node) ?? '';
  if (!mayHoldRange(text)) return undefined;
  const own = textRange(text);
  if (!own) return undefined;
  if ('code' in own) {
    report.add(own.code, own.message, node, own.hint);
    return undefined;
  }
  if (own.count !== range.count) {
    const message = `"${text}" stands for ${own.count} texts, "${name}" for ${range.count} hosts`;
    const hint = 'a range in the entry of a range goes in step with the name: both need the same number';
    report.add('range-mismatch', message, node, hint);
    return undefined;
  }
  return own.texts();
}
