/** No event leaves the engine with a secret in it: every string is searched for the values of all secrets, in all forms. */
import type { Secret } from '../base/secret.ts';
import type { Emit, FailureInfo, RunEvent } from '../model/event.ts';
import type { Difference } from '../model/resource.ts';
import type { Seal } from '../model/review.ts';
import { createMarks, type Marks } from './mark.ts';
import { createReplacer } from './replacer.ts';
import { secretForms } from './secret-form.ts';

/** Words of the engine's own, which are never a value: a secret "change" must not make another event of it. */
const OWN_WORDS = new Set(['kind', 'status', 'action', 'stage', 'result', 'inverse', 'run']);

/** `seal` makes the marks that secrets are told apart by. */
export function maskSecrets(emit: Emit, secrets: readonly Secret[], seal?: Seal): Emit {
  const marks = createMarks(seal);
  const mask = createTextMask(secrets);
  if (secrets.length === 0) return (event) => emit(marked(event, marks));
  return (event) => emit(mapText(marked(event, marks), mask, OWN_WORDS) as RunEvent);
}

/** Takes the values of secrets, and their checksums, out of every string within plain data. */
export function createMask(secrets: readonly Secret[], seal?: Seal): (item: unknown) => unknown {
  const marks = createMarks(seal);
  const mask = createTextMask(secrets);
  const clean = (text: string): string => mask(marks.text(text));
  return (item) => mapText(differencesMarked(item, marks), clean, NONE);
}

const NONE: ReadonlySet<string> = new Set();

/** A list of differences is marked pair by pair: before and after have to stay apart. */
function differencesMarked(item: unknown, marks: Marks): unknown {
  if (!Array.isArray(item)) return item;
  return item.map((each) => (isDifference(each) ? marks.difference(each) : each));
}

function isDifference(item: unknown): item is Difference {
  const kind: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'kind') : undefined;
  return kind === 'secret' || (kind === 'text' && Reflect.has(item as object, 'before'));
}

/** Only where there are differences; nearly all events have none. */
function marked(event: RunEvent, marks: Marks): RunEvent {
  if (event.kind === 'change') return { ...event, diff: event.diff.map(marks.difference) };
  if (!('failure' in event) || !event.failure?.diff) return event;
  const failure: FailureInfo = { ...event.failure, diff: event.failure.diff.map(marks.difference) };
  return { ...event, failure } as RunEvent;
}

/** The same data where nothing is to be replaced. */
function mapText(item: unknown, map: (text: string) => string, skipped: ReadonlySet<string>): unknown {
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
