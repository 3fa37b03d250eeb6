/** A dry run leaves a bare host as it was: with sudo, with -v, and when it is ended in the middle of its reading. */
import { printChanges } from '../../../lib/lab/host-print.ts';
import type { LabProject } from '../../fixture/lab-run.ts';
import { snapshot } from '../../fixture/lab-snapshot.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('a dry run touches nothing', 2, prepare);
const HOSTS = ['roz', 'wro'];

/** Long enough that it can only have been ended. */
const SLOW = `name: Slow
hosts: roz
become: true
steps:
  - { id: file, task: file, with: { path: /srv/new, content: "new\\n" } }
  - { id: slow, task: command, with: { argv: [touch, /srv/slow], unless: "sleep 613; false", effects: none } }
`;

async function prepare(project: LabProject): Promise<void> {
  project.write('runbooks/slow.yaml', SLOW);
  for (const host of HOSTS)
    await project.byHand(
      host,
      `useradd -m ops; mkdir ~ops/.ssh; cp ~/.ssh/authorized_keys ~ops/.ssh/; chown -R ops: ~ops/.ssh
printf 'ops ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/ops
apt-get update -qq; mkdir -p /var/lib/systemd/linger`,
    );
}

/** The hosts before and after, all of them the same. */
async function untouched(dry: () => Promise<void>): Promise<void> {
  // Logging in for the first time starts what logins start.
  for (const user of ['root', 'ops'])
    await Promise.all(HOSTS.map((host) => lab().ssh(host, 'sudo -n true', user)));
  const before = await Promise.all(HOSTS.map((host) => snapshot(lab(), host)));
  await dry();
  const after = await Promise.all(HOSTS.map((host) => snapshot(lab(), host)));
  HOSTS.forEach((host, index) => {
    assert.equal(printChanges(before[index] ?? [], after[index] ?? []), [], host);
  });
}

test('the snapshot sees what it should see', async () => {
  const seen = async (script: string, undo: string): Promise<readonly string[]> => {
    const before = await snapshot(lab(), 'roz');
    await lab().byHand('roz', script);
    const after = await snapshot(lab(), 'roz');
    await lab().byHand('roz', undo);
    return [...new Set(printChanges(before, after).map((line) => line.split(' ')[1] ?? ''))].sort();
  };
  const marks = await seen(
    `touch -d @1 /tmp/mark; chmod 600 /etc/motd; chmod 644 /etc/motd; sysctl -qw net.ipv4.conf.all.log_martians=1
ip address add 192.0.2.9/32 dev lo; systemctl stop systemd-timesyncd dbus.socket 2>/dev/null; systemctl start systemd-tmpfiles-clean
setsid sleep 614 </dev/null >/dev/null 2>&1 &`,
    'rm /tmp/mark; sysctl -qw net.ipv4.conf.all.log_martians=0; ip address del 192.0.2.9/32 dev lo; kill "$(pgrep -f "^sleep 614")"',
  );
  for (const kind of ['link', 'memory', 'process', 'sysctl', 'tree', 'unit'])
    assert.ok(marks.includes(kind), `${kind}: ${marks}`);
}, 60_000);

for (const [name, book, ...flags] of [
  ['as root', 'provision'],
  ['through sudo, with -v', 'provision', '--user', 'ops', '-v'],
  ['of a server, with --diff', 'server', '--diff'],
  ['of checks that cannot hold yet', 'verify', '--user', 'ops'],
] as const) {
  test(
    `a dry run ${name}`,
    () =>
      untouched(async () => {
        const dry = await lab().run([book, 'inventory/lab', '--dry-run', ...flags]);
        if (book !== 'verify') assert.is(dry.code, 0, dry.out + dry.err);
        assert.is(dry.of('unreachable').length, 0);
      }),
    90_000,
  );
}

for (const [signal, code, user] of [
  ['SIGINT', 130, 'root'],
  ['SIGTERM', 143, 'ops'],
  ['SIGKILL', -1, 'root'],
  ['SIGKILL', -1, 'ops'],
] as const) {
  test(
    `a dry run as ${user} that ${signal} ends in the middle of its reading`,
    () =>
      untouched(async () => {
        const run = lab().start(['slow', 'inventory/lab', '--dry-run', '--user', user]);
        await run.until((event) => event.kind === 'connected');
        for (let tries = 0; ; tries += 1) {
          const { rc } = await lab().ssh('roz', 'pgrep -x -f "sleep 613"');
          if (rc === 0) break;
          assert.ok(tries < 50, 'the slow guard was never asked');
          await new Promise((wake) => setTimeout(wake, 100));
        }
        run.child.kill(signal);
        assert.is((await run.done).code, code);
        for (let tries = 0; tries < 50; tries += 1) {
          const { rc } = await lab().ssh('roz', 'pgrep -x -f "sleep 613"');
          if (rc !== 0) return;
          await new Promise((wake) => setTimeout(wake, 200));
        }
      }),
    90_000,
  );
}
