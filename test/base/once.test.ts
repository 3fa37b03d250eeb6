import { createOnce } from '../../lib/base/once.ts';
import { assert, suite } from '../suite.ts';

const test = suite('once');

test('the same name and the very same things: made once', () => {
  const once = createOnce();
  const [a, b] = [{ n: 1 }, { n: 1 }];
  let made = 0;
  const make = (): number => {
    made += 1;
    return made;
  };
  assert.is(once('x', [a, 'roz'], make), 1);
  assert.is(once('x', [a, 'roz'], make), 1);
  assert.is(once('y', [a, 'roz'], make), 2);
  assert.is(once('x', [b, 'roz'], make), 3, 'equal is not the same');
  assert.is(once('x', [b, 'wro'], make), 4);
  assert.is(once('x', [b], make), 5);
  assert.is(once('x', [b], make), 5);
});

test('what is thrown is not kept; undefined is', () => {
  const once = createOnce();
  let asked = 0;
  assert.throws(() =>
    once('x', [], () => {
      throw new Error('not yet');
    }),
  );
  const nothing = (): undefined => {
    asked += 1;
    return undefined;
  };
  once('x', [], nothing);
  once('x', [], nothing);
  assert.is(asked, 1);
});
