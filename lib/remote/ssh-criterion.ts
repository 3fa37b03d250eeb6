/** The criteria of a `Match` line in ~/.ssh/config. */

export interface Criterion {
  /** `host`, `user`, `all`, lower case. */
  readonly name: string;
  readonly negated: boolean;
  /** Patterns separated by commas; empty for what stands alone. */
  readonly value: string;
}

export function criteria(args: readonly string[]): readonly Criterion[] {
  const list: Criterion[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const [, bang, word = '', inline] = /^(!?)([^=]*)(?:=(.*))?$/s.exec(args[index] ?? '') ?? [];
    const name = word.toLowerCase();
    const alone = name === 'all' || name === 'canonical' || name === 'final';
    if (!alone && inline === undefined) index += 1;
    list.push({ name, negated: bang === '!', value: alone ? '' : (inline ?? args[index] ?? '') });
  }
  return list;
}
