/** The Markdown of a run: its limit, what is left out, and that neither order nor contents break it. */
import type { RunEvent } from '../../lib/model/event.ts';
import { MARKDOWN_LIMIT, markdownRenderer, markdownText } from '../../lib/render/markdown.ts';
import { foldRun } from '../../lib/render/run-report.ts';
import { fleetRun, hostNames } from '../fixture/fleet-run.ts';
import { change, refusedRun, richRun } from '../fixture/rich-run.ts';
import { assert, suite } from '../suite.ts';

const test = suite('markdown');

function markdown(events: readonly RunEvent[], limit = MARKDOWN_LIMIT): string {
  let text = '';
  const emit = foldRun((report) => {
    text += markdownText(report, limit);
  });
  for (const event of events) emit(event);
  return text;
}

/** The same events, each host's in its order, the hosts interleaved another way. */
function interleaved(events: readonly RunEvent[]): readonly RunEvent[] {
  const queues = new Map<string, RunEvent[]>();
  const ends: RunEvent[] = [];
  for (const event of events) {
    const host = 'host' in event && event.host !== undefined ? event.host : undefined;
    if (host === undefined) ends.push(event);
    else queues.set(host, [...(queues.get(host) ?? []), event]);
  }
  const mixed: RunEvent[] = [];
  const lists = [...queues.values()].reverse();
  while (lists.some((list) => list.length > 0))
    for (const list of lists) {
      const event = list.shift();
      if (event) mixed.push(event);
    }
  return [...ends.slice(0, -1), ...mixed, ...ends.slice(-1)];
}

test('the same changes give the same bytes, whatever their order, number of the run and time', () => {
  const other = interleaved(richRun()).map((event): RunEvent => {
    if (event.kind === 'start') return { ...event, run: 'another' };
    if (event.kind === 'connected') return { ...event, seconds: 9 };
    if (event.kind !== 'recap') return event;
    const hosts = Object.entries(event.hosts).map(([name, host]) => [
      name,
      { ...host, seconds: 7, roundTrips: 9 },
    ]);
    return { ...event, hosts: Object.fromEntries(hosts) as typeof event.hosts };
  });
  assert.is(markdown(other), markdown(richRun()));
  let said = '';
  const emit = markdownRenderer((text) => {
    said += text;
  });
  for (const event of richRun()) emit(event);
  assert.is(said, markdown(richRun()));
});

test('200 hosts that differ in their addresses: everything is told, in a third of the limit', () => {
  const text = markdown(fleetRun(hostNames(200), 1));
  assert.ok(Buffer.byteLength(text) < MARKDOWN_LIMIT / 3, `${Buffer.byteLength(text)} bytes`);
  assert.not.match(text, /Left out/);
  assert.match(text, /: the same on 200 hosts\n/);
  assert.match(text, /The same on 199 more hosts, but for these lines/);
  for (const [at, host] of hostNames(200).entries()) {
    if (at === 0) continue;
    assert.ok(text.includes(`${host}  +Address = 10.1.0.${at}\n`), host);
  }
});

test('200 hosts with files of their own: within the limit, what is urgent is all there, the rest is counted', () => {
  const hosts = hostNames(200);
  const text = markdown(fleetRun(hosts, 12));
  assert.ok(Buffer.byteLength(text) <= MARKDOWN_LIMIT, `${Buffer.byteLength(text)} bytes`);
  assert.ok(Buffer.byteLength(text) > MARKDOWN_LIMIT * 0.9, `${Buffer.byteLength(text)} bytes are little`);
  const deleted = hosts.filter((_, at) => at % 50 === 3);
  for (const host of deleted) assert.match(text, new RegExp(`\\*\\*delete\\*\\* .file:/srv/${host}.`));
  assert.match(text, /\*\*restart\*\* `unit:mesh.service`.* the same on 200 hosts: /);
  const [, number] =
    /of ([\d,]+) changes on \d+ hosts the differences are missing or cut short/.exec(text) ?? [];
  // The first of the 200 is there as a whole.
  assert.ok(Number(number) > 50 && Number(number) < 200, `${number} cut short`);
  assert.ok(text.indexOf('Left out here') < text.indexOf('### '), 'it is said at the top');
});

test('at any limit: within it, and what loses something outlives what does not', () => {
  const events = fleetRun(hostNames(60), 12);
  const whole = Buffer.byteLength(markdown(events, 1 << 24));
  for (const limit of [1200, 1500, 2500, 4000, 9000, 20_000, whole - 1, whole]) {
    const text = markdown(events, limit);
    assert.ok(Buffer.byteLength(text) <= limit, `${Buffer.byteLength(text)} of ${limit}`);
    assert.is(text.includes('Left out here'), limit < whole, `${limit}`);
    if (/\*\*(create|update)\*\*/.test(text)) {
      assert.match(text, /\*\*delete\*\* `file:\/srv\/web004`/);
      assert.match(text, /\*\*delete\*\* `file:\/srv\/web054`/);
      assert.match(text, /\*\*restart\*\*/);
    }
    if (!/\*\*restart\*\* /.test(text))
      assert.match(text, /Among what is not named: .* that lose or interrupt/);
  }
});

/** Lines outside of fences, with code spans taken out: what Markdown acts on. */
function acting(text: string): string {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of text.split('\n')) {
    const [, marks, info = ''] = /^ {0,3}(`{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined && marks) fence = marks;
    else if (fence !== undefined && marks && marks.length >= fence.length && info.trim() === '')
      fence = undefined;
    else if (fence === undefined) lines.push(line);
  }
  assert.is(fence, undefined, 'a fence is left open');
  return lines.join('\n').replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
}

test('nothing that a host holds acts in it: no tag, mention, link or cell of its own', () => {
  const acts = acting(markdown(richRun()));
  for (const word of ['script', '@everyone', '@root', '@all', 'http', '#12', 'odd', '<b>', '<!--', '**id**'])
    assert.not.ok(acts.includes(word), `${word} in ${acts}`);
  const tags = acts.match(/<\/?[a-z]+>?/g) ?? [];
  assert.equal(
    tags.filter((tag) => !/^<\/?(details|summary|code)>$/.test(tag)),
    [],
  );
  const rows = acts.split('\n').filter((line) => line.startsWith('|'));
  // A bar in a cell is written with a backslash, and stands within a code span.
  for (const row of rows) assert.is(row.split('|').length, 11, row);
});

test('a hostile host cannot leave the blocks for variants and folded hosts either', () => {
  const bad = ['</summary></details>`@all', 'a\n```\n# b', 'c|d'];
  const start: RunEvent = { ...(richRun()[0] as Extract<RunEvent, { kind: 'start' }>), hosts: bad };
  const text = (host: string, lines: string) =>
    change(host, { diff: [{ kind: 'text', path: '/x', before: null, after: lines }] });
  const recap = richRun().at(-1) as RunEvent;
  const events = [start, ...bad.map((host, at) => text(host, `${'`'.repeat(3 + at)}\n@all ${at}\n`)), recap];
  const long = bad.map((host, at) =>
    change(host, {
      step: 'b',
      key: 'file:/b',
      diff: [{ kind: 'text', path: '/x', before: null, after: 'x\n'.repeat(at + 1) }],
    }),
  );
  const acts = acting(markdown([...events.slice(0, -1), ...long, recap]));
  for (const word of ['@all', '# b\n']) assert.not.ok(acts.includes(word), acts);
});

test('what mends a drift is one command for all hosts of a runbook', () => {
  const [start, ...rest] = fleetRun(['a', 'b'], 0);
  const drifted = (host: string) =>
    change(host, {
      key: 'file:/d',
      runbook: 'runbooks/site.yaml',
      mend: `run site inventory/prod --limit ${host}`,
    });
  const text = markdown([start as RunEvent, drifted('a'), drifted('b'), ...rest]);
  assert.match(text, /\n### Next\n\n```sh\nrun site inventory\/prod --limit a,b\n```\n$/);
});

test('files that are wrong in the middle of a run stand beside what was found', () => {
  const [problems] = refusedRun();
  const [start, ...rest] = richRun();
  const text = markdown([start as RunEvent, problems as RunEvent, ...rest]);
  assert.match(text, /^- \*\*refused\*\*: `` no task "fiel".*unknown-task/m);
  assert.match(text, /^### Changes to make$/m);
});

test('hosts that are refused alike are one failure, with what is found on each', () => {
  const hosts = hostNames(60);
  const [start] = fleetRun(hosts, 0);
  const failed = hosts.map((host, at): RunEvent => {
    const diff = [{ kind: 'field', name: 'sha256', from: '', to: `sum-of-${at}` } as const];
    const failure = { message: 'file:/x has changed', place: 'a.yaml:1:1', diff, hint: 'plan again' };
    return { kind: 'step', host, step: 'conf', status: 'failed', handler: false, failure };
  });
  const recap = fleetRun(hosts, 0).at(-1) as RunEvent;
  const text = markdown([start as RunEvent, ...failed, recap]);
  assert.is(text.match(/\*\*failed\*\* step `conf`/g)?.length, 1);
  assert.match(text, /The same on 59 more hosts, but for these lines/);
  assert.match(text, /\n {2}web060 {2}sha256: \(none\) → sum-of-59\n/);
  const short = markdown([start as RunEvent, ...failed, recap], 2000);
  assert.ok(Buffer.byteLength(short) <= 2000);
  assert.match(short, /… and on \d+ hosts more, left out here/);
});

test('counts of the head are those of the run', () => {
  const text = markdown(richRun());
  assert.match(
    text,
    /^18 changes to make on 4 of 7 hosts, of which \*\*3 destructive\*\* and \*\*3 restarts\*\*\. \*\*The plan is refused, for 2 reasons\*\*\. /m,
  );
  assert.match(text, /^\| \*\*all, together\*\* \| 3 \| 8 \| 3 \| 3 \| {2}\| 1 \| 3 \| 2 \|$/m);
  assert.match(markdown([...fleetRun([], 0)]), /Nothing to change on 0 hosts/);
  assert.match(markdown(refusedRun()), /^## Refused: nothing was touched\n/);
});

test('the first of two urgent changes that are alike does not hide the other', () => {
  const [start, ...rest] = fleetRun(['a', 'b'], 0);
  const stop = (host: string, word: string) =>
    change(host, {
      step: 's',
      key: 'unit:x',
      action: 'stop',
      summary: word,
      diff: [{ kind: 'field', name: 'n', from: '', to: word }],
    });
  const text = markdown([start as RunEvent, stop('a', 'one'), stop('b', 'two'), ...rest]);
  assert.match(text, /\*\*stop\*\* `unit:x`: `one` .* on `a`\n/);
  assert.match(text, /\*\*stop\*\* `unit:x`: `two` .* on `b`\n/);
});
