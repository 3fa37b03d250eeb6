/** What somebody changes by hand is found, named and put right; units that fall over or are owed a restart. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const RUNBOOK = `name: Server
hosts: all
become: true
steps:
  - { id: tools, task: package, with: { names: [cron, jq] } }
  - { id: folder, task: directory, with: { path: /srv/app, owner: nobody, mode: "0750" } }
  - { id: config, task: file, with: { path: /srv/app/config, content: "one\\ntwo\\n", mode: "0640" } }
  - { id: kernel, task: sysctl, with: { values: { net.ipv4.ip_forward: 1 } } }
  - { id: person, task: user, with: { name: nora, shell: /bin/bash } }
  - { id: nightly, task: cron, with: { name: app, command: /bin/true, minute: 5 } }
  - { id: link, task: symlink, with: { path: /srv/current, target: app } }
  - { id: daemon, task: service, with: { name: cron, enabled: true, running: true } }
`;

const UNITS = `name: Units
hosts: roz
become: true
steps:
  - id: unit_file
    task: copy
    with: { src: files/app.service, dest: /etc/systemd/system/app.service }
    notify: [first, second]
  - id: unit
    task: service
    with: { name: app, running: true, settle: 1 }
handlers:
  - { id: first, task: service, with: { name: app, restarted: true, settle: 1 } }
  - { id: second, task: service, with: { name: app, restarted: true, settle: 1 } }
`;

const { test, lab } = labSuite('drift', 2, async (project) => {
  project.write('runbooks/server.yaml', RUNBOOK);
  project.write('runbooks/units.yaml', UNITS);
});

const unitFile = (exec: string): string => `[Service]\nExecStart=${exec}\n`;
const named = (run: Finished): readonly string[] =>
  run.of('change').map(({ host, step, key, action }) => `${host} ${step} ${key} ${action}`);

test('all that was changed by hand is named, on that host alone; a run mends it, and the next finds nothing', async () => {
  const first = await lab().run(['server', 'inventory/lab']);
  assert.is(first.code, 0, first.out + first.err);
  await lab().byHand(
    'wro',
    `systemctl stop cron; echo three >>/srv/app/config; chmod 600 /srv/app/config; chown root /srv/app
sysctl -qw net.ipv4.ip_forward=0; userdel nora; rm /etc/cron.d/app; ln -sfn /tmp /srv/current; apt-get remove -qqy jq >/dev/null`,
  );
  const dry = await lab().run(['server', 'inventory/lab', '--dry-run', '--detailed-exitcode']);
  assert.is(dry.code, 2, dry.out + dry.err);
  const expected = [
    'wro tools package:jq create',
    'wro folder file:/srv/app update',
    'wro config file:/srv/app/config update',
    'wro kernel sysctl:net.ipv4.ip_forward update',
    'wro person user:nora create',
    'wro nightly file:/etc/cron.d/app create',
    'wro link file:/srv/current update',
    'wro daemon unit:cron.service start',
  ];
  assert.equal(named(dry), expected);
  assert.is(dry.recap('roz').changed, 0);
  const mended = await lab().run(['server', 'inventory/lab']);
  assert.is(mended.code, 0, mended.out + mended.err);
  assert.equal(named(mended), expected);
  const clean = await lab().run(['server', 'inventory/lab', '--dry-run', '--detailed-exitcode']);
  assert.is(clean.code, 0, clean.out);
  const state = await lab().byHand(
    'wro',
    "cat /srv/app/config; stat -c '%a %U' /srv/app /srv/app/config; systemctl is-active cron; id -un nora",
  );
  assert.is(state, 'one\ntwo\n750 nobody\n640 root\nactive\nnora\n');
}, 180_000);

test('a unit that falls over a second after its start fails the run, with its last words', async () => {
  lab().write(
    'runbooks/files/app.service',
    unitFile('/bin/sh -c "echo no config, giving up; sleep 0.7; exit 3"'),
  );
  const run = await lab().run(['units', 'inventory/lab']);
  assert.is(run.code, 2, run.out + run.err);
  const failure = run.failure('roz');
  assert.match(failure, 'app.service');
  assert.match(failure, 'no config, giving up');
}, 60_000);

test('mended, it is loaded anew and restarted once, whatever the time stamp of its file', async () => {
  const { log } = { log: '/run/starts' };
  lab().write('runbooks/files/app.service', unitFile(`/bin/sh -c "echo start >>${log}; exec sleep 1000"`));
  const run = await lab().run(['units', 'inventory/lab']);
  assert.is(run.code, 0, run.out + run.err);
  assert.is(await lab().byHand('roz', `cat ${log}; systemctl is-active app`), 'start\nactive\n');
  const again = await lab().run(['units', 'inventory/lab']);
  assert.equal(named(again), []);
}, 60_000);

test('a unit file moved in with an old date: reloaded, restarted once for the file and two handlers', async () => {
  lab().write(
    'runbooks/files/app.service',
    unitFile('/bin/sh -c "echo again >>/run/starts; exec sleep 2000"'),
  );
  // As a package manager or a restore leaves it: content and date of yesterday, another program running.
  await lab().byHand(
    'roz',
    "rm /run/starts; printf '[Service]\\nExecStart=/bin/sleep 3000\\n' >/etc/systemd/system/app.service; touch -d yesterday /etc/systemd/system/app.service; systemctl daemon-reload; systemctl restart app",
  );
  const run = await lab().run(['units', 'inventory/lab']);
  assert.is(run.code, 0, run.out + run.err);
  const restarts = run.of('change').filter(({ key }) => key === 'unit:app.service');
  assert.is(restarts.length, 1, named(run).join('\n'));
  assert.is(await lab().byHand('roz', 'cat /run/starts; pgrep -fc "[s]leep 2000"'), 'again\n1\n');
}, 60_000);
