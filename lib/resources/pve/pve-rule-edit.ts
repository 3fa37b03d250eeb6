/**
 * How a list of rules becomes another one when a new rule always enters at the top. What is to stay stays; what is new is
 * there before what is old goes, so that nothing that was let in is shut out on the way. Pure.
 */

export type RuleStep<T> =
  /** Enters at 0. */
  | { readonly do: 'create'; readonly rule: T }
  /** To before the rule that is now at `to`; the number of rules is the end. */
  | { readonly do: 'move'; readonly from: number; readonly to: number }
  | { readonly do: 'delete'; readonly at: number };

interface Slot<T> {
  readonly text: string;
  readonly rule: T | undefined;
  readonly going: boolean;
}

/**
 * `found`: the texts of all rules, and whether each is ours. The wanted ones stand together before all others, or behind
 * them; foreign ones keep their order.
 */
export function editRules<T>(
  found: readonly { readonly text: string; readonly own: boolean }[],
  wanted: readonly { readonly text: string; readonly rule: T }[],
  place: 'top' | 'bottom',
): readonly RuleStep<T>[] {
  const stays = staying(found, wanted, place);
  const slots: Slot<T>[] = found.map(({ text, own }, index) => ({
    text,
    rule: undefined,
    going: own && !stays.has(index),
  }));
  const steps: RuleStep<T>[] = [];
  const kept = new Map([...stays].map(([index, wish]) => [wish, slots[index]]));
  // From the last to the first: each new one is put before the one that follows it.
  let next: Slot<T> | undefined;
  for (let wish = wanted.length - 1; wish >= 0; wish -= 1) {
    const there = kept.get(wish);
    if (there) {
      next = there;
      continue;
    }
    const { text, rule } = wanted[wish] as { readonly text: string; readonly rule: T };
    const slot: Slot<T> = { text, rule, going: false };
    steps.push({ do: 'create', rule });
    slots.unshift(slot);
    const to = next
      ? slots.indexOf(next)
      : place === 'top'
        ? afterOwn(slots, slot, kept, wish)
        : slots.length;
    if (to > 1) {
      steps.push({ do: 'move', from: 0, to });
      slots.splice(0, 1);
      slots.splice(to - 1, 0, slot);
    }
    next = slot;
  }
  for (let at = slots.length - 1; at >= 0; at -= 1) if (slots[at]?.going) steps.push({ do: 'delete', at });
  return steps;
}

/** Where the last wanted rule belongs when it is new and the list stands at the top: behind the last that stays before it. */
function afterOwn<T>(
  slots: readonly Slot<T>[],
  self: Slot<T>,
  kept: ReadonlyMap<number, Slot<T> | undefined>,
  wish: number,
): number {
  const before = [...kept].filter(([index]) => index < wish).map(([, slot]) => slot);
  const last = Math.max(-1, ...before.map((slot) => (slot ? slots.indexOf(slot) : -1)));
  return last === -1 ? slots.indexOf(self) + 1 : last + 1;
}

/** The longest run of own rules that are wanted in this order: index of the found one to index of the wanted one. */
function staying(
  found: readonly { readonly text: string; readonly own: boolean }[],
  wanted: readonly { readonly text: string }[],
  place: 'top' | 'bottom',
): ReadonlyMap<number, number> {
  const own = found.flatMap(({ own, text }, index) => (own ? [{ text, index }] : []));
  const foreign = found.flatMap(({ own }, index) => (own ? [] : [index]));
  // What stands on the wrong side of foreign rules has to be made anew on the right one.
  const right = own.filter(({ index }) =>
    place === 'top' ? foreign.every((other) => other > index) : foreign.every((other) => other < index),
  );
  const length: number[][] = Array.from({ length: right.length + 1 }, () =>
    new Array<number>(wanted.length + 1).fill(0),
  );
  const at = (row: number, column: number): number => length[row]?.[column] ?? 0;
  for (let row = right.length - 1; row >= 0; row -= 1) {
    for (let column = wanted.length - 1; column >= 0; column -= 1) {
      const same = right[row]?.text === wanted[column]?.text;
      const cells = length[row] as number[];
      cells[column] = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const kept = new Map<number, number>();
  for (let row = 0, column = 0; row < right.length && column < wanted.length; ) {
    if (right[row]?.text === wanted[column]?.text) kept.set(right[row++]?.index ?? 0, column++);
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return kept;
}
