/** The live view on a screen of its own: what stays, what goes, how often it draws, what it costs. */
import type { RunEvent } from '../../lib/model/event.ts';
import { openLive, type Terminal } from '../../lib/render/live.ts';
import { clock, fitted } from '../../lib/render/live-frame.ts';
import { liveText } from '../../lib/render/live-text.ts';
import { createPaint } from '../../lib/render/paint.ts';
import { createScreen, type Screen } from '../fixture/screen.ts';
import { assert, suite } from '../suite.ts';

const test = suite('live view');
const paint = createPaint(false);

interface Bench extends Terminal {
  readonly screen: Screen;
  readonly frames: number;
  resize(columns: number, rows: number): void;
  /** Lets time pass, calling what is due. */
  pass(ms: number): void;
}

function bench(columns = 60, rows = 24): Bench {
  const screen = createScreen(columns);
  let size = { columns, rows };
  let time = 0;
  let due: { at: number; call: () => void } | undefined;
  let frames = 0;
  return {
    screen,
    get frames() {
      return frames;
    },
    write(text) {
      frames += 1;
      screen.feed(text);
    },
    size: () => size,
    now: () => time,
    later(call, ms) {
      due = { at: time + ms, call };
      return () => {
        due = undefined;
      };
    },
    resize: (wide, high) => {
      size = { columns: wide, rows: high };
    },
    pass(ms) {
      const end = time + ms;
      while (due && due.at <= end) {
        time = due.at;
        const { call } = due;
        due = undefined;
        call();
      }
      time = end;
    },
  };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `h${index + 1}`);
const start = (hosts: readonly string[]): RunEvent => ({
  kind: 'start',
  v: 1,
  run: 'r',
  version: '1',
  runbook: 'Book',
  dryRun: false,
  hosts,
});
const change = (host: string, summary = 'content'): RunEvent => ({
  kind: 'change',
  host,
  step: 'conf',
  id: 1,
  key: 'file:/etc/x',
  action: 'update',
  summary,
  diff: [],
  dryRun: false,
  seconds: 0.1,
  inverse: 'yes',
  place: 'a.yaml:1:1',
});
const failed = (host: string): RunEvent => ({
  kind: 'step',
  host,
  step: 'conf',
  status: 'failed',
  failure: { message: 'no room\nsecond line' },
  handler: false,
});
const recapOf = (hosts: readonly string[], wrong: readonly string[] = []): RunEvent => ({
  kind: 'recap',
  exit: 0,
  result: 'ok',
  dryRun: false,
  hosts: Object.fromEntries(
    hosts.map((name) => [
      name,
      {
        ok: 1,
        changed: 2,
        ignored: 0,
        failed: wrong.includes(name) ? 1 : 0,
        skipped: 0,
        later: 0,
        unreachable: false,
        readOnly: false,
        roundTrips: 2,
        seconds: 1,
      },
    ]),
  ),
});
const OPTIONS = { paint, diff: false, verbose: false, quiet: false };

test('a frame says how many are done, who is slowest and what it does; lines for good stand above it', () => {
  const terminal = bench();
  const { emit } = liveText(terminal, OPTIONS);
  emit(start(names(3)));
  emit({ kind: 'stage', host: 'h1', stage: 'connecting' });
  terminal.pass(2000);
  emit({ kind: 'stage', host: 'h2', stage: 'writing' });
  emit(change('h2'));
  emit({ kind: 'progress', host: 'h2', step: 'conf', text: 'apt', seconds: 3, lastLine: 'Unpacking frr' });
  emit({ kind: 'stage', host: 'h3', stage: 'done' });
  terminal.pass(1100);
  assert.equal(terminal.screen.lines(), [
    'Book on 3 hosts',
    'h2    ~ file:/etc/x  content  [conf]',
    '0:03  Book: 1 of 3 done, 1 changed',
    '  h1      3 s  connecting',
    '  h2      1 s  writing  conf Unpacking frr',
  ]);
});

test('at the end nothing of the frames is left', () => {
  const terminal = bench(120);
  const { emit } = liveText(terminal, OPTIONS);
  emit(start(names(2)));
  terminal.pass(500);
  emit(change('h1'));
  terminal.pass(500);
  emit(recapOf(names(2)));
  const lines = terminal.screen.lines();
  assert.equal(lines.slice(0, 4), ['Book on 2 hosts', 'h1    ~ file:/etc/x  content  [conf]', '', 'RECAP']);
  assert.is(lines.length, 6);
});

test('many hosts that do the same: told once, counted at the end; the recap names those that failed', () => {
  const terminal = bench(100);
  const { emit } = liveText(terminal, OPTIONS);
  const hosts = names(300);
  emit(start(hosts));
  for (const name of hosts) {
    emit(change(name, name === 'h7' ? 'content, mode' : 'content'));
    emit({ kind: 'check', host: name, step: 'way', key: 'network:x', text: 'all is well' });
  }
  for (const name of ['h9', 'h10', 'h11']) emit(failed(name));
  terminal.pass(200);
  const frame = terminal.screen.lines();
  assert.is(frame.filter((line) => line.includes('file:/etc/x')).length, 2, frame.join('\n'));
  assert.not.match(frame.join('\n'), 'all is well');
  assert.match(frame.join('\n'), '0 of 300 done, 300 changed, 3 failed');
  assert.match(frame.join('\n'), '✗ h9  conf: no room');
  emit(recapOf(hosts, ['h9']));
  const lines = terminal.screen.lines();
  assert.ok(lines.includes('… and on 298 more: ~ file:/etc/x  content  [conf]'));
  assert.ok(lines.includes('… and on h10, h11: FAILED conf: as before'));
  assert.match(lines.at(-2) ?? '', /^h9 +: ok=1 +changed=2 +unreachable=0 +failed=1 /);
  assert.match(lines.at(-1) ?? '', /^the other 299 hosts : ok=299 +changed=598 /);
});

test('ten frames a second at most, one a second when nothing happens', () => {
  const terminal = bench();
  const { emit } = liveText(terminal, OPTIONS);
  emit(start(names(3)));
  for (let step = 0; step < 1000; step += 1) {
    emit(change('h1', `${step}`));
    terminal.pass(1);
  }
  assert.ok(terminal.frames <= 11, `${terminal.frames} frames`);
  const before = terminal.frames;
  terminal.pass(10_000);
  assert.is(terminal.frames - before, 10);
});

test('a small screen keeps its frame small, a narrow one cuts its lines, a narrower one is wiped rightly', () => {
  const terminal = bench(30, 6);
  const { emit } = liveText(terminal, OPTIONS);
  emit(start(names(20)));
  for (const host of names(20)) emit({ kind: 'stage', host, stage: 'reading' });
  terminal.pass(100);
  assert.is(terminal.screen.lines().length, 3);
  assert.ok(terminal.screen.lines().every((line) => line.length < 30));
  terminal.resize(10, 6);
  terminal.pass(1000);
  // 26 and 15 columns in a screen of 10: 3 and 2 rows.
  assert.ok(terminal.screen.highest >= 4, String(terminal.screen.highest));
});

test('nothing is drawn after the end, and what is said then is printed as it is', () => {
  const terminal = bench();
  const view = openLive(terminal, paint, () => () => undefined);
  view.emit(start(names(2)));
  terminal.pass(200);
  view.close();
  view.close();
  view.print('bye\n');
  const { frames } = terminal;
  view.emit(change('h1'));
  terminal.pass(5000);
  assert.is(terminal.frames, frames);
  assert.equal(terminal.screen.lines(), ['bye']);
});

test('what a host prints cannot move the cursor', () => {
  const terminal = bench();
  const { emit } = liveText(terminal, OPTIONS);
  emit(start(names(2)));
  emit({ kind: 'stage', host: 'h1', stage: 'writing' });
  emit({
    kind: 'progress',
    host: 'h1',
    step: 'conf',
    text: '',
    seconds: 1,
    lastLine: '\u001b[2J\u001b[1;1Hgone\ttab',
  });
  terminal.pass(200);
  assert.match(terminal.screen.lines().at(-1) ?? '', 'writing  conf ␛[2J␛[1;1Hgone tab');
});

test('widths and clocks', () => {
  assert.is(fitted('abcdef', 4), 'abc…');
  assert.is(fitted('abcd', 4), 'abcd');
  assert.is(fitted('日本語', 5), '日本…');
  assert.is(fitted('abc', 0), '');
  assert.is(clock(42_900), '0:42');
  assert.is(clock(3_609_000), '1:00:09');
});
