/** How states that were written down differ, for people. */
import type { Difference } from '../../model/resource.ts';
import { sameState } from './same-state.ts';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** Texts of many lines: the content of a file, a table of nftables. */
const TEXTS = new Set(['content', 'text']);

function shown(value: unknown): string {
  if (value === undefined || value === '') return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** From one state to another, field by field; of what goes, its text alone. */
export function differences(from: unknown, to: unknown): readonly Difference[] {
  const [old, wanted] = [fieldsOf(from), fieldsOf(to)];
  const names = differing(old, wanted);
  return (wanted.exists === false ? names.filter((name) => TEXTS.has(name)) : names).map(
    (name): Difference => {
      const [before, after] = [old[name], wanted[name]];
      if (TEXTS.has(name) && (typeof before === 'string' || typeof after === 'string'))
        return { kind: 'text', path: name, before: textOf(before), after: textOf(after) };
      return { kind: 'field', name, from: shown(before), to: shown(after) };
    },
  );
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Where the text itself is shown, its size and sum say nothing more. */
function differing(old: Fields, wanted: Fields): readonly string[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(wanted)])];
  const texts = 'content' in old || 'content' in wanted;
  return names.filter((name) => {
    if (texts && (name === 'sha256' || name === 'size')) return false;
    if (!(name in old) || !(name in wanted)) return TEXTS.has(name);
    return !sameState(wanted[name], old[name]) && !sameState(old[name], wanted[name]);
  });
}

/** Longest text that is shown whole, in lines. */
const LINES = 60;

/** The state before the run, after it, and now: what differs between them. */
export function threeWays(name: string, before: unknown, after: unknown, now: unknown): string {
  const [old, made, found] = [fieldsOf(before), fieldsOf(after), fieldsOf(now)];
  const fields = [...new Set([...differing(made, found), ...differing(old, found)])];
  const lines = fields.flatMap((field) =>
    TEXTS.has(field) && [old, made, found].some((each) => String(each[field] ?? '').includes('\n'))
      ? textWays(field, old[field], made[field], found[field])
      : [
          `  ${field}: before ${shown(old[field])}, after the run ${shown(made[field])}, now ${shown(found[field])}`,
        ],
  );
  return [name, ...lines].join('\n');
}

/** Lines with a sign for each state that has them: `b` before, `a` after the run, `n` now. */
function textWays(field: string, ...states: readonly [unknown, unknown, unknown]): readonly string[] {
  const texts = states.map((each) => (typeof each === 'string' ? each.replace(/\n$/, '').split('\n') : []));
  const all = merged(merged(texts[0] ?? [], texts[1] ?? []), texts[2] ?? []);
  const counts = texts.map((lines) => countsOf(lines));
  const rows = all.flatMap((line) => {
    const signs = counts.map((count, index) => {
      const left = count.get(line) ?? 0;
      if (left > 0) count.set(line, left - 1);
      return left > 0 ? 'ban'[index] : ' ';
    });
    return signs.join('') === 'ban' ? [] : [`    ${signs.join('')} ${line}`];
  });
  const cut = rows.length > LINES ? [`    and ${rows.length - LINES} more lines`] : [];
  return [
    `  ${field} (b: before, a: after the run, n: now; lines that all have are left out)`,
    ...rows.slice(0, LINES),
    ...cut,
  ];
}

function countsOf(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

/** Both lists in one order, common lines once. */
function merged(a: readonly string[], b: readonly string[]): readonly string[] {
  const rest = [...b];
  const list: string[] = [];
  for (const line of a) {
    const at = rest.indexOf(line);
    if (at >= 0) list.push(...rest.splice(0, at + 1).slice(0, -1));
    list.push(line);
  }
  return [...list, ...rest];
}
