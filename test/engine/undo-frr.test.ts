/** Undo of a reload of FRR: what ran before and stood in no file cannot come back, and is not waited for. */

import type { PastChange } from '../../lib/engine/undo/past-change.ts';
import { undoResources } from '../../lib/engine/undo/undo.ts';
import { PlanError } from '../../lib/model/resource.ts';
import { type FrrState, frrKind, NO_FRR } from '../../lib/resources/frr/frr-kind.ts';
import { assert, suite } from '../suite.ts';

const test = suite('undo of FRR');

const runs = (file: string, more: Partial<FrrState> = {}): FrrState => ({
  ...{ ...NO_FRR, exists: true, version: '8.4.4', file, loaded: file },
  ...more,
});
const BEFORE = runs('a', { loaded: '', surplus: 'ip prefix-list X', missing: 'hostname theirs' });
const AFTER = runs('b', { daemons: ['bgpd'] });

/** `nothing`, `back` or `refused`. */
function planned(before: FrrState, now: FrrState): string {
  const change: PastChange = {
    ...{ id: 1, stretch: 1, step: 'routing', key: 'frr:running', before, after: AFTER, seen: true },
    ...{ restore: ':', saves: false, opaque: false, sound: true },
  };
  const [first] = undoResources('20261122-abcdef', [change], new Map([['frr', frrKind]]));
  try {
    const draft = first?.plan(now, () => undefined, 1);
    return draft ? 'back' : 'nothing';
  } catch (error) {
    if (error instanceof PlanError) return 'refused';
    throw error;
  }
}

test('as the run left it: it is brought back', () => {
  assert.is(planned(BEFORE, AFTER), 'back');
});

test('the file of before runs: it is undone, whatever ran beside the file then', () => {
  assert.is(planned(BEFORE, runs('a')), 'nothing');
  assert.is(planned(BEFORE, BEFORE), 'nothing');
  assert.is(planned(runs('a'), runs('a')), 'nothing');
});

test('what somebody has typed since, or another file, is refused', () => {
  assert.is(planned(BEFORE, { ...AFTER, loaded: '', surplus: 'router bgp 1' }), 'refused');
  assert.is(planned(BEFORE, runs('c')), 'refused');
  assert.is(planned(BEFORE, runs('a', { daemons: ['ospfd'] })), 'refused');
  // What ran was the file then.
  assert.is(planned(runs('a'), runs('a', { loaded: '', surplus: 'router bgp 1' })), 'refused');
});
