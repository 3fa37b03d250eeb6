/** Ctrl-C and kill: once lets what runs finish, twice ends it on the hosts, and nothing stays behind. */
import type { Running } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('interrupts', 1, async (project) => {
  project.inventory(
    'ops',
    `hosts:\n  roz: { address: ${project.address('roz')}, user: ops, identity: id_ed25519 }\n`,
  );
  project.write(
    'runbooks/long.yaml',
    `name: Long
hosts: all
become: true
steps:
  - { id: long, task: command, with: { shell: "echo begun >>/srv/long; sleep 4; echo ended >>/srv/long" } }
  - { id: after, task: file, with: { path: /srv/after, content: "after\\n" } }
`,
  );
  project.write(
    'runbooks/endless.yaml',
    `name: Endless
hosts: all
become: true
steps:
  - { id: endless, task: command, with: { shell: "echo begun >>/srv/endless; sleep 4321 & sleep 4322; echo ended >>/srv/endless" } }
  - { id: after, task: file, with: { path: /srv/after, content: "after\\n" } }
`,
  );
});

async function begun(file: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await lab().ssh('roz', `test -s ${file}`)).rc === 0) return;
    await new Promise((wake) => setTimeout(wake, 50));
  }
  throw new Error('the step never began');
}

async function start(runbook: string, inventory: string, file: string): Promise<Running> {
  await lab().byHand('roz', 'rm -f /srv/long /srv/endless /srv/after');
  const run = lab().start([runbook, inventory]);
  await begun(file);
  return run;
}

test('SIGINT once: what runs finishes, nothing new starts, exit 130; a re-run does the rest', async () => {
  const run = await start('long', 'inventory/lab', '/srv/long');
  run.child.kill('SIGINT');
  const done = await run.done;
  assert.is(done.code, 130, done.out + done.err);
  assert.is(done.of('recap')[0]?.result, 'interrupted');
  assert.is(await lab().byHand('roz', 'cat /srv/long'), 'begun\nended\n');
  assert.is((await lab().ssh('roz', 'test -e /srv/after')).rc, 1);
  const status = (id: string): string | undefined => done.of('step').find(({ step }) => step === id)?.status;
  assert.is(status('long'), 'changed');
  assert.is(status('after'), 'interrupted');
  const again = await lab().run(['long', 'inventory/lab']);
  assert.is(again.code, 0, again.out + again.err);
  assert.is(await lab().byHand('roz', 'cat /srv/after'), 'after\n');
}, 60_000);

for (const inventory of ['inventory/lab', 'inventory/ops']) {
  test(`SIGINT twice: nothing of the run is left on the host within 3 s (${inventory})`, async () => {
    const run = await start('endless', inventory, '/srv/endless');
    run.child.kill('SIGINT');
    await new Promise((wake) => setTimeout(wake, 300));
    run.child.kill('SIGINT');
    const since = performance.now();
    const done = await run.done;
    assert.is(done.code, 130, done.out + done.err);
    const left = async (): Promise<string> => (await lab().ssh('roz', 'pgrep -af "[s]leep 432"')).out;
    while ((await left()) !== '' && performance.now() - since < 3000)
      await new Promise((wake) => setTimeout(wake, 100));
    assert.is(await left(), '');
    assert.ok(performance.now() - since < 3500, `${performance.now() - since} ms`);
    assert.is(await lab().byHand('roz', 'cat /srv/endless'), 'begun\n');
  }, 60_000);
}

test('SIGTERM: as SIGINT, with exit 143', async () => {
  const run = await start('long', 'inventory/lab', '/srv/long');
  run.child.kill('SIGTERM');
  const done = await run.done;
  assert.is(done.code, 143, done.out + done.err);
  assert.is(done.of('recap')[0]?.result, 'terminated');
  assert.is(await lab().byHand('roz', 'cat /srv/long'), 'begun\nended\n');
}, 60_000);
