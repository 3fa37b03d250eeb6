/** A step told to other hosts in mid-stretch that fails after all: none of them is left believing. */
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('retracted');

const out = (host: string, step: string): string => `'\${{ hosts["${host}"].steps.${step}.outputs.value }}'`;

/** What a has told is broken by a later step of the same script, once b has taken it and c has taken b's. */
const BOOK = `
steps:
  - { id: key, task: thing, hosts: a, with: { path: /srv/key, value: good } }
  - id: sly
    task: thing
    hosts: a
    with:
      path: /srv/sly
      also: "n=0; while [ ! -e /srv/go ] && [ $n -lt 80 ]; do sleep 0.1; n=$((n+1)); done; test -e /srv/go && echo bad >/srv/key"
  - { id: own, task: thing, hosts: b, needs: [], with: { path: /srv/own } }
  - { id: peer, task: seen, hosts: b, needs: [], with: { path: /srv/peer, what: ${out('a', 'key')} } }
  - { id: last, task: thing, hosts: b, needs: [peer], with: { path: /srv/last } }
  - { id: third, task: thing, hosts: c, needs: [peer@b], with: { path: /srv/third } }
  - { id: idle, task: thing, hosts: c, needs: [], with: { path: /srv/idle } }
`;

const go = (fleet: Fleet, step: string) => (event: { readonly kind: string; readonly step?: string }) => {
  if (event.kind === 'change' && event.step === step) fleet.server('a').run('touch /srv/go');
};
const last = (steps: readonly string[], step: string): string | undefined =>
  steps.findLast((line) => line.startsWith(`${step} `));

test('hosts that had gone on are failed with the reason, and the next command names them', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    const run = await fleet.run(BOOK, { watch: go(fleet, 'third') });
    assert.is(run.exit, 2);
    assert.match(run.failure('key').message, /not as declared/);
    const steps = run.steps();
    assert.is(last(steps, 'key'), 'key failed');
    assert.is(last(steps, 'peer'), 'peer failed');
    assert.is(last(steps, 'third'), 'third failed');
    // What does not rest on it by an edge to another host stays as it ended.
    assert.is(last(steps, 'own'), 'own changed');
    assert.is(last(steps, 'idle'), 'idle changed');
    assert.match(
      run.failure('peer').message,
      /rests on key of a, which counted as done and has failed since/,
    );
    assert.match(run.failure('peer').hint ?? '', /--limit a,b/);
    assert.equal(
      ['a', 'b', 'c'].map((name) => run.host(name).failed),
      [1, 1, 1],
    );
    assert.match(run.recap.next ?? '', /--limit a,b,c/);
    fleet.server('a').run('rm /srv/go; sed -i s/bad/good/ /srv/key');
    const again = await fleet.run(BOOK.replace('test -e /srv/go && echo bad >/srv/key', ''));
    assert.is(again.exit, 0);
  }));

test('a host in the middle of writing on that word fails its step when it has written', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, hosts: a, with: { path: /srv/key, value: good } }
  - { id: sly, task: thing, hosts: a, with: { path: /srv/sly, also: "sleep 0.4; echo bad >/srv/key" } }
  - { id: slow, task: thing, hosts: b, needs: [key@a], with: { path: /srv/slow, also: "sleep 2" } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 2);
    assert.equal(run.steps('b'), ['slow failed']);
    assert.is(fleet.server('b').run('cat /srv/slow'), 'x\n');
  }));

test('what does not hold right after it was written is told to nobody', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, hosts: a, with: { path: /srv/key, value: good, write: other } }
  - { id: long, task: thing, hosts: a, with: { path: /srv/long, also: "sleep 1" } }
  - { id: peer, task: seen, hosts: b, with: { path: /srv/peer, what: ${out('a', 'key')} } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 2);
    assert.equal(run.steps('b'), ['peer skipped']);
    assert.is(fleet.server('b').run('ls /srv/peer 2>/dev/null || echo none'), 'none\n');
  }));
