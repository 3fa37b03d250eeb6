/** Differences as people read them. */
import type { Difference } from '../../lib/model/resource.ts';
import { differenceLines } from '../../lib/render/difference.ts';
import { createPaint } from '../../lib/render/paint.ts';
import { assert, suite } from '../suite.ts';

const test = suite('differences');

const PAINT = createPaint(false);

function shown(...diff: readonly Difference[]): readonly string[] {
  return differenceLines(diff, PAINT);
}

function text(path: string, before: string | null, after: string | null): readonly string[] {
  return shown({ kind: 'text', path, before, after });
}

test('a secret by its marks, and without them by its name alone', () => {
  assert.equal(shown({ kind: 'secret', name: 'wg_key', from: '3fa9', to: 'b71c' }), ['‹wg_key 3fa9→b71c›']);
  assert.equal(shown({ kind: 'secret', name: 'wg_key', from: null, to: 'b71c' }), ['‹wg_key none→b71c›']);
  assert.equal(shown({ kind: 'secret', name: 'wg_key', to: 'b71c' }), ['‹wg_key ?→b71c›']);
  assert.equal(shown({ kind: 'secret', name: 'wg_key', from: 'b71c', to: null }), ['‹wg_key b71c→none›']);
  assert.equal(shown({ kind: 'secret', name: 'wg_key' }), ['‹secret wg_key› changes; it is not shown']);
});

test('JSON key by key, whatever its layout', () => {
  const before = '{ "net": { "port": 80, "old": "x" }, "list": [1, 2], "big": 12345678901234567890 }\n';
  const after =
    '{ "net": {\n  "port": 443,\n  "name": "a b" }, "list": [1, 2, 3], "big": 12345678901234567891 }\n';
  assert.equal(text('/etc/app.json', before, after), [
    'net.port: 80 → 443',
    '- net.old: x',
    '+ net.name: a b',
    'list: [1, 2] → [1, 2, 3]',
    'big: 12345678901234567890 → 12345678901234567891',
  ]);
  assert.equal(text('/etc/daemon', '{"a": 1}', '{"a": "1"}'), ['a: 1 → "1"']);
});

const YAML = 'net:\n  port: 80\n  peers:\n    - { name: a, mtu: 1 }\n    - { name: b, mtu: 2 }\n';

test('YAML key by key', () => {
  assert.equal(text('/etc/a.yaml', YAML, YAML.replace('80', '443').replace('mtu: 2', 'mtu: 3')), [
    'net.port: 80 → 443',
    'net.peers[1].mtu: 2 → 3',
  ]);
  assert.equal(text('/etc/a.yml', YAML, `${YAML}other:\n  deep: on\n`), ['+ other.deep: "on"']);
});

test('files of keys and values: sysctl, units, defaults', () => {
  assert.equal(text('/etc/sysctl.d/zz.conf', 'net.a = 0\nnet.b=1\n', 'net.a = 1\nnet.b=1\n'), [
    'net.a: 0 → 1',
  ]);
  const unit = '[Unit]\nDescription=x\n\n[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n';
  assert.equal(text('/etc/systemd/system/a.service', unit, unit.replace('/bin/b', '/bin/c')), [
    'Service.ExecStart: [/bin/a, /bin/b] → [/bin/a, /bin/c]',
  ]);
  assert.equal(text('/etc/default/x', 'A="1"\n', 'A="2"\nB=\n'), ['A: "1" → "2"', '+ B: ""']);
});

const LINES: readonly (readonly [string, string, string, string])[] = [
  ['a comment alone', '/etc/a.yaml', 'a: 1\n# x\n', 'a: 1\n# y\n'],
  ['a comment with a value', '/etc/a.yaml', 'a: 1\n# x\n', 'a: 2\n# y\n'],
  ['a comment behind a value', '/etc/a.yaml', 'a: 1 # x\n', 'a: 2 # y\n'],
  ['order alone', '/etc/a.yaml', 'a: 1\nb: 2\n', 'b: 2\na: 1\n'],
  ['an empty line', '/etc/a.conf', 'a = 1\nb = 1\n', 'a = 2\n\nb = 1\n'],
  ['no YAML at all', '/etc/a.yaml', 'a: 1\n', 'a: [1\n'],
  ['several documents', '/etc/a.yaml', 'a: 1\n---\nb: 1\n', 'a: 1\n---\nb: 2\n'],
  ['no JSON at all', '/etc/a.json', '{"a": 1}\n', '{"a": 2,}\n'],
  ['a file that is no list of keys', '/etc/frr/frr.conf', 'router bgp 1\n', 'router bgp 2\n'],
  [
    'sections that come again',
    '/etc/wg.conf',
    '[Peer]\na = 1\n[Peer]\na = 2\n',
    '[Peer]\na = 1\n[Peer]\na = 3\n',
  ],
];

for (const [why, path, before, after] of LINES)
  test(`lines, and not keys: ${why}`, () => {
    const lines = text(path, before, after);
    assert.match(lines[0] ?? '', /^@@ /);
    assert.ok(lines.some((line) => line.startsWith('-') || line.startsWith('+')));
  });

test('blanks, line ends and characters that nobody sees are seen', () => {
  assert.equal(text('/etc/x', 'a\n', 'a  \n').slice(1), ['-a', '+a··']);
  assert.equal(text('/etc/x', '\ta b\n', '        a b\n').slice(1), ['-⇥a·b', '+········a·b']);
  assert.equal(text('/etc/x', 'a', 'a\n').slice(1), ['-a', '\\ No newline at end of file', '+a']);
  assert.equal(text('/etc/x', 'ab\n', 'a\u200bb\n').slice(1), ['-ab', '+a\\u200bb']);
  assert.equal(text('/etc/x', 'a b\n', 'a\u00a0b\n').slice(1), ['-a·b', '+a\\u00a0b']);
  assert.equal(text('/etc/x', 'a\nb\n', 'a\r\nb\r\n'), ['line ends: LF → CRLF, in all 2 lines']);
  assert.equal(text('/etc/x', 'a\r\nb\r\n', 'a\nc\n'), [
    'line ends: CRLF → LF, in all 2 lines',
    '@@ -1,2 +1,2 @@',
    ' a',
    '-b',
    '+c',
  ]);
  assert.equal(text('/etc/x', 'a\nb\n', 'a\r\nb\n').slice(1), ['-a', '+a␍', ' b']);
  assert.equal(text('/etc/x', '', '\u001b[2J\u202e\n').slice(1), ['+␛[2J\\u202e']);
});

test('what is trimmed is said to be', () => {
  const long = Array.from({ length: 200 }, (_, at) => `line ${at}\n`).join('');
  const lines = text('/etc/x', null, long);
  assert.is(lines.length, 61);
  assert.is(lines[60], '… 141 more lines of this difference: +141 −0');
  // Two long lines that are the same for a while must not look the same.
  const [, gone = '', come = ''] = text(
    '/etc/x',
    `${'x'.repeat(5000)}a${'y'.repeat(900)}\n`,
    `${'x'.repeat(5000)}b${'y'.repeat(900)}\n`,
  );
  assert.match(gone, /^-… 4940 characters … x{60}ay{338}… 562 more characters$/);
  assert.match(come, /^\+… 4940 characters … x{60}by{338}…/);
  const huge = (seed: number): string =>
    Array.from({ length: 60_000 }, (_, at) => `${(at * seed) % 7919} ${at % seed}\n`).join('');
  assert.match(
    text('/etc/x', huge(3), huge(7)).join('\n'),
    /differ in too much to show how: 60001 lines|^@@/,
  );
});

test('texts that differ in what is not shown say so', () => {
  assert.equal(text('/etc/x', 'a', 'a'), ['the texts differ in a secret, which is not shown']);
  assert.equal(text('/etc/x', null, ''), ['an empty text is made']);
});
