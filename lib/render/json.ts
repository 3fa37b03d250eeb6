/** Events as JSON Lines: one object a line, the recap last. */
import type { Emit } from '../model/event.ts';

export function jsonRenderer(write: (text: string) => void): Emit {
  return (event) => {
    if (event.kind !== 'stage') write(`${JSON.stringify(event)}\n`);
  };
}
