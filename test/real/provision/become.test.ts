/** Acting as other accounts on real hosts: sudo with and without a password, one session allowed, busybox as /bin/sh. */
import { exec } from '../../../lib/lab/exec.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const PASSWORD = 'lab';
const RUNBOOK = `name: Accounts
hosts: all
become: true
steps:
  - { id: root, task: command, with: { argv: [id, -un], changed: never } }
  - { id: login, become: false, task: command, with: { argv: [id, -un], changed: never } }
  - { id: other, become_user: games, task: command, with: { argv: [id, -un], changed: never } }
  - { id: mine, become: false, task: file, with: { path: /var/tmp/mine, content: "mine\\n" } }
  - { id: theirs, become_user: games, task: file, with: { path: /var/tmp/theirs, content: "theirs\\n" } }
  - id: all
    task: file
    with:
      path: /etc/who
      mode: "0600"
      content: "\${{ steps.root.outputs.stdout }} \${{ steps.login.outputs.stdout }} \${{ steps.other.outputs.stdout }}\\n"
`;

const { test, lab } = labSuite('become', 2, async (project) => {
  const as = (host: string, user: string): string =>
    `  ${host}: { address: ${project.address(host)}, user: ${user}, identity: id_ed25519 }\n`;
  project.inventory('sudo', `hosts:\n${as('roz', 'admin')}${as('wro', 'ops')}`);
  project.write('runbooks/accounts.yaml', RUNBOOK);
  project.write('password', `${PASSWORD}\n`, 0o600);
});

const accounts = (password: string | undefined, ...flags: string[]): Promise<Finished> =>
  lab().run(['accounts', 'inventory/sudo', ...flags], {
    env: password === undefined ? {} : { RUN_BECOME_PASSWORD: password },
  });

test('a wrong password: said so for that host; the one that asks for none finishes', async () => {
  const run = await accounts('swordfish');
  assert.is(run.code, 2, run.out + run.err);
  assert.match(run.failure('roz'), /password/);
  assert.match(run.failure('roz'), /sudo/);
  assert.is(run.recap('wro').failed, 0);
  assert.is(await lab().byHand('wro', 'cat /etc/who'), 'root ops games\n');
  assert.not.match(run.out + run.err + JSON.stringify(run.events), 'swordfish');
  assert.is((await lab().ssh('roz', 'test -e /etc/who')).rc, 1);
}, 60_000);

test('no password where one is needed: the error names the ways to give it', async () => {
  const run = await accounts(undefined);
  assert.is(run.code, 2, run.out + run.err);
  assert.match(run.failure('roz'), /--ask-become-pass|-K/);
}, 60_000);

test('the right one from the environment: each step as its own account', async () => {
  const run = await accounts(PASSWORD);
  assert.is(run.code, 0, run.out + run.err);
  assert.is(
    await lab().byHand('roz', "cat /etc/who; stat -c '%U %n' /etc/who /var/tmp/mine /var/tmp/theirs"),
    'root admin games\nroot /etc/who\nadmin /var/tmp/mine\ngames /var/tmp/theirs\n',
  );
  const again = await accounts(PASSWORD);
  assert.equal(again.of('change'), []);
  assert.is(again.recap('roz').changed, 0);
}, 60_000);

test('from a file; and asked for on a terminal, where it is not shown', async () => {
  const file = await accounts(undefined, '--become-password-file', 'password');
  assert.is(file.code, 0, file.out + file.err);
  const command = `${process.execPath} ${lab().cli} accounts inventory/sudo -K --no-color`;
  const terminal = await exec(
    'sh',
    ['-c', `cd '${lab().root}' && exec script -qec '${command}' /dev/null`],
    `${PASSWORD}\n`,
  );
  assert.is(terminal.rc, 0, terminal.out);
  assert.match(terminal.out, 'sudo password: ');
  assert.match(terminal.out, /roz +: ok=6/);
}, 60_000);

test('an sshd that allows one session a connection: reads, changes and uploads all the same', async () => {
  await lab().byHand(
    'roz',
    "echo 'MaxSessions 1' >/etc/ssh/sshd_config.d/one.conf; systemctl reload ssh; sleep 0.3",
  );
  lab().write('runbooks/files/blob', Buffer.alloc(2 * 1024 * 1024, 1));
  lab().write(
    'runbooks/one.yaml',
    'name: One\nhosts: roz\nbecome: true\nsteps:\n  - { id: blob, task: copy, with: { src: files/blob, dest: /srv/blob } }\n  - { id: note, task: command, with: { shell: "echo note >/srv/note", creates: /srv/note } }\n',
  );
  const settings = { env: { RUN_BECOME_PASSWORD: PASSWORD } };
  const run = await lab().run(['one', 'inventory/sudo'], settings);
  assert.is(run.code, 0, run.out + run.err);
  assert.is(await lab().byHand('roz', 'stat -c %s /srv/blob; cat /srv/note'), '2097152\nnote\n');
}, 60_000);

test('the same runbook where /bin/sh is busybox: the same changes, and nothing the second time', async () => {
  await lab().byHand(
    'wro',
    'apt-get update -qq && apt-get install -qqy busybox >/dev/null 2>&1; ln -sf busybox /bin/sh.busybox; mv /bin/sh.busybox /bin/sh; readlink -f /bin/sh | grep -q busybox',
  );
  const run = await lab().run(['server', 'inventory/lab']);
  assert.is(run.code, 0, run.out + run.err);
  const made = (host: string): readonly string[] =>
    run
      .of('change')
      .flatMap((change) => (change.host === host ? [`${change.step} ${change.key} ${change.action}`] : []));
  assert.ok(made('wro').length > 5);
  assert.equal(made('wro'), made('roz'));
  const again = await lab().run(['server', 'inventory/lab']);
  assert.is(again.code, 0, again.out + again.err);
  assert.equal(again.of('change'), []);
}, 180_000);
