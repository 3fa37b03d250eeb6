/** A word of a command that people are told to type: quoted only where a shell would take it apart. */

export function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,~-]+$/.test(word) && !word.startsWith('~')
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`;
}
