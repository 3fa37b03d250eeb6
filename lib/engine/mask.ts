/** No event leaves the engine with a secret in it: every string is searched for the values of all secrets. */
import type { Secret } from '../base/secret.ts';
import type { Emit, RunEvent } from '../model/event.ts';

/** Values shorter than this would mask half of every text; they cannot be kept secret by searching. */
const SHORTEST = 4;
/** Output is shown by its last lines, so a long line of a secret (a key's) counts as one itself. */
const SHORTEST_LINE = 12;

export function maskSecrets(emit: Emit, secrets: readonly Secret[]): Emit {
  const mask = createMask(secrets);
  return mask === SAME ? emit : (event) => emit(mask(event) as RunEvent);
}

const SAME = (item: unknown): unknown => item;

/** Takes the values of secrets out of every string within plain data. */
export function createMask(secrets: readonly Secret[]): (item: unknown) => unknown {
  const values = secrets
    .flatMap((secret) =>
      [secret.reveal(), secret.reveal().trimEnd(), ...longLines(secret.reveal())].map((value) => ({
        value,
        mask: secret.toString(),
      })),
    )
    .filter(({ value }) => value.length >= SHORTEST)
    .sort((a, b) => b.value.length - a.value.length);
  if (values.length === 0) return SAME;
  const mask = (item: unknown): unknown => {
    if (typeof item === 'string')
      return values.reduce((text, { value, mask }) => text.replaceAll(value, mask), item);
    if (Array.isArray(item)) return item.map(mask);
    if (item === null || typeof item !== 'object') return item;
    return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, mask(value)]));
  };
  return mask;
}

function longLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_LINE) : [];
}
