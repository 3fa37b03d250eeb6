/** Journals of runs: what is written, in which order, and what is read of one whose writer was killed. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Head, rangeNumbers, rangeText } from '../../lib/journal/line.ts';
import { changedSources, noteDisk } from '../../lib/journal/noted-disk.ts';
import { readRun } from '../../lib/journal/read.ts';
import { replay } from '../../lib/journal/replay.ts';
import { findRun, journalPath, prune, runIds } from '../../lib/journal/shelf.ts';
import { atWork, resultOf, unfinishedHosts, writerOf } from '../../lib/journal/standing.ts';
import { openJournal } from '../../lib/journal/writer.ts';
import type { Intended } from '../../lib/model/journal.ts';
import { assert, suite } from '../suite.ts';

const test = suite('journal');
const ID = '20261122101500-abc123';

function withRoot(body: (root: string) => Promise<void> | void): () => Promise<void> {
  return async () => {
    const root = mkdtempSync(join(tmpdir(), 'tightbeam-journal-'));
    try {
      await body(root);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  };
}

function head(more: Partial<Head> = {}): Head {
  return {
    kind: 'run',
    v: 1,
    id: ID,
    at: Date.UTC(2026, 10, 22, 10, 15),
    version: '0.0.0',
    runbook: 'runbooks/book.yaml',
    inventory: 'inventory/lab',
    who: 'roz@control',
    writer: writerOf(process.pid),
    command: ['book', 'inventory/lab'],
    folder: '.',
    hosts: ['a', 'b'],
    steps: ['one', 'two', 'three'],
    sources: {},
    ...more,
  };
}

function act(id: number): Intended {
  return {
    id,
    step: 'two',
    key: 'command:1',
    action: 'run',
    summary: 'run it',
    diff: [],
    inverse: 'no',
    place: 'runbooks/book.yaml:3:3',
    before: {},
    after: {},
    act: true,
  };
}

const nobody = (message: string): never => {
  throw new Error(message);
};

test(
  'what is about to happen is in the file before anybody goes on; steps that were right are a line for all of them',
  withRoot(async (root) => {
    const journal = openJournal(root, head(), ID, nobody);
    const text = (): string => readFileSync(journalPath(root, ID), 'utf8');
    journal.event({ kind: 'step', host: 'a', step: 'one', status: 'ok', handler: false });
    journal.event({ kind: 'step', host: 'a', step: 'two', status: 'ok', handler: false });
    assert.equal(text().trimEnd().split('\n').length, 1, 'only the head is written so far');
    await journal.intend('a', 1, [act(1)]);
    assert.match(text(), /"kind":"ok".*"steps":"0-1"[^\n]*\n.*"kind":"intent"/);
    journal.ended('a', { id: 1, ended: 'done', rc: 0, stdout: 'x\n' });
    assert.match(text().trimEnd().split('\n').at(-1) ?? '', /"kind":"end"/);
    journal.done('a', false);
    journal.close();
    const record = readRun(root, ID);
    assert.equal(unfinishedHosts(record), ['b']);
    assert.equal(record.hosts.get('a')?.ends.get(1)?.stdout, 'x\n');
    assert.equal(
      record.events.map(({ event }) => event.kind === 'step' && event.step),
      ['one', 'two'],
    );
    assert.equal(statSync(journalPath(root, ID)).mode & 0o777, 0o600);
    assert.equal(statSync(join(root, '.run', ID)).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(root, '.run', '.gitignore'), 'utf8'), '*\n');
  }),
);

test(
  'half a last line is read around, and a writer that goes on does not join its own to it',
  withRoot((root) => {
    openJournal(root, head(), ID, nobody).close();
    appendFileSync(journalPath(root, ID), '{"kind":"done","at":1,"host":"a","unfin');
    assert.equal(unfinishedHosts(readRun(root, ID)), ['a', 'b']);
    const { at, who, writer, hosts, steps, sources } = head();
    const again = openJournal(root, { kind: 'resumed', at, who, writer, hosts, steps, sources }, ID, nobody);
    again.done('a', false);
    again.close();
    const record = readRun(root, ID);
    assert.equal(unfinishedHosts(record), ['b']);
    assert.equal(record.resumed.length, 1);
  }),
);

test(
  'where it cannot be written it is said once, and every intent is refused from then on',
  withRoot(async (root) => {
    writeFileSync(join(root, '.run'), 'no folder');
    const told: string[] = [];
    const journal = openJournal(root, head(), ID, (message) => told.push(message));
    journal.event({ kind: 'warning', message: 'w' });
    for (const host of ['a', 'b']) {
      const refused = await journal.intend(host, 1, [act(1)]).then(
        () => undefined,
        (error: Error) => error.message,
      );
      assert.match(refused ?? 'it was let through', /the journal .* cannot be written: ENOTDIR/);
    }
    await journal.kept();
    journal.close();
    assert.equal(told.length, 1);
  }),
);

test(
  'many that wait for the disk at once are served together, and each line is there by then',
  withRoot(async (root) => {
    const journal = openJournal(root, head(), ID, nobody);
    const hosts = Array.from({ length: 50 }, (_, at) => `h${at}`);
    await Promise.all(
      hosts.map(async (host, at) => {
        await journal.intend(host, 1, [act(at)]);
        assert.match(readFileSync(journalPath(root, ID), 'utf8'), new RegExp(`"host":"${host}"`));
      }),
    );
    journal.close();
  }),
);

test(
  'runs are named by how they begin, by what stands after the dash, and as the last',
  withRoot((root) => {
    const ids = ['20261121101500-aaa111', '20261122101500-aab222', '20261122111500-ccc333'];
    for (const id of ids) mkdirSync(join(root, '.run', id), { recursive: true });
    mkdirSync(join(root, '.run', 'cache'));
    assert.equal(runIds(root), ids);
    assert.equal(findRun(root, '@last'), ids[2]);
    assert.equal(findRun(root, '20261121'), ids[0]);
    assert.equal(findRun(root, 'aab'), ids[1]);
    assert.equal(findRun(root, ids[1] ?? ''), ids[1]);
    const refused = (word: string): string => {
      try {
        return `found ${findRun(root, word)}`;
      } catch (error) {
        const { message, hint } = error as Error & { hint?: string };
        return `${message}; ${hint}`;
      }
    };
    assert.match(refused('20261122'), /2 runs begin with "20261122"; .*aab222, .*ccc333/);
    assert.match(refused('aac222'), /no run "aac222"; did you mean "aab222"/);
    const now = Date.UTC(2026, 10, 22, 12);
    prune(root, { runs: 2, days: 90 }, now);
    assert.equal(runIds(root), ids.slice(1));
    prune(root, { runs: 200, days: 90 }, now + 90 * 86_400_000 - 5_400_000);
    assert.equal(runIds(root), ids.slice(2), 'older than 90 days');
  }),
);

test(
  'a run whose writer is gone was killed; while it lives it is at work; its recap is made of what it told',
  withRoot((root) => {
    const dead = { ...writerOf(process.pid), started: '1' };
    const journal = openJournal(root, head({ writer: dead }), ID, nobody);
    journal.event({
      kind: 'start',
      v: 1,
      run: ID,
      version: '0',
      runbook: 'Book',
      dryRun: false,
      hosts: ['a', 'b'],
    });
    journal.event({ kind: 'step', host: 'a', step: 'one', status: 'changed', handler: false });
    journal.done('a', false);
    journal.close();
    const record = readRun(root, ID);
    assert.equal(atWork(record), undefined);
    assert.equal(resultOf(record), 'killed');
    const recap = replay(record).at(-1);
    assert.equal(recap?.kind === 'recap' && [recap.hosts.a?.changed, recap.hosts.b?.changed, recap.next], [
      1,
      0,
      `run resume ${ID}`,
    ]);
    const other = '20261122101501-abc123';
    openJournal(root, head({ id: other }), other, nobody).close();
    assert.equal(resultOf(readRun(root, other)), 'running');
  }),
);

test(
  'a word that is taken back after a host was done makes it unfinished again',
  withRoot((root) => {
    const journal = openJournal(root, head(), ID, nobody);
    journal.done('a', false);
    journal.done('b', false);
    const failure = { message: 'taken back' };
    journal.event({ kind: 'step', host: 'a', step: 'one', status: 'failed', handler: false, failure });
    journal.close();
    assert.equal(unfinishedHosts(readRun(root, ID)), ['a']);
  }),
);

test(
  'what a project was loaded from is told apart by content',
  withRoot((root) => {
    const path = join(root, 'x.yaml');
    const note = (): Readonly<Record<string, string>> => {
      const noted = noteDisk();
      noted.disk.bytes(path);
      return noted.sums((name) => name.slice(root.length + 1));
    };
    writeFileSync(path, 'a');
    const before = note();
    chmodSync(path, 0o600);
    assert.equal(changedSources(before, note()), []);
    writeFileSync(path, 'b');
    assert.equal(changedSources(before, note()), ['x.yaml']);
    assert.equal(changedSources(before, {}), ['x.yaml (gone)']);
    assert.equal(changedSources({}, before), ['x.yaml (new)']);
  }),
);

test('numbers of steps as ranges', () => {
  for (const numbers of [[], [0], [0, 1, 2], [0, 2, 3, 9], [5, 4]])
    assert.equal(rangeNumbers(rangeText(numbers)), numbers);
  assert.equal(rangeText([0, 1, 2, 9]), '0-2,9');
});
