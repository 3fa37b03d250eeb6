/** What expressions can call: results, types, what is unknown or secret, and what is refused. */
import { Secret } from '../../lib/base/secret.ts';
import { Unknown } from '../../lib/base/unknown.ts';
import { openCel } from '../../lib/load/expression/cel.ts';
import { ExpressionFault } from '../../lib/load/expression/cel-tree.ts';
import { readExpression } from '../../lib/load/expression/expression.ts';
import { assert, suite } from '../suite.ts';

const cel = openCel();
const test = suite('function');
const later = new Unknown('the facts');
const vars = {
  n: 3,
  list: [3, 1, 2, 3],
  names: ['b', 'a'],
  map: { a: 1, b: { c: 2 } },
  peers: [
    { name: 'x', ip: '10.0.0.1' },
    { name: 'y', ip: '10.0.0.2' },
  ],
  none: null,
  later,
  part: [1, later],
  key: new Secret('key', 'hush'),
  constructor: 'c',
};
const scope = { vars, groups: { web: ['roz', 'wro'] }, host: { name: 'wro' } };
const value = (text: string): unknown => readExpression(text, cel).evaluate(scope);

function table(cases: Readonly<Record<string, unknown>>): void {
  for (const [text, expected] of Object.entries(cases)) assert.equal(value(text), expected, text);
}

function faults(cases: Readonly<Record<string, string>>): void {
  for (const [text, words] of Object.entries(cases)) {
    assert.throws(
      () => value(text),
      (error: unknown) => error instanceof Error && error.message.includes(words),
      text,
    );
  }
}

test('defaults', () => {
  table({
    'default(vars.x, 1)': 1,
    'default(vars.n, 1)': 3,
    'default(vars.none, 1)': 1,
    'default(vars.map.x, "d") + "e"': 'de',
    'default(vars.map["x"], vars.map.a)': 1,
    'default(vars.?map.?x, 5)': 5,
    'default(vars.list[9], 0)': 0,
    'default(vars.n, vars.later)': 3,
    'default(vars.map.constructor, 1)': 1,
    'default(vars.map.__proto__, 1)': 1,
  });
  assert.is(value('default(vars.later, 1)'), later);
  assert.is(value('default(vars.x, vars.later)'), later);
  assert.instance(value('default(vars.key, "x")'), Secret);
  assert.ok(readExpression('default(vars.x, 1)', cel).paths[0]?.tested);
});

test('lists and maps', () => {
  table({
    'vars.list.join("-")': '3-1-2-3',
    'vars.names.sort().join(",")': 'a,b',
    'vars.list.sort()': [1, 2, 3, 3],
    'vars.list.unique()': [3, 1, 2],
    'vars.list.reverse()[0]': 3,
    'vars.list.sum() + 1': 10,
    '[1.5, 0.5].sum() + 1': 3,
    'vars.list.min() + vars.list.max()': 4,
    'vars.part.first()': 1,
    'vars.list.slice(1, 3)': [1, 2],
    '65000 + groups.web.indexOf(host.name)': 65001,
    '[[1], [2, 3]].flatten()': [1, 2, 3],
    'range(2, 4).map(i, "eth" + string(i))': ['eth2', 'eth3'],
    'range(0)': [],
    'vars.map.keys()': ['a', 'b'],
    'vars.map.values()[0] + 1': 2,
    'vars.map.merge({"a": 7, "z": 9})': { a: 7, b: { c: 2 }, z: 9 },
    'vars.peers.filter(p, p.name == "x").first().ip': '10.0.0.1',
    'vars.peers.map(p, p.ip)': ['10.0.0.1', '10.0.0.2'],
  });
  assert.is(value('vars.part.last()'), later);
  faults({
    '[].first()': 'empty',
    'groups.web.indexOf("zzz")': 'not in the list',
    'range(100000)': 'too many',
    '[1, "a"].sort()': 'numbers or of texts',
    'vars.list[5]': 'no item 5: the list has 4',
  });
});

test('addresses and networks', () => {
  table({
    'cidr.host("10.1.0.0/16", vars.n + 2)': '10.1.0.5',
    'cidr.host("10.1.0.7/24", -2)': '10.1.0.254',
    'cidr.host("fd00::/64", 255)': 'fd00::ff',
    'cidr.subnet("10.0.0.0/8", 24, 5)': '10.0.5.0/24',
    'cidr.contains("10.0.0.0/8", "10.1.1.1")': true,
    'cidr.contains("10.0.0.0/8", "fd00::1")': false,
    'cidr.next("10.0.0.1/24")': '10.0.0.2/24',
    'cidr.next("10.0.0.255")': '10.0.1.0',
    'cidr.prefix("10.0.0.1/24") + 1': 25,
    'cidr.netmask("10.0.0.1/22")': '255.255.252.0',
    'cidr.network("10.0.7.1/22")': '10.0.4.0/22',
    'cidr.address("10.0.7.1/22")': '10.0.7.1',
    'cidr.broadcast("10.0.7.1/22")': '10.0.7.255',
  });
  faults({
    'cidr.host("10.0.0.0/30", 4)': '10.0.0.0/30 has no address 4',
    'cidr.next("10.0.0.255/24")': 'the last address',
    'cidr.next("255.255.255.255")': 'the last address',
    'cidr.host("roz", 1)': 'no address and no network',
    'cidr.subnet("10.0.0.0/24", 16, 0)': 'does not lie in',
    'cidr.netmask("fd00::/64")': 'prefix lengths only',
  });
});

test('text, digests and patterns', () => {
  table({
    '"AbC".lower() + "x".upper()': 'abcX',
    '"a.b.c".replace(".", "$&")': 'a$&b$&c',
    '"a,b".split(",")': ['a', 'b'],
    '" a ".trim()': 'a',
    '"a\\nb\\n".lines()': ['a', 'b'],
    '"/etc/app/a.conf".basename()': 'a.conf',
    '"/etc/app/a.conf".dirname()': '/etc/app',
    'base64("hé")': 'aMOp',
    'base64decode("aMOp")': 'hé',
    'sha256("a").size()': 64,
    'json(vars.map)': '{"a":1,"b":{"c":2}}',
    'parse_json("{\\"a\\": [1, 2.5]}").a[0] + 1': 2,
    're("kernel-6.1", "6\\\\.[0-9]")': true,
    're("ABC", "(?i)b")': true,
    're_find("v1.22", "v([0-9]+)")': '1',
    're_find("x", "y")': '',
    're_replace("a-b-c", "-(.)", "+$1")': 'a+b+c',
  });
  faults({
    'base64decode("!!")': 'not base64',
    'parse_json("{")': 'parse_json()',
    're("a", "(")': 'the pattern is wrong',
    're("a", vars.names.join() + "(")': 'the pattern is wrong',
  });
});

test('what is made of unknown and secret values is unknown and secret', () => {
  for (const text of [
    'sha256(vars.later)',
    'cidr.host(vars.later, 1)',
    'json(vars.part)',
    'vars.part.sum()',
    're(vars.later, "a")',
    'vars.list.map(x, vars.later)',
  ]) {
    assert.is(value(text), later, text);
  }
  for (const text of ['sha256(vars.key)', 'base64(vars.key)', 'vars.key.upper()', '[vars.key].join("")']) {
    const made = value(text);
    assert.instance(made, Secret, text);
    assert.not.match((made as Secret).name, 'hush');
  }
});

test('a name that is no function says which may be meant', () => {
  const hint = (text: string): string | undefined => {
    try {
      readExpression(text, cel);
      return 'accepted';
    } catch (error) {
      return error instanceof ExpressionFault ? `${error.code} ${error.hint}` : String(error);
    }
  };
  assert.is(hint('vars.names.joint(",")'), 'unknown-function did you mean "join"?');
  assert.is(hint('b64encode("a")'), 'unknown-function write base64(text)');
  assert.match(hint('"a".matches("b")') ?? '', /^expression-matches write re\(/);
});

test('what would take for ever is stopped, the second time at once', () => {
  const text = `re("${'a'.repeat(40)}!", "^(a+)+$")`;
  for (const limit of [600, 20]) {
    const started = performance.now();
    faults({ [text]: 'takes more than' });
    assert.ok(performance.now() - started < limit, text);
  }
  const loops = readExpression('range(9999).map(a, range(9999).map(b, a * b))', cel);
  for (const limit of [5000, 20]) {
    const started = performance.now();
    assert.throws(() => loops.evaluate({}), 'take too long');
    assert.ok(performance.now() - started < limit);
  }
}, 30_000);

test('numbers that would lose digits are refused', () => {
  faults({ '9007199254740993': '2^53', '9223372036854775807 + 1': 'overflow', '[9007199254740993]': '2^53' });
  assert.is(value('string(9007199254740993)'), '9007199254740993');
  assert.is(value('9007199254740991'), 9007199254740991);
});
