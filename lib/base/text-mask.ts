/** Takes the values of secrets out of texts, in whatever form they stand there. */
import { createReplacer } from './replacer.ts';
import type { Secret } from './secret.ts';
import { secretForms } from './secret-form.ts';

/** The same data where nothing is to be replaced. */
export function mapText(
  item: unknown,
  map: (text: string) => string,
  skipped: ReadonlySet<string> = NONE,
): unknown {
  if (typeof item === 'string') return map(item);
  if (item === null || typeof item !== 'object') return item;
  if (Array.isArray(item)) {
    const mapped = item.map((each) => mapText(each, map, skipped));
    return mapped.some((each, index) => each !== item[index]) ? mapped : item;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(item)) {
    const mapped = skipped.has(name) && typeof value === 'string' ? value : mapText(value, map, skipped);
    const key = map(name);
    if (mapped === value && key === name) continue;
    copy ??= { ...item };
    if (key !== name) delete copy[name];
    copy[key] = mapped;
  }
  return copy ?? item;
}

const NONE: ReadonlySet<string> = new Set();

interface Search {
  readonly known: number;
  /** Every form of every secret out of a text. */
  plain(text: string): string;
  /** The same for base64 and hex with line breaks in them. */
  broken(text: string): string;
}

/** Takes the values of secrets out of a text. */
export function createTextMask(secrets: readonly Secret[]): (text: string) => string {
  if (secrets.length === 0) return (text) => text;
  let search: Search | undefined;
  return (text) => {
    // What is made of a secret (decoded, cut) while a run goes on is one, too.
    const known = secrets.reduce((sum, secret) => sum + secret.relatives().length, 0);
    if (search?.known !== known) search = searchFor(secrets, known);
    const plain = search.plain(text);
    return plain.includes('\n') && LINE_OF_CODE.test(plain) ? search.broken(plain) : plain;
  };
}

/** Coded text that goes on in the next line. */
const LINE_OF_CODE = /[\w+/-]{20}\r?\n[\t ]*[\w+/-]/;
const CODED = /^[\w+/-]{20,}={0,2}$/;

function searchFor(secrets: readonly Secret[], known: number): Search {
  const names = new Map<string, string>();
  for (const secret of secrets)
    for (const form of secretForms(secret)) if (!names.has(form)) names.set(form, secret.toString());
  let broken: RegExp | undefined;
  return {
    known,
    plain: createReplacer(names),
    broken(text) {
      broken ??= anywhereBroken([...names.keys()].filter((form) => CODED.test(form)));
      return text.replace(broken, (found) => names.get(found.replace(/\s+/g, '')) ?? found);
    },
  };
}

function anywhereBroken(forms: readonly string[]): RegExp {
  const parts = [...forms]
    .sort((a, b) => b.length - a.length)
    .map((form) => [...form].map((letter) => (letter === '+' ? '\\+' : letter)).join('(?:\\r?\\n[\\t ]*)?'));
  return new RegExp(parts.length === 0 ? '(?!)' : parts.join('|'), 'g');
}
