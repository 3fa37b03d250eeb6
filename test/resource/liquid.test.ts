import { toBytes } from '../../lib/base/bytes.ts';
import { RunError } from '../../lib/base/error.ts';
import { Secret } from '../../lib/base/secret.ts';
import { Unknown, UnknownUsed } from '../../lib/base/unknown.ts';
import { certainNames, renderLiquid } from '../../lib/resources/file/liquid.ts';
import { missingNames } from '../../lib/resources/file/liquid-name.ts';
import { assert, suite } from '../suite.ts';

const test = suite('liquid');
const render = (text: string, scope: Readonly<Record<string, unknown>> = {}) =>
  renderLiquid({ path: '/project/x.liquid', content: toBytes(text) }, scope);

test('values, loops over lists and maps, filters, whole numbers of any size', () => {
  assert.is(render('{{ a.b }} {{ big }}', { a: { b: 1 }, big: 2n ** 60n }), `1 ${2n ** 60n}`);
  assert.is(render('{% for x in list %}{{ x.n }},{% endfor %}', { list: [{ n: 1 }, { n: 2 }] }), '1,2,');
  assert.is(
    render('{% for x in map %}{{ x[0] }}={{ x[1] }};{% endfor %}', { map: { a: 1, b: 2 } }),
    'a=1;b=2;',
  );
  assert.is(render('{{ list | join: "-" | upcase }} {{ list.size }}', { list: ['a', 'b'] }), 'A-B 2');
  assert.is(render('é {{ x }}', { x: 'ž' }), toBytes('é ž'));
});

test('an unknown value throws when it is looked at, wherever it stands, and only then', () => {
  const scope = {
    a: { gone: new Unknown('step key on wro'), here: 1 },
    list: [1, new Unknown('facts of wro')],
  };
  for (const text of [
    '{{ a.gone }}',
    '{% if a.gone %}x{% endif %}',
    '{% assign y = a.gone %}',
    '{{ a.gone | default: "x" }}',
    '{{ a.gone.deeper }}',
    '{% for x in list %}{{ x }}{% endfor %}',
    '{{ a | json }}',
    '{% unless a.gone == 1 %}x{% endunless %}',
  ]) {
    assert.throws(
      () => render(text, scope),
      (error: unknown) => error instanceof UnknownUsed,
      text,
    );
  }
  assert.is(render('{{ a.here }}{{ list[0] }}{% if false %}{{ a.gone }}{% endif %}', scope), '11');
});

test('names that are not there are found behind unknown values, and only where rendering is certain to ask', () => {
  const scope = {
    facts: new Unknown('facts of roz'),
    vars: { port: 1, list: [{ a: 1 }], psk: new Secret('psk', 'x') },
    host: { name: 'roz' },
  };
  const missing = (text: string) =>
    missingNames(certainNames(text), scope).map(
      ({ line, col, message, hint }) => `${line}:${col} ${message}; ${hint}`,
    );
  assert.equal(missing('{{ facts.a }}\n  {{ vars.prt }} {{ hots.name }}'), [
    '2:6 undefined variable: vars.prt; did you mean "port"?',
    '2:21 undefined variable: hots; did you mean "host"?',
  ]);
  for (const text of [
    '{% if vars.no %}x{% endif %}',
    '{% unless vars.no %}x{% endunless %}',
    '{% case vars.no %}{% when 1 %}x{% endcase %}',
    '{% for x in vars.no %}x{% endfor %}',
    '{% assign x = vars.no %}{{ x.y }}',
    '{% capture x %}{{ vars.no }}{% endcapture %}{{ x }}',
    '{{ vars.no | default: 1 }}',
    '{{ 1 | plus: vars.no }}',
  ]) {
    assert.is(missing(text).length, 1, text);
    // Rendering holds the same against it.
    assert.throws(() => render(text, { ...scope, facts: {} }), /undefined variable: vars\.no/, text);
  }
  for (const text of [
    '{{ vars[facts.a].no }}{{ vars.list[0].no }}{{ vars.list.size }}{{ vars.psk.no }}{{ facts.no.no }}',
    '{% if facts.a %}{{ vars.no }}{% assign late = 1 %}{% elsif vars.no %}{% else %}{{ no }}{% endif %}{{ late }}',
    '{% case facts.a %}{% when vars.no %}{{ no }}{% else %}{{ no }}{% endcase %}',
    '{% for x in facts.a %}{{ x.no }}{{ forloop.index }}{{ vars.no }}{% endfor %}',
    '{% comment %}{{ no }}{% endcomment %}{% raw %}{{ no }}{% endraw %}{{ vars.size }}{{ vars.psk }}',
    '{{ no',
  ])
    assert.equal(missing(text), [], text);
});

test('a secret that is looked at makes the whole text a secret', () => {
  const scope = { psk: new Secret('wg_psk', 'hunter2'), name: 'x' };
  const made = render('key = {{ psk }}', scope);
  assert.ok(made instanceof Secret);
  assert.is(made.reveal(), 'key = hunter2');
  assert.is(made.name, 'wg_psk');
  assert.ok(render('{% if psk %}yes{% endif %}', scope) instanceof Secret);
  assert.is(render('{{ name }}', scope), 'x');
});

test('mistakes say file, line and column, and never show a secret', () => {
  const problem = (text: string, scope = {}) => {
    try {
      render(text, scope);
    } catch (error) {
      if (error instanceof RunError) return error;
      throw error;
    }
    throw new Error('no error');
  };
  const missing = problem('one\n  {{ nope }}\n');
  assert.is(missing.code, 'invalid');
  assert.equal(missing.problems[0]?.place, { file: '/project/x.liquid', line: 2, col: 6 });
  assert.is(missing.message, '/project/x.liquid:2:6: undefined variable: nope');
  assert.match(missing.hint ?? '', /host, vars, facts/);
  assert.match(problem('{{ a.constructor }}', { a: {} }).message, /undefined variable/);
  assert.match(problem('{{ "x" | nofilter }}').message, /nofilter/);
  assert.match(problem('{% if %}').message, /not closed|invalid/);
  assert.match(problem('{% nosuchtag %}').message, /nosuchtag/);
});

test('no other file is read', () => {
  for (const text of ['{% include "/etc/passwd" %}', '{% render "x" %}', '{% layout "/etc/passwd" %}']) {
    assert.throws(
      () => render(text),
      (error: unknown) => error instanceof RunError,
      text,
    );
  }
});

test('what is not text is refused', () => {
  const source = { path: 'x', content: toBytes(Buffer.from([0xff, 0xfe])) };
  assert.throws(() => renderLiquid(source, {}), /not text in UTF-8/);
});
