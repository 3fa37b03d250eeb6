/** A value of a variable on one line of a terminal. */
import { printable } from '../render/printable.ts';

/** Texts as they are where nothing else could be meant, else as JSON. */
export function valueText(value: unknown): string {
  if (value === undefined) return '(not set)';
  const bare = typeof value === 'string' && /^[^\s"'{[][^\n]*$/.test(value) && !looksOther(value);
  return printable(bare ? value : JSON.stringify(value));
}

/** A text that would be read as something else: quotes tell that it is a text. */
function looksOther(text: string): boolean {
  return /^(true|false|null|[-+]?[\d.][\d_]*(\.\d*)?(e[-+]?\d+)?)$/i.test(text) || text.endsWith(' ');
}
