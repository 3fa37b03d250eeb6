/** What is known of a host: the states that were read, under their canonical keys. */
import type { Key } from '../model/key.ts';
import type { Reading, State } from '../model/kind.ts';

export interface Picture {
  readonly states: Map<Key, State>;
  /** Keys whose reading failed, and why. No plan sees them. */
  readonly unreadable: Map<Key, string>;
  /** Keys of which no record tells, and the reason for people: planning on recorded states only. */
  readonly untold: Map<Key, string>;
  /** Names of a thing to its canonical key. */
  readonly alias: Map<Key, Key>;
}

export function emptyPicture(): Picture {
  return { states: new Map(), unreadable: new Map(), untold: new Map(), alias: new Map() };
}

/** Adds what a read found; a key read again replaces what was known. */
export function addReadings(picture: Picture, readings: readonly Reading[]): void {
  for (const reading of readings) {
    if ('unreadable' in reading) {
      picture.states.delete(reading.key);
      picture.unreadable.set(reading.key, reading.unreadable);
      continue;
    }
    const key = reading.canonical ?? reading.key;
    picture.unreadable.delete(reading.key);
    picture.unreadable.delete(key);
    if (key === reading.key) picture.alias.delete(reading.key);
    else picture.alias.set(reading.key, key);
    picture.states.set(key, reading.state);
  }
}

/** The canonical key, as far as reads have told. */
export function canonical(picture: Picture, key: Key): Key {
  return picture.alias.get(key) ?? key;
}

/** True when the key has been read, well or badly. */
export function wasRead(picture: Picture, key: Key): boolean {
  const name = canonical(picture, key);
  const { states, unreadable, untold } = picture;
  return states.has(name) || unreadable.has(key) || unreadable.has(name) || untold.has(key);
}
