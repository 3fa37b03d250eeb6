/** No event leaves the engine with a secret in it: every string is searched for the values of all secrets, in all forms. */
import { RunError } from '../base/error.ts';
import { privateKeysMarked } from '../base/private-key-text.ts';
import type { Secret } from '../base/secret.ts';
import { createTextMask, mapText } from '../base/text-mask.ts';
import type { Emit, FailureInfo, RunEvent } from '../model/event.ts';
import type { Difference } from '../model/resource.ts';
import type { Seal } from '../model/review.ts';
import { createMarks, type Marks } from './mark.ts';

/** Words of the engine's own, which are never a value: a secret "change" must not make another event of it. */
const OWN_WORDS = new Set(['kind', 'status', 'action', 'stage', 'result', 'inverse', 'run']);

/** `seal` makes the marks that secrets are told apart by. */
export function maskSecrets(emit: Emit, secrets: readonly Secret[], seal?: Seal): Emit {
  const marks = createMarks(seal);
  const mask = createTextMask(secrets);
  if (secrets.length === 0) return (event) => emit(withoutKeys(marked(event, marks), marks));
  return (event) => emit(withoutKeys(mapText(marked(event, marks), mask, OWN_WORDS) as RunEvent, marks));
}

/** Takes the values of secrets, and their checksums, out of every string within plain data. */
export function createMask(secrets: readonly Secret[], seal?: Seal): (item: unknown) => unknown {
  const marks = createMarks(seal);
  const mask = createTextMask(secrets);
  const clean = (text: string): string => mask(marks.text(text));
  return (item) => {
    const named = mapText(differencesMarked(item, marks), clean, NONE);
    const found = privateKeysMarked(named);
    return found === named ? named : mapText(differencesMarked(found, marks), marks.text, NONE);
  };
}

/** An error for people without the values of secrets; a defect stays what it is, for whoever ends the program. */
export function maskedError(error: unknown, secrets: readonly Secret[]): unknown {
  if (!(error instanceof RunError) || secrets.length === 0) return error;
  const { code, message, hint, output, problems } = error;
  const mask = createTextMask(secrets);
  return new RunError(code, mask(message), {
    ...(hint === undefined ? {} : { hint: mask(hint) }),
    ...(output === undefined ? {} : { output: mask(output) }),
    problems: mapText(problems, mask, NONE) as RunError['problems'],
    cause: error.cause,
  });
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

/** Keys that nobody has named. What a command prints is shown as it is: whoever asks for its output wants it. */
function withoutKeys(event: RunEvent, marks: Marks): RunEvent {
  const found = event.kind === 'output' ? event : (privateKeysMarked(event) as RunEvent);
  return found === event ? event : (mapText(marked(found, marks), marks.text, OWN_WORDS) as RunEvent);
}

/** Only where there are differences; nearly all events have none. */
function marked(event: RunEvent, marks: Marks): RunEvent {
  if (event.kind === 'change') return { ...event, diff: event.diff.map(marks.difference) };
  if (!('failure' in event) || !event.failure?.diff) return event;
  const failure: FailureInfo = { ...event.failure, diff: event.failure.diff.map(marks.difference) };
  return { ...event, failure } as RunEvent;
}

export { createTextMask };
