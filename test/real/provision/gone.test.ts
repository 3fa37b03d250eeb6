/** Runs that are killed, cut off or interrupted in the middle: what goes on at the host, and what is left there. */
import type { Running } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('gone', 1, async (project) => {
  project.write(
    'runbooks/slow.yaml',
    `name: Slow
hosts: all
become: true
steps:
  - { id: slow, task: command, with: { shell: "echo begun >>/srv/slow; sleep 4; echo ended >>/srv/slow", effects: none } }
  - { id: after, task: file, with: { path: /srv/after, content: "after\\n" } }
`,
  );
  project.write(
    'runbooks/look.yaml',
    'name: Look\nhosts: all\nbecome: true\nsteps:\n  - { id: look, task: command, with: { shell: "setsid sleep 4331 & sleep 4332", changed: never } }\n',
  );
});

async function soon(script: string, what: string, limitMs = 20_000): Promise<void> {
  const until = Date.now() + limitMs;
  while ((await lab().ssh('roz', script)).rc !== 0) {
    if (Date.now() > until) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

async function start(runbook: string, begun: string): Promise<Running> {
  await lab().byHand('roz', 'rm -rf /srv/slow /srv/after /var/lib/tightbeam/runs/*');
  const run = lab().start([runbook, 'inventory/lab']);
  await soon(begun, 'the step has begun');
  return run;
}

/** No process of ours: neither one that a job has started, nor one that watches over it. */
const NOTHING_RUNS = `for e in /proc/[0-9]*/environ; do tr '\\000' '\\n' <$e 2>/dev/null | grep -q '^TB_' && exit 1; done; ! pgrep -f 'tbj=[$]1/journal'`;

const SLOW = 'test -s /srv/slow';

test('SIGKILL in the middle of a change: it comes to its end, nothing more begins, and no process stays', async () => {
  const run = await start('slow', SLOW);
  run.child.kill('SIGKILL');
  await soon('grep -q ended /srv/slow', 'the change has ended');
  await soon(NOTHING_RUNS, 'nothing of ours runs', 5000);
  assert.is((await lab().ssh('roz', 'test -e /srv/after')).rc, 1);
  assert.is(await lab().byHand('roz', 'cat /srv/slow'), 'begun\nended\n');
}, 60_000);

test('SIGKILL while it looks: all of that has ended within 3 s', async () => {
  const run = await start('look', 'pgrep -xf "sleep 4332"');
  run.child.kill('SIGKILL');
  await soon('! pgrep -f "[s]leep 433"', 'nothing looks any more', 3000);
}, 60_000);

test('the session is killed on the host in the middle of a change: it is carried out once, and the rest follows', async () => {
  const run = await start('slow', SLOW);
  // This very login among them.
  await lab().ssh('roz', 'kill -9 $(pgrep -f "sshd: root")');
  const done = await run.done;
  assert.is(done.code, 0, done.out + done.err);
  assert.is(await lab().byHand('roz', 'cat /srv/slow /srv/after'), 'begun\nended\nafter\n');
  await soon(NOTHING_RUNS, 'nothing of ours runs', 5000);
  assert.is(await lab().byHand('roz', 'ls /var/lib/tightbeam/runs'), '');
}, 60_000);

test('SIGINT once stops between two changes of one script, and the next run does the rest', async () => {
  const run = await start('slow', SLOW);
  run.child.kill('SIGINT');
  const done = await run.done;
  assert.is(done.code, 130, done.out + done.err);
  assert.is(await lab().byHand('roz', 'cat /srv/slow'), 'begun\nended\n');
  assert.is((await lab().ssh('roz', 'test -e /srv/after')).rc, 1);
  const status = (id: string): string | undefined => done.of('step').find(({ step }) => step === id)?.status;
  assert.equal([status('slow'), status('after')], ['changed', 'interrupted']);
}, 60_000);
