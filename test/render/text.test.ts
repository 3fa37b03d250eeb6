/** What people see, event by event, without colour. */
import type { RunEvent } from '../../lib/model/event.ts';
import { createPaint } from '../../lib/render/paint.ts';
import { type TextOptions, textRenderer } from '../../lib/render/text.ts';
import { checkEvent } from '../fixture/event-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('text renderer');

const host = {
  ok: 1,
  changed: 2,
  failed: 0,
  ignored: 0,
  skipped: 0,
  later: 0,
  unreachable: false,
  readOnly: false,
  roundTrips: 2,
  seconds: 1.25,
};

const START: RunEvent = {
  kind: 'start',
  v: 1,
  run: 'r',
  version: '1',
  runbook: 'Book',
  dryRun: false,
  hosts: ['roz', 'wro'],
};
const CHANGE: RunEvent = {
  kind: 'change',
  host: 'roz',
  step: 'conf',
  id: 1,
  key: 'file:/etc/x',
  action: 'update',
  summary: 'content, mode 0644 → 0640',
  diff: [
    { kind: 'text', path: '/etc/x', before: 'a\nb\nc\n', after: 'a\nB\nc\n' },
    { kind: 'field', name: 'mode', from: '0644', to: '0640' },
    { kind: 'field', name: 'owner', from: '', to: 'root' },
    { kind: 'secret', name: 'psk' },
    { kind: 'binary', path: '/etc/x', before: null, after: '3 bytes, ab12' },
  ],
  dryRun: false,
  seconds: 1.5,
  inverse: 'yes',
  place: 'a.yaml:1:1',
};
const FAILED: RunEvent = {
  kind: 'step',
  host: 'wro',
  step: 'late',
  status: 'failed',
  handler: false,
  failure: { message: 'it broke', place: 'book.yaml:4:5', output: 'one\ntwo', hint: 'mend it' },
};
const SKIPPED: RunEvent = {
  kind: 'step',
  host: 'wro',
  step: 'next',
  status: 'skipped',
  handler: false,
  reason: 'it needs late, which failed',
};
const FALSE: RunEvent = {
  kind: 'step',
  host: 'wro',
  step: 'cond',
  status: 'skipped',
  handler: false,
  reason: 'its condition is false',
};
const RECAP: RunEvent = {
  kind: 'recap',
  exit: 2,
  result: 'failed',
  dryRun: false,
  hosts: {
    roz: host,
    wro: {
      ...host,
      ok: 0,
      changed: 0,
      failed: 1,
      skipped: 1,
      unreachable: true,
      roundTrips: 1,
      readOnly: true,
    },
  },
  next: 'run book inv --limit wro',
};

function shown(
  events: readonly RunEvent[],
  options: Partial<TextOptions> = {},
): { out: string; err: string } {
  const text = { out: '', err: '' };
  const emit = textRenderer({
    out: (part) => {
      text.out += part;
    },
    err: (part) => {
      text.err += part;
    },
    paint: createPaint(false),
    diff: false,
    verbose: false,
    quiet: false,
    ...options,
  });
  for (const event of events) {
    checkEvent(event);
    emit(event);
  }
  return text;
}

test('a change is one line, with its difference when asked for', () => {
  const line = 'roz   ~ file:/etc/x  content, mode 0644 → 0640  [conf]  1.5 s\n';
  assert.is(shown([START, CHANGE]).out, line);
  assert.is(shown([START, CHANGE]).err, 'Book on 2 hosts\n');
  assert.is(
    shown([START, CHANGE], { diff: true }).out,
    `${line}${['@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c', 'mode: 0644 → 0640', 'owner: (none) → root', '‹secret psk› changes; it is not shown', 'absent → 3 bytes, ab12'].map((each) => `        ${each}\n`).join('')}`,
  );
});

test('what is lost or interrupted is marked; -v says where it comes from', () => {
  const lost = shown([START, { ...CHANGE, action: 'delete', seconds: 0 }]).out;
  assert.match(lost, /^roz {3}- file:\/etc\/x .* \[conf\] {2}‼ destructive\n$/);
  assert.match(shown([START, { ...CHANGE, inverse: 'no' }]).out, /\[conf\] {2}‼ destructive/);
  assert.match(
    shown([START, { ...CHANGE, action: 'restart', inverse: 'no' }]).out,
    /\[conf\] {2}‼ {2}1\.5 s\n/,
  );
  assert.not.match(shown([START, CHANGE]).out, /‼/);
  assert.match(shown([START, CHANGE], { verbose: true }).out, /1\.5 s {2}at a\.yaml:1:1\n/);
});

test('a dry run says so, and on what a guess rests', () => {
  const text = shown([
    { ...START, dryRun: true, hosts: ['roz'] },
    { ...CHANGE, dryRun: true, confirm: 60, mayDiffer: 'tool' },
    { kind: 'later', host: 'roz', step: 'edit', reason: 'step tool', place: 'a.yaml:1:1' },
  ]);
  assert.match(text.err, /Book on roz {2}dry run: nothing is touched/);
  assert.match(text.out, /\[conf\] {2}\(confirmed\) {2}\(may differ: rests on step tool\)\n/);
  assert.match(text.out, /roz {3}\? edit: known after apply: it rests on step tool/);
  assert.not.match(text.out, /1\.5 s/);
});

test('a failure at length, what stood behind it shortly, a false condition only when asked', () => {
  const { out } = shown([START, FAILED, SKIPPED, FALSE]);
  assert.is(
    out,
    'wro   FAILED late: it broke\n        at book.yaml:4:5\n        | one\n        | two\n        → mend it\nwro   skipped next: it needs late, which failed\n',
  );
  assert.match(shown([FALSE], { verbose: true }).out, /skipped cond: its condition is false/);
});

test('a check that holds is one line, several that do not are one failure', () => {
  const check: RunEvent = {
    kind: 'check',
    host: 'roz',
    step: 'underlay',
    key: 'handshake:wg0',
    text: 'handshake with wro 12 s ago\u001b[2J',
  };
  const line = 'roz   ✓ underlay: handshake with wro 12 s ago␛[2J\n';
  assert.is(shown([START, check]).out, line);
  assert.is(shown([START, check], { paint: createPaint(true) }).out.includes('\u001b[32m✓\u001b[39m'), true);
  assert.is(shown([START, check], { quiet: true }).out, '');
  const failure = { message: 'no route\nalso: no session\nalso: no ping', hint: 'look at the link' };
  assert.is(
    shown([START, { ...FAILED, failure }]).out,
    'wro   FAILED late: no route\n        also: no session\n        also: no ping\n        → look at the link\n',
  );
});

test('quiet: only failures and the recap', () => {
  const { out, err } = shown([START, CHANGE, FAILED, RECAP], { quiet: true, diff: true });
  assert.is(err, '');
  assert.match(out, /^wro {3}FAILED/);
  assert.match(out, /RECAP/);
});

test('the recap, and the command to type next', () => {
  assert.is(
    shown([RECAP]).out,
    [
      '',
      'RECAP',
      'roz  : ok=1   changed=2   unreachable=0   failed=0   skipped=0   2 round trips, 1.3 s',
      'wro  : ok=0   changed=0   unreachable=1   failed=1   skipped=1   1 round trip, 1.3 s, read only',
      'next: run book inv --limit wro',
      '',
    ].join('\n'),
  );
});

test('what comes from hosts cannot steer the terminal: control characters are seen', () => {
  const failure = {
    message: 'bad \u001b[2Jname\u0007',
    output: 'Reading 10%\rReading 100%\r\nend \u202e\u009b',
  };
  const { out, err } = shown(
    [
      START,
      {
        ...CHANGE,
        key: 'file:/etc/\u001b]0;x',
        diff: [
          { kind: 'text', path: '/x', before: 'a\tb\r\nc\n', after: 'a\tb\nc\n' },
          { kind: 'field', name: 'owner', from: '\u007f', to: 'x\u001b' },
        ],
      },
      { ...FAILED, failure },
      { kind: 'progress', host: 'roz', step: 'x', text: 'run', seconds: 5, lastLine: '1%\r99%\u001b[K' },
      { kind: 'output', host: 'roz', step: 'x', text: 'one\r\ntwo\u001b[31m' },
    ],
    { diff: true },
  );
  assert.not.match(out + err, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  assert.match(out, /-a\tb␍\n +\+a\tb\n/);
  assert.match(out, /owner: ␡ → x␛\n/);
  assert.match(out, /bad ␛\[2Jname␇\n/);
  assert.match(out, /\| Reading 100%\n +\| end \\u202e\\u009b\n/);
  assert.match(out, /x:\n {8}one\n {8}two␛\[31m\n/);
  assert.match(err, / {2}99%␛\[K\n/);
});

test('steps that were not carried out are named in one line a host, before the recap', () => {
  const left = (step: string, status: 'interrupted' | 'not_started'): RunEvent => ({
    kind: 'step',
    host: 'wro',
    step,
    status,
    handler: false,
  });
  const steps = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => left(id, 'interrupted'));
  assert.match(
    shown([START, ...steps, RECAP]).out,
    /^wro {3}not carried out: a, b, c, d, e and 2 more\n\nRECAP/,
  );
  assert.match(shown([START, left('a', 'not_started'), RECAP]).out, /^wro {3}not carried out: a\n\nRECAP/);
});

test('counts of a thousand stand apart', () => {
  const recap: RunEvent = { ...RECAP, hosts: { roz: { ...host, ok: 1000, changed: 12345 } } } as RunEvent;
  assert.match(shown([recap]).out, /ok=1000 changed=12345 unreachable=0/);
});

test('a very long line of a difference is cut, and says so', () => {
  const diff = [
    { kind: 'text', path: '/x', before: 'short\n', after: `${'x'.repeat(5000)}\n` },
    { kind: 'field', name: 'key', from: '', to: 'y'.repeat(401) },
  ] as const;
  const { out } = shown([{ ...CHANGE, diff }], { diff: true });
  assert.match(out, /\+x{399}… 4601 more characters\n/);
  assert.match(out, /key: \(none\) → y{400}… 1 more characters\n/);
});

test('a check that suspects another host stands after those that know', () => {
  const failed = (host: string, message: string, elsewhere?: true): RunEvent => ({
    kind: 'step',
    host,
    step: 'way',
    status: 'failed',
    handler: false,
    failure: { message, ...(elsewhere ? { elsewhere } : {}) },
  });
  const { out } = shown([
    START,
    failed('roz', 'nothing comes back: closed there?', true),
    failed('wro', 'UDP 4789 is closed on this host'),
    RECAP,
  ]);
  const at = ['UDP 4789', 'closed there?', 'RECAP'].map((text) => out.indexOf(text));
  assert.equal(
    [...at].sort((a, b) => a - b),
    at,
  );
  assert.ok(at.every((index) => index >= 0));
});
