/** What would shut us out is tried on a real host where it hurts nobody, refused before it is begun, and leaves no trace. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { STILL } from '../../fixture/still.ts';
import { assert } from '../../suite.ts';

const NFTABLES =
  'flush ruleset\\ntable inet mine { chain input { type filter hook input priority 0; policy drop; tcp dport PORT accept; }; }\\n';

const steps = (name: string, text: string): string => `name: ${name}\nhosts: roz\nsteps:\n${text}`;

const RUNBOOKS: Readonly<Record<string, string>> = {
  shut: steps(
    'Shut',

    `  - { id: rules, task: file, with: { path: /etc/nftables.conf, content: "${NFTABLES.replace('PORT', '80')}" } }
  - { id: load, task: service, with: { name: nftables, running: true, restart_on: [/etc/nftables.conf] } }\n`,
  ),
  open: steps(
    'Open',

    `  - { id: rules, task: file, with: { path: /etc/nftables.conf, content: "${NFTABLES.replace('PORT', '22')}" } }
  - { id: load, task: service, with: { name: nftables, running: true, restart_on: [/etc/nftables.conf] } }\n`,
  ),
  settings: steps(
    'Settings',

    '  - { id: settings, task: file, with: { path: /etc/ssh/sshd_config.d/site.conf, content: "PermitRootLogin no\\n" } }\n',
  ),
  port: steps(
    'Port',

    '  - { id: port, task: line, with: { path: /etc/ssh/sshd_config, line: "Port 2222" } }\n',
  ),
  stop: steps('Stop', '  - { id: stop, task: service, with: { name: ssh, running: false } }\n'),
};

const { test, lab } = labSuite(
  'preflight',
  1,
  async (project) => {
    for (const [name, text] of Object.entries(RUNBOOKS)) project.write(`runbooks/${name}.yaml`, text);
  },
  { packages: ['nftables'] },
);

const run = (name: string, ...more: readonly string[]): Promise<Finished> =>
  lab().run([name, 'inventory/lab', ...more]);

const STATE = `${STILL}; nft list ruleset; cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*; systemctl is-active ssh nftables; ip -br link; ls /mnt; grep -c . /proc/mounts; pgrep -x sleep; ls -l /etc/ssh`;

test('rules by which the next login would not get in are not loaded', async () => {
  const before = await lab().byHand('roz', `${STATE}; :`);
  const shut = await run('shut');
  assert.is(shut.code, 5, shut.out + shut.err);
  assert.match(
    shut.failure('roz'),
    /would lock us out, and was not begun: with these rules, new logins from [\d.]+ to port 22 of [\d.]+ would not get in[\s\S]*--allow-lockout/,
  );
  assert.match(shut.out, /file:\/etc\/nftables\.conf {2}\[rules\] {2}came back/);
  assert.is(shut.recap('roz').changed, 0, 'the file they would be loaded from came back as well');
  assert.is(await lab().byHand('roz', `${STATE}; :`), before);
});

test('rules that let us in are loaded', async () => {
  const open = await run('open');
  assert.is(open.code, 0, open.out + open.err);
  assert.match(await lab().byHand('roz', 'nft list ruleset'), /tcp dport 22 accept/);
});

test('settings with which sshd would turn us away are not written; others are', async () => {
  const before = await lab().byHand('roz', `${STATE}; :`);
  const cases = {
    settings: /PermitRootLogin would keep out root/,
    port: /port 2222 and no longer on 22/,
    stop: /nothing would listen for SSH/,
  };
  for (const [name, words] of Object.entries(cases)) {
    const refused = await run(name);
    assert.is(refused.code, 2, refused.out + refused.err);
    assert.match(refused.failure('roz'), words);
  }
  assert.is(await lab().byHand('roz', `${STATE}; :`), before);
  // Another account comes in all the same.
  const other = await run('settings', '--user', 'ops', '--become');
  assert.is(other.code, 0, other.out + other.err);
  await lab().byHand('roz', 'rm /etc/ssh/sshd_config.d/site.conf');
});

test('--allow-lockout does it all the same', async () => {
  const done = await run('settings', '--allow-lockout');
  assert.is(done.code, 0, done.out + done.err);
  assert.match(await lab().byHand('roz', 'cat /etc/ssh/sshd_config.d/site.conf'), /PermitRootLogin no/);
  await lab().byHand('roz', 'rm /etc/ssh/sshd_config.d/site.conf');
});
