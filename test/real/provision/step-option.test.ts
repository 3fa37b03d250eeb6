/** Items, tries, locks, the environment and failures that are ignored, on real hosts and through the command itself. */
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const RUNBOOK = `name: Options
hosts: all
become: true
env: { GREETING: hello }
secrets: { token: { env: TOKEN } }
steps:
  - id: people
    task: user
    foreach: { nora: /bin/bash, sven: /bin/sh }
    with: { name: "\${{ key }}", shell: "\${{ item }}" }
  - id: later
    task: command
    with: { shell: "systemd-run --on-active=3 --timer-property=AccuracySec=100ms touch /run/ready", unless: "test -e /run/ready", changed: always, effects: none }
  - id: ready
    task: command
    retries: 20
    delay: 1s
    until: outputs.stdout == "yes"
    with: { shell: "if [ -e /run/ready ]; then echo yes; else echo no; fi", changed: never }
  - id: rolling
    task: command
    lock: rolling
    env: { TOKEN: "\${{ secrets.token }}" }
    with: { shell: "date +%s%N >/srv/begin; sleep 1; printf '%s %s' $GREETING $TOKEN >/srv/greeting; date +%s%N >/srv/end", creates: /srv/end }
  - id: broken
    task: command
    ignore_errors: nobody needs it on these hosts
    with: { argv: ["false"], creates: /srv/never }
  - { id: last, task: file, with: { path: /srv/last, content: "\${{ steps.ready.outputs.stdout }}\\n" } }
`;

const { test, lab } = labSuite('step options', 2, async (project) => {
  project.write('runbooks/options.yaml', RUNBOOK);
});

test('a run with all of them is well, and says what was tried, ignored and held', async () => {
  const run = await lab().run(['options', 'inventory/lab'], { env: { TOKEN: 'canary-9a01c7' } });
  assert.is(run.code, 0, run.out + run.err);
  assert.not.match(run.out + run.err, /canary-9a01c7/);
  const spans: (readonly [bigint, bigint])[] = [];
  for (const host of ['roz', 'wro']) {
    assert.ok(
      run.of('retry').some((event) => event.host === host && event.step === 'ready'),
      run.out,
    );
    const step = (id: string) => run.of('step').findLast((event) => event.host === host && event.step === id);
    assert.is(step('people')?.status, 'changed');
    assert.is(step('broken')?.status, 'ignored');
    assert.is(run.recap(host).ignored, 1);
    assert.is(await lab().byHand(host, 'cat /srv/last /srv/greeting'), 'yes\nhello canary-9a01c7');
    assert.match(await lab().byHand(host, 'getent passwd nora sven'), /nora:.*\/bin\/bash\nsven:.*\/bin\/sh/);
    const [begin = '0', end = '0'] = (await lab().byHand(host, 'cat /srv/begin /srv/end')).split('\n');
    spans.push([BigInt(begin), BigInt(end)]);
    // Nothing of the secret is left in the journals.
    assert.is(await lab().byHand(host, 'grep -rl canary-9a01c7 /var/lib/tightbeam || true'), '');
  }
  const [first, second] = spans.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  assert.ok(first && second && first[1] <= second[0], `held by both at once: ${spans.join(' ')}`);
}, 120_000);

test('the same again changes nothing, and a dry run is right', async () => {
  for (const flags of [[], ['--dry-run']]) {
    const run = await lab().run(['options', 'inventory/lab', ...flags], { env: { TOKEN: 'canary-9a01c7' } });
    assert.is(run.code, 0, run.out + run.err);
    const changes = run.of('change').filter(({ step }) => step !== 'broken');
    assert.equal(
      changes.map(({ step, key }) => `${step} ${key}`),
      [],
    );
  }
}, 120_000);
