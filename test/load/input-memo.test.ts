/** Hosts on which expressions look at the very same values are asked once. */
import { Unknown } from '../../lib/base/unknown.ts';
import { inputMemo, isFixed } from '../../lib/load/expression/input-memo.ts';
import { type Path, simplePath } from '../../lib/load/expression/path.ts';
import type { Scope } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';

const test = suite('inputs');

function count(texts: readonly string[], scopes: readonly Scope[]): number {
  const memo = inputMemo<number>(texts.map(pathOf));
  let made = 0;
  for (const scope of scopes) {
    memo(scope, () => {
      made += 1;
      return made;
    });
  }
  return made;
}

function pathOf(text: string): Path {
  const path = simplePath(text);
  if (!path) throw new Error(`${text} is no path`);
  return path;
}

const hosts = (count: number, vars: (at: number) => object): readonly Scope[] =>
  Array.from({ length: count }, (_, at) => ({ host: { name: `web${at}`, vars: vars(at) }, vars: vars(at) }));

test('asked once for each set of values', () => {
  const two = hosts(1000, (at) => ({ port: at % 2 === 0 ? 80 : '80', root: '/srv', own: at }));
  assert.is(count(['vars.port', 'host.vars.root'], two), 2);
  const shared = { list: [1] };
  assert.is(
    count(
      ['vars.a.list'],
      hosts(10, () => ({ a: shared })),
    ),
    1,
  );
  assert.is(
    count(
      ['vars.a.list'],
      hosts(10, () => ({ a: { list: [1] } })),
    ),
    10,
    'equal, not the same',
  );
});

test('what is missing or not known yet is asked on each host', () => {
  assert.is(
    count(
      ['vars.none'],
      hosts(10, () => ({})),
    ),
    10,
  );
  const unknown = new Unknown('facts');
  assert.is(
    count(
      ['vars.a'],
      hosts(10, () => ({ a: unknown })),
    ),
    10,
  );
  assert.is(
    count(
      ['vars.a.b'],
      hosts(10, () => ({ a: unknown })),
    ),
    10,
  );
});

test('where nothing comes again it stops looking', () => {
  let looks = 0;
  const scopes = hosts(1000, (at) => ({
    get own() {
      looks += 1;
      return at;
    },
  }));
  assert.is(count(['vars.own'], scopes), 1000);
  assert.ok(looks < 50, `looked ${looks} times`);
});

test('facts, outputs and other hosts may change; values and names do not', () => {
  for (const text of ['vars.a', 'host.vars.a.b', 'host.name', 'groups.web'])
    assert.ok(isFixed(pathOf(text)), text);
  for (const text of [
    'facts.os.id',
    'host.facts.os',
    'host.steps.a.outputs.b',
    'hosts["a"].vars.b',
    'host',
    'run.id',
  ])
    assert.not.ok(isFixed(pathOf(text)), text);
});
