import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { owedKind, owedRef } from '../../lib/resources/owed.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('owed marks');

for (const shell of SHELLS) {
  test(`reads marks, and none where there is no folder (${shell})`, () => {
    const scratch = new Scratch();
    const wants = [owedRef('restart.frr.service'), owedRef('reload')];
    assert.equal(
      scratch.states(shell, owedKind, wants).map((state) => state.exists),
      [false, false],
    );
    mkdirSync(join(scratch.root, 'state/owed'), { recursive: true });
    writeFileSync(join(scratch.root, 'state/owed/restart.frr.service'), '');
    assert.equal(scratch.states(shell, owedKind, wants), [
      { exists: true, since: 0 },
      { exists: false, since: 0 },
    ]);
    scratch.remove();
  });
}

test('an answer cut short is unreadable', () => {
  const [reading] = owedKind.parse(Buffer.from('reload\n'), [owedRef('reload')]);
  assert.ok(reading && 'unreadable' in reading);
});
