/** Ranges in names of hosts: `pve[01:12]`, `db-[a:f]`, `rack[1:21:2]n[1:4]`; and texts that go in step with one. */

/** More hosts than these are a slip of the keyboard. */
export const MOST_HOSTS = 100_000;

export interface RangeFault {
  readonly code: 'bad-range' | 'range-too-large';
  readonly message: string;
  readonly hint: string;
}

/** A text with ranges in it. */
export interface RangeText {
  /** How many texts it stands for. */
  readonly count: number;
  /** All of them, the last range turning fastest. */
  texts(): readonly string[];
}

const RANGE = /\[([0-9]+|[A-Za-z]):([0-9]+|[A-Za-z])(?::([0-9]+))?\]/g;
const FORMS = 'a range is [1:12], [01:12], [a:f] or, with a step, [1:21:2]';

/** True when the text may hold a range; nothing else of it is looked at. */
export function mayHoldRange(text: string): boolean {
  return text.includes('[') && text.search(RANGE) !== -1;
}

/** The ranges of a host's name, in which brackets mean nothing else; undefined when it has none. */
export function nameRange(name: string): RangeText | RangeFault | undefined {
  if (!name.includes('[') && !name.includes(']')) return undefined;
  const odd = /\[[^\]]*\]?|\]/.exec(name.replace(RANGE, ''));
  if (odd) return { code: 'bad-range', message: `"${odd[0]}" is no range`, hint: FORMS };
  return textRange(name);
}

/** The ranges of any text, other brackets left as they are; undefined when it has none. */
export function textRange(text: string): RangeText | RangeFault | undefined {
  const literals: string[] = [];
  const ranges: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(RANGE)) {
    const [whole, first = '', last = '', step = '1'] = match;
    const span = spanOf(whole, first, last, Number(step));
    if ('code' in span) return span;
    literals.push(text.slice(end, match.index));
    ranges.push(span);
    end = match.index + whole.length;
  }
  if (ranges.length === 0) return undefined;
  const count = ranges.reduce((product, { count: each }) => product * each, 1);
  if (count > MOST_HOSTS) return tooMany(text, count);
  literals.push(text.slice(end));
  return { count, texts: () => join(literals, ranges) };
}

export function tooMany(text: string, count: number): RangeFault {
  const message = `"${text}" stands for ${count.toLocaleString('en')} hosts`;
  return { code: 'range-too-large', message, hint: `an inventory holds up to ${MOST_HOSTS} hosts` };
}

interface Span {
  readonly count: number;
  at(index: number): string;
}

function spanOf(whole: string, first: string, last: string, step: number): Span | RangeFault {
  const bad = (message: string, hint: string): RangeFault => ({ code: 'bad-range', message, hint });
  if (step === 0) return bad(`"${whole}" never moves on`, 'a step is 1 or more');
  const digits = /[0-9]/.test(first);
  if (digits !== /[0-9]/.test(last) || (!digits && isCapital(first) !== isCapital(last)))
    return bad(`"${whole}" runs from one sort of sign to another`, FORMS);
  const padded = digits && (isPadded(first) || isPadded(last));
  if (padded && first.length !== last.length)
    return bad(`the ends of "${whole}" have different lengths`, 'write both with the same leading zeros');
  if (digits && Math.max(first.length, last.length) > 15) return bad(`"${whole}" counts too far`, FORMS);
  const from = digits ? Number(first) : first.charCodeAt(0);
  const to = digits ? Number(last) : last.charCodeAt(0);
  if (to < from) return bad(`"${whole}" ends before it begins`, 'the lower end comes first');
  const at = (index: number): string => {
    const value = from + index * step;
    return digits ? String(value).padStart(padded ? first.length : 0, '0') : String.fromCharCode(value);
  };
  return { count: Math.floor((to - from) / step) + 1, at };
}

function isPadded(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}

function isCapital(letter: string): boolean {
  return letter <= 'Z';
}

function join(literals: readonly string[], ranges: readonly Span[]): readonly string[] {
  let texts: readonly string[] = [literals[0] ?? ''];
  for (const [index, range] of ranges.entries()) {
    const after = literals[index + 1] ?? '';
    const signs = Array.from({ length: range.count }, (_, at) => range.at(at) + after);
    texts = texts.flatMap((text) => signs.map((sign) => text + sign));
  }
  return texts;
}
