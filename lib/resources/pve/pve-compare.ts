/** Settings as Proxmox means them: sets as sets, numbers and booleans as such, nothing as 0. */
import type { Difference } from '../../model/resource.ts';
import type { PveValue } from './pve-state.ts';

/** What is wanted of one object: undefined means Proxmox' own default. */
export type PveFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface FieldRules {
  /** Comma lists and lists whose order does not count. */
  readonly sets: readonly string[];
  /** Made by Proxmox where nobody says them: kept as they are. */
  readonly made: readonly string[];
  /** Defaults other than none and 0, by name. */
  readonly defaults?: Readonly<Record<string, string>>;
}

export interface FieldChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** As an option of a call; undefined: the setting is taken away. */
  readonly option: string | readonly string[] | undefined;
}

/** What has to be set or taken away so that `found` is as wanted. */
export function fieldChanges(
  found: Readonly<Record<string, PveValue>>,
  wanted: PveFields,
  rules: FieldRules,
): readonly FieldChange[] {
  return Object.entries(wanted).flatMap(([name, wish]) => {
    if (wish === undefined && (rules.made.includes(name) || !Object.hasOwn(found, name))) return [];
    const [from, to] = [plain(name, found[name], rules), plain(name, wish, rules)];
    return from === to ? [] : [{ name, from, to, option: optionOf(wish) }];
  });
}

export function differencesOf(changes: readonly FieldChange[]): readonly Difference[] {
  return changes.map(({ name, from, to }) => ({ kind: 'field', name, from, to }));
}

/** `mtu 1450 → 1370, exitnodes none → roz` */
export function summaryOf(changes: readonly FieldChange[]): string {
  return changes.map(({ name, from, to }) => `${name} ${from || 'none'} → ${to || 'none'}`).join(', ');
}

/** The value as an option of a call; undefined where there is none. */
export function optionOf(wish: PveFields[string]): string | readonly string[] | undefined {
  if (wish === undefined) return undefined;
  if (typeof wish === 'boolean') return wish ? '1' : '0';
  return typeof wish === 'object' ? wish : String(wish);
}

/** One text for equal settings. */
function plain(name: string, value: PveValue | PveFields[string], rules: FieldRules): string {
  const text = textOf(value, rules.sets.includes(name));
  if (text === '0' || text === '') return rules.defaults?.[name] === undefined ? '' : text;
  return text === rules.defaults?.[name] ? '' : text;
}

function textOf(value: PveValue | PveFields[string], set: boolean): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (Array.isArray(value)) {
    const items = value.map((item) => textOf(item as PveValue, set));
    return (set ? items.sort() : items).join(',');
  }
  if (typeof value === 'object') {
    // `{"start-address": …}` of a list call is `start-address=…` of an option.
    return Object.entries(value)
      .map(([key, item]) => `${key}=${textOf(item as PveValue, set)}`)
      .sort()
      .join(',');
  }
  const text = String(value);
  return set ? text.split(',').filter(Boolean).sort().join(',') : text;
}
