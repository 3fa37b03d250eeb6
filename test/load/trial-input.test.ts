/** Hosts on which a step looks at the very same values are tried once. */
import { Unknown } from '../../lib/base/unknown.ts';
import { type Path, simplePath } from '../../lib/load/path.ts';
import type { BuiltStep } from '../../lib/load/runbook.ts';
import { inputMemo } from '../../lib/load/trial-input.ts';
import type { Scope } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';

const test = suite('inputs of a trial');

/** A step that looks at these paths. */
function looksAt(texts: readonly string[], vars?: object): BuiltStep {
  const paths = texts.map((text) => simplePath(text) as Path);
  return { with: { uses: [{ expression: { paths } }] }, when: undefined, vars } as unknown as BuiltStep;
}

function count(step: BuiltStep, scopes: readonly Scope[]): number {
  const memo = inputMemo<number>(step);
  let made = 0;
  for (const scope of scopes) {
    memo(scope, () => {
      made += 1;
      return made;
    });
  }
  return made;
}

const hosts = (count: number, vars: (at: number) => object): readonly Scope[] =>
  Array.from({ length: count }, (_, at) => ({ host: { name: `web${at}`, vars: vars(at) }, vars: vars(at) }));

test('one trial for each set of values', () => {
  const two = hosts(1000, (at) => ({ port: at % 2 === 0 ? 80 : '80', root: '/srv', own: at }));
  assert.is(count(looksAt(['vars.port', 'host.vars.root']), two), 2);
  const shared = { list: [1] };
  assert.is(
    count(
      looksAt(['vars.a.list']),
      hosts(10, () => ({ a: shared })),
    ),
    1,
  );
  assert.is(
    count(
      looksAt(['vars.a.list']),
      hosts(10, () => ({ a: { list: [1] } })),
    ),
    10,
    'equal, not the same',
  );
});

test('what is missing or not known yet is tried on each host, and so is a step with values of its own', () => {
  assert.is(
    count(
      looksAt(['vars.none']),
      hosts(10, () => ({})),
    ),
    10,
  );
  const unknown = new Unknown('facts');
  assert.is(
    count(
      looksAt(['vars.a']),
      hosts(10, () => ({ a: unknown })),
    ),
    10,
  );
  assert.is(
    count(
      looksAt(['vars.a.b']),
      hosts(10, () => ({ a: unknown })),
    ),
    10,
  );
  assert.is(
    count(
      looksAt(['vars.a'], {}),
      hosts(10, () => ({ a: 1 })),
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
  assert.is(count(looksAt(['vars.own']), scopes), 1000);
  assert.ok(looks < 50, `looked ${looks} times`);
});
