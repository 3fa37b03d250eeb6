/** Expressions: whole numbers, unknown and secret values, what is looked at, and hostile texts. */
import { Secret } from '../../lib/base/secret.ts';
import { Unknown, unknownView } from '../../lib/base/unknown.ts';
import { openCel } from '../../lib/load/expression/cel.ts';
import { needsCel, readExpression } from '../../lib/load/expression/expression.ts';
import { referencesOf } from '../../lib/load/expression/reference.ts';
import { splice } from '../../lib/load/expression/splice.ts';
import { quotedLine } from '../../lib/load/source/quote.ts';
import { assert, suite } from '../suite.ts';

const cel = openCel();
const test = suite('expression');
const value = (text: string, scope: Record<string, unknown> = {}): unknown =>
  readExpression(text, cel).evaluate(scope);

test('numbers behave as people expect', () => {
  const vars = { n: 3, f: 1.5, list: [1, 2, 3] };
  assert.is(value('vars.n + 1', { vars }), 4);
  assert.is(value('vars.n * 2 - 1', { vars }), 5);
  assert.is(value('vars.n / 2', { vars }), 1);
  assert.is(value('vars.n % 2', { vars }), 1);
  assert.is(value('vars.n + vars.f', { vars }), 4.5);
  assert.is(value('vars.f * 2', { vars }), 3);
  assert.is(value('vars.n > 2 && vars.n == 3', { vars }), true);
  assert.is(value('vars.f < 2', { vars }), true);
  assert.is(value('size(vars.list) == 3', { vars }), true);
  assert.equal(value('vars.list.map(x, x * 10)', { vars }), [10, 20, 30]);
  assert.is(value('2 in vars.list', { vars }), true);
  assert.is(value('vars.list[1]', { vars }), 2);
  assert.is(value('string(vars.n) + "a"', { vars }), '3a');
  assert.is(value('int("42") + 1'), 43);
});

test('a path keeps the value as it is', () => {
  const vars = { map: { a: [1, { b: null }] }, 'odd name': 1 };
  assert.is(value('vars.map', { vars }), vars.map);
  assert.is(value('vars["odd name"]', { vars }), 1);
  assert.is(needsCel('vars["odd name"].x'), false);
  assert.is(needsCel('vars.a + 1'), true);
  assert.throws(() => value('vars.nope', { vars }), 'vars.nope');
  assert.throws(() => value('nope', { vars }), '"nope" is not defined');
});

test('defaults, tests and joins', () => {
  const vars = { a: 'x', list: ['p', 'q'] };
  assert.is(value('vars.?b.orValue("d")', { vars }), 'd');
  assert.is(value('has(vars.b) ? vars.b : vars.a', { vars }), 'x');
  assert.is(value('vars.list.join(", ")', { vars }), 'p, q');
  assert.equal(value('{"k": vars.list, "n": [1, "two"]}', { vars }), { k: ['p', 'q'], n: [1, 'two'] });
  assert.equal(value('vars.list.filter(x, x != "p")', { vars }), ['q']);
});

test('what is looked at and unknown makes the result unknown, and only that', () => {
  const unknown = new Unknown('step key');
  const vars = { a: 1, later: unknown, map: { sure: 2, later: unknown } };
  assert.is(value('vars.later + 1', { vars }), unknown);
  assert.is(value('vars.map.sure + vars.a', { vars }), 3);
  assert.is(value('vars.a == 1 || vars.later == 2', { vars }), true);
  assert.is(value('vars.a == 2 && vars.later == 2', { vars }), false);
  assert.is(value('vars.a == 2 || vars.later == 2', { vars }), unknown);
  assert.is(value('[vars.later]', { vars }), unknown);
  assert.is(value('vars.later.deep.er', { vars }), unknown);
  assert.is(value('has(vars.later) ? vars.later : 1', { vars }), unknown);
});

test('a look at the facts of a host not read yet is told', () => {
  let looks = 0;
  const facts = unknownView('the facts of roz', 'roz', () => {
    looks += 1;
  });
  assert.instance(value('facts.os.id', { facts }), Unknown);
  assert.is(looks, 1);
  assert.instance(value('facts.os.id == "debian"', { facts }), Unknown);
  assert.ok(looks >= 2);
});

test('secrets stay secret through whatever is done with them', () => {
  const secrets = { a: new Secret('a', 'hush') };
  assert.is(value('secrets.a', { secrets }), secrets.a);
  const joined = value('"<" + secrets.a + ">"', { secrets });
  assert.instance(joined, Secret);
  assert.is((joined as Secret).reveal(), '<hush>');
  assert.instance(value('secrets.a == "x"', { secrets }), Secret);
  const list = value('[secrets.a, "plain"]', { secrets }) as readonly unknown[];
  assert.ok(list.every((item) => item instanceof Secret));
});

test('no error quotes a secret', () => {
  const secrets = { a: new Secret('a', 'hush') };
  for (const text of ['{"x": 1}[secrets.a]', 'bool(secrets.a)', 'int(secrets.a)', 'duration(secrets.a)']) {
    assert.throws(
      () => value(text, { secrets }),
      (error: unknown) => error instanceof Error && !error.message.includes('hush'),
      text,
    );
  }
});

test('what an expression looks at is found without running it', () => {
  const references = (text: string): unknown => readExpression(text, cel).paths.flatMap(referencesOf);
  assert.equal(references('steps.key.outputs.pub'), [{ kind: 'output', step: 'key' }]);
  assert.equal(references('hosts["wro"].steps.key.outputs.pub + "x"'), [
    { kind: 'output', step: 'key', host: 'wro' },
  ]);
  assert.equal(references('groups.g.map(h, hosts[h].steps.key.outputs.pub)'), [
    { kind: 'output', step: 'key', host: '*' },
  ]);
  assert.equal(references('facts.os.id == "x" && host.facts.arch == "y"'), [
    { kind: 'facts' },
    { kind: 'facts' },
  ]);
  assert.equal(references('hosts.roz.facts.arch'), [{ kind: 'facts', host: 'roz' }]);
  assert.equal(references('vars.list.map(steps, steps)'), []);
});

test('hostile texts end in an error, at once', () => {
  const started = performance.now();
  for (const text of [
    'vars.constructor.constructor("return 1")()',
    'vars.__proto__',
    '"a".matches("(a+)+$")',
    `${'('.repeat(5000)}1${')'.repeat(5000)}`,
    `${'['.repeat(500)}`,
    `vars${'.a'.repeat(3000)} + 1`,
    '1 +',
    '"unterminated',
    'vars[',
  ]) {
    assert.throws(
      () => value(text, { vars: {} }),
      (error: unknown) => error instanceof Error,
      text.slice(0, 40),
    );
  }
  assert.ok(performance.now() - started < 3000);
});

test('pieces of text', () => {
  const kinds = (text: string): unknown => splice(text).map((piece) => piece.text);
  assert.equal(kinds('a ${{ b }} c'), ['a ', ' b ', ' c']);
  assert.equal(kinds('${{ {"a": {"b": 1}} }}'), [' {"a": {"b": 1}} ']);
  assert.equal(kinds('${{ "}}" }}x'), [' "}}" ', 'x']);
  assert.equal(kinds('$${{ b }}'), ['${{ b }}']);
  assert.equal(kinds('no $ { here }'), ['no $ { here }']);
  assert.throws(() => splice('${{ a'), 'not closed');
});

test('a line with its expression in quotes', () => {
  assert.is(quotedLine('a: { b: ${{ x }}, c: 1 }'), 'a: { b: "${{ x }}", c: 1 }');
  assert.is(quotedLine('a: ${{ x ? "a": "b" }}'), `a: '\${{ x ? "a": "b" }}'`);
  assert.is(quotedLine('a: [pre-${{ x }}-post]'), 'a: ["pre-${{ x }}-post"]');
});
