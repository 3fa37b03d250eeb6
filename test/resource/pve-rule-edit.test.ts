/** Lists of rules are edited as Proxmox lets them be edited: new ones enter at the top, and moving is to before another. */
import { editRules, type RuleStep } from '../../lib/resources/pve/pve-rule-edit.ts';
import { assert, suite } from '../suite.ts';

const test = suite('edits of rule lists');

interface Item {
  readonly text: string;
  readonly own: boolean;
}

/** What a list is after these steps; every list on the way is given to `seen`. */
function play(
  list: readonly Item[],
  steps: readonly RuleStep<string>[],
  seen: (list: readonly Item[]) => void,
): Item[] {
  const now = [...list];
  for (const step of steps) {
    if (step.do === 'create') now.unshift({ text: step.rule, own: true });
    if (step.do === 'delete') now.splice(step.at, 1);
    if (step.do === 'move') {
      const [item] = now.splice(step.from, 1) as [Item];
      now.splice(step.to > step.from ? step.to - 1 : step.to, 0, item);
    }
    seen(now);
  }
  return now;
}

/** The same numbers each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * sides);
  };
}

test('whatever the lists, the wanted rules end in their order, foreign ones stay, and nothing is shut out on the way', () => {
  const roll = dice(7);
  for (let round = 0; round < 4000; round += 1) {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const found: Item[] = Array.from({ length: roll(7) }, (_, index) =>
      roll(3) === 0
        ? { text: `foreign ${index}`, own: false }
        : { text: names[roll(names.length)] ?? 'a', own: true },
    );
    const wanted = Array.from({ length: roll(6) }, () => names[roll(names.length)] ?? 'a');
    const place = roll(2) === 0 ? 'top' : 'bottom';
    const steps = editRules(
      found,
      wanted.map((text) => ({ text, rule: text })),
      place,
    );
    const both = new Set(wanted.filter((text) => found.some((each) => each.own && each.text === text)));
    const end = play(found, steps, (now) => {
      for (const text of both)
        assert.ok(
          now.some((each) => each.own && each.text === text),
          `${text} is gone for a while`,
        );
    });
    const own = wanted.map((text) => ({ text, own: true }));
    const foreign = found.filter((each) => !each.own);
    const message = JSON.stringify({ found, wanted, place, steps });
    assert.equal(end, place === 'top' ? [...own, ...foreign] : [...foreign, ...own], message);
    const again = editRules(
      end,
      wanted.map((text) => ({ text, rule: text })),
      place,
    );
    assert.equal(again, [], message);
  }
});

test('one rule more costs a creation and a move, the others stay', () => {
  const found = ['a', 'b', 'd'].map((text) => ({ text, own: true }));
  const wanted = ['a', 'b', 'c', 'd'].map((text) => ({ text, rule: text }));
  assert.equal(editRules(found, wanted, 'top'), [
    { do: 'create', rule: 'c' },
    { do: 'move', from: 0, to: 3 },
  ]);
});
