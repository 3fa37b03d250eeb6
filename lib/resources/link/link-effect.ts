/** What making, changing or removing a link does to what the host is known to be: its interfaces and addresses. */
import { Unknown } from '../../base/unknown.ts';
import type { At, Effect } from '../../model/resource.ts';
import type { FactsState } from '../facts.ts';
import type { LinkState } from './link-state.ts';

const FACTS = 'facts:host';

export function linkEffects(name: string, from: LinkState, to: LinkState, at: At): readonly Effect[] {
  if (from.exists === to.exists && from.addresses.join() === to.addresses.join()) return [];
  const facts = at<FactsState>(FACTS);
  if (facts === undefined) return [];
  if (facts instanceof Unknown) return [{ key: FACTS }];
  const gone = new Set(globals(from));
  const addresses = [...new Set([...facts.addresses.filter((each) => !gone.has(each)), ...globals(to)])];
  const interfaces = to.exists
    ? [...new Set([...facts.interfaces, name])].sort()
    : facts.interfaces.filter((each) => each !== name);
  // IPv4 first, as facts have them.
  addresses.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  const after: FactsState = { ...facts, interfaces, addresses };
  return [{ key: FACTS, to: after }];
}

function globals(link: LinkState): readonly string[] {
  return link.addresses.filter((each) => !each.startsWith('fe80:')).map((each) => each.replace(/\/.*$/, ''));
}
