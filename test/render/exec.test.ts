/** What `run exec` and `run ping` print. */
import type { Emit, HostRecap, RunEvent } from '../../lib/model/event.ts';
import { execRenderer } from '../../lib/render/exec.ts';
import { createPaint } from '../../lib/render/paint.ts';
import { pingRenderer } from '../../lib/render/ping.ts';
import type { TextOptions } from '../../lib/render/text.ts';
import { assert, suite } from '../suite.ts';

const test = suite('exec and ping');

function shown(
  renderer: (options: TextOptions) => Emit,
  events: readonly RunEvent[],
  quiet = false,
): { readonly out: string; readonly err: string } {
  let out = '';
  let err = '';
  const write = (text: string): unknown => (out += text);
  const note = (text: string): unknown => (err += text);
  const emit = renderer({
    out: write,
    err: note,
    paint: createPaint(false),
    diff: false,
    verbose: false,
    quiet,
  });
  for (const event of events) emit(event);
  return { out, err };
}

const start = (hosts: readonly string[], dryRun = false): RunEvent => ({
  kind: 'start',
  v: 1,
  run: 'r',
  version: '0',
  runbook: 'exec',
  dryRun,
  hosts,
});

const RECAP: HostRecap = {
  ok: 0,
  changed: 0,
  failed: 0,
  ignored: 0,
  skipped: 0,
  later: 0,
  unreachable: false,
  readOnly: false,
  roundTrips: 1,
  seconds: 0,
};

const recap = (hosts: Record<string, Partial<HostRecap>>, next?: string): RunEvent => ({
  kind: 'recap',
  exit: 0,
  result: 'ok',
  dryRun: false,
  hosts: Object.fromEntries(Object.entries(hosts).map(([name, rest]) => [name, { ...RECAP, ...rest }])),
  ...(next === undefined ? {} : { next }),
});

const ran = (host: string, text: string, status = 0): readonly RunEvent[] => [
  ...(text === '' ? [] : [{ kind: 'output', host, step: 'exec', text } as const]),
  {
    kind: 'step',
    host,
    step: 'exec',
    handler: false,
    ...(status === 0
      ? { status: 'changed' as const }
      : {
          status: 'failed' as const,
          failure: { message: `command x failed with status ${status}`, output: text },
        }),
  },
];

test('the same output of several hosts stands once, another one by itself, a failure with its status', () => {
  const { out } = shown(execRenderer, [
    start(['roz', 'wro', 'waw', 'krk']),
    ...ran('roz', 'up 3 days'),
    ...ran('waw', 'up 4 days\nload 1'),
    ...ran('wro', 'up 3 days'),
    ...ran('krk', 'up 3 days', 1),
    recap(
      { roz: { changed: 1 }, wro: { changed: 1 }, waw: { changed: 1 }, krk: { failed: 1 } },
      'run exec i --limit krk',
    ),
  ]);
  assert.is(
    out,
    `roz   ok
    up 3 days
waw   ok
    up 4 days
    load 1
krk   FAILED  command x failed with status 1
    up 3 days
the same on 2 hosts: roz, wro

4 hosts: 3 ok, 1 failed
next: run exec i --limit krk
`,
  );
});

test('nothing printed, an escape sequence, an unreachable host, one that was never begun', () => {
  const { out, err } = shown(execRenderer, [
    start(['roz', 'wro', 'waw']),
    ...ran('roz', ''),
    ...ran('wro', 'a\u001b[2Jb'),
    { kind: 'unreachable', host: 'waw', failure: { message: 'no route', hint: 'look' } },
    { kind: 'step', host: 'waw', step: 'exec', status: 'unreachable', handler: false },
    { kind: 'progress', host: 'roz', step: 'exec', text: 'x', seconds: 5, lastLine: 'half' },
    recap({ roz: { changed: 1 }, wro: { changed: 1 }, waw: { unreachable: true } }),
  ]);
  assert.not(out.includes('\u001b'));
  assert.match(out, /^roz {3}ok\nwro {3}ok\n {4}a/);
  assert.is(out.match(/waw/g)?.length, 1);
  assert.match(out, /waw {3}UNREACHABLE {2}no route\n {8}→ look\n/);
  assert.match(out, /3 hosts: 2 ok, 1 unreachable/);
  assert.is(err, 'roz   … 5 s  half\n');
});

test('many hosts that take long are one line, and not one each', () => {
  const hosts = Array.from({ length: 12 }, (_, index) => `h${index}`);
  const slow = (seconds: number): readonly RunEvent[] =>
    hosts
      .slice(1)
      .map((host) => ({ kind: 'progress', host, step: 'exec', text: 'x', seconds, lastLine: '' }));
  const { err } = shown(execRenderer, [start(hosts), ...ran('h0', ''), ...slow(5), ...slow(10.1)]);
  assert.is(err, '… 11 hosts have not ended (5 s)\n… 11 hosts have not ended (10 s)\n');
});

test('a dry run says what would be; quiet leaves out hosts that are well and say nothing', () => {
  const dry = shown(execRenderer, [start(['roz'], true), ...ran('roz', '')]);
  assert.is(dry.out, 'roz   would run\n');
  const still = shown(execRenderer, [start(['roz', 'wro']), ...ran('roz', ''), ...ran('wro', 'x')], true);
  assert.is(still.out, 'wro   ok\n    x\n');
});

test('ping: a line for each host', () => {
  const well = (host: string, ms: number): readonly RunEvent[] => [
    { kind: 'connected', host, seconds: ms / 1000 },
    { kind: 'check', host, step: 'ping', key: 'account:own', text: 'root; debian 12' },
    { kind: 'step', host, step: 'ping', status: 'ok', handler: false },
  ];
  const { out } = shown(pingRenderer, [
    start(['roz', 'wro', 'waw']),
    ...well('roz', 182),
    {
      kind: 'step',
      host: 'wro',
      step: 'ping',
      status: 'failed',
      handler: false,
      failure: { message: 'wrong password' },
    },
    { kind: 'unreachable', host: 'waw', failure: { message: 'no route' } },
    recap({ roz: { ok: 1 }, wro: { failed: 1 }, waw: { unreachable: true } }),
  ]);
  assert.is(
    out,
    `roz   ok   182 ms  root; debian 12
wro   FAILED  wrong password
waw   UNREACHABLE  no route

3 hosts: 1 ok, 1 failed, 1 unreachable
`,
  );
});
