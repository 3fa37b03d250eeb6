/** Text that came from hosts or files, made safe to show: nothing in it can move the cursor, hide a line or turn it round. */

/** Control characters but line feed and tab, and those that change the direction of writing. */
const HIDDEN = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

export function printable(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0);
    // The pictures of control characters: a CR at the end of a line is seen as ␍.
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '␡' : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** What a terminal would have left of each line: a progress bar's last state. */
export function settled(text: string): string {
  return printable(text.replace(/\r+$/gm, '').replace(/^.*\r/gm, ''));
}
