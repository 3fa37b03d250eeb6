/** What goes wrong on real hosts: each with an error of its own, the other host finishing, a re-run finishing the work. */
import { createServer, type Socket } from 'node:net';
import { must } from '../../../lib/lab/exec.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('faults', 2, async (project) => {
  for (const { name } of project.hosts) await project.byHand(name, 'apt-get update -qq');
});

const header = (name: string): string => `name: ${name}\nhosts: all\nbecome: true\nsteps:\n`;

/** Kills the sshd that carries the session in which a program runs; that program is not touched. */
const CUT = `p=$(pgrep -o -x PROGRAM) || exit 1
while [ "$p" -gt 1 ]; do
case $(tr '\\0' ' ' </proc/$p/cmdline) in 'sshd: root@notty'*) kill -9 "$p"; exit 0 ;; esac
p=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$p/status)
done; exit 2`;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds()) return;
    await new Promise((wake) => setTimeout(wake, 50));
  }
  throw new Error(`${what} never came`);
}

test('sshd killed while apt works: the run takes up the result, and nothing is done twice', async () => {
  lab().write(
    'runbooks/cut.yaml',
    `${header('Cut')}  - { id: count, task: command, with: { shell: "echo run >>/srv/count", effects: [/srv/count] } }
  - { id: tools, task: package, with: { names: [jq, tree, dnsutils] } }
  - { id: after, task: file, with: { path: /srv/after, content: "done\\n" } }
`,
  );
  const run = lab().start(['cut', 'inventory/lab']);
  await until('apt-get on roz', async () => (await lab().ssh('roz', 'pgrep -x dpkg')).rc === 0);
  await lab().byHand('roz', CUT.replace('PROGRAM', 'dpkg'));
  const done = await run.done;
  assert.is(done.code, 0, done.out + done.err);
  for (const host of ['roz', 'wro']) {
    assert.is(await lab().byHand(host, 'cat /srv/count /srv/after'), 'run\ndone\n');
    assert.is(await lab().byHand(host, "grep -c ' install jq:' /var/log/dpkg.log; dpkg --audit"), '1\n');
    assert.is(done.of('change').filter((change) => change.host === host).length, 3);
  }
}, 120_000);

test('a full disk: the file is named, no half of it is left, and a re-run with more room finishes', async () => {
  lab().write('runbooks/files/blob', Buffer.alloc(3 * 1024 * 1024, 7));
  lab().write(
    'runbooks/full.yaml',
    `${header('Full')}  - { id: blob, task: copy, with: { src: files/blob, dest: /srv/small/blob } }
  - { id: after, task: file, with: { path: /srv/later, content: "later\\n" } }
`,
  );
  await lab().byHand('wro', 'mkdir -p /srv/small');
  await lab().byHand('roz', 'mkdir -p /srv/small; mount -t tmpfs -o size=1m tmpfs /srv/small');
  const run = await lab().run(['full', 'inventory/lab']);
  assert.is(run.code, 2, run.out + run.err);
  assert.match(run.failure('roz'), '/srv/small/blob');
  assert.match(run.failure('roz'), 'No space left on device');
  assert.is(
    await lab().byHand('roz', 'ls -A /srv/small; ls /srv/later 2>&1 || :'),
    "ls: cannot access '/srv/later': No such file or directory\n",
  );
  assert.is(await lab().byHand('wro', 'cat /srv/later'), 'later\n');
  assert.is(run.of('recap')[0]?.next, 'run full inventory/lab --limit @failed');
  await lab().byHand('roz', 'mount -o remount,size=8m /srv/small');
  const again = await lab().run(['full', 'inventory/lab']);
  assert.is(again.code, 0, again.out + again.err);
  assert.is(again.recap('wro').changed, 0);
  assert.is(await lab().byHand('roz', 'stat -c %s /srv/small/blob; cat /srv/later'), '3145728\nlater\n');
}, 90_000);

/** Holds dpkg's lock as apt itself would, under a name of its own, for so many seconds. */
const holdLock = (seconds: number): string =>
  `setsid perl -e 'use Fcntl; $0 = "upgrader"; open F, ">>", "/var/lib/dpkg/lock-frontend"; my $lock = pack("s s x4 q q i", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $lock) or die; sleep ${seconds}' </dev/null >/dev/null 2>&1 & sleep 0.5; pgrep -x upgrader >/dev/null`;

test('a lock that another holds for a while: the run waits and says whose it is', async () => {
  lab().write(
    'runbooks/lock.yaml',
    `${header('Lock')}  - { id: hello, task: package, with: { name: hello, lock_timeout: 60 } }\n`,
  );
  await lab().byHand('roz', holdLock(8));
  const run = await lab().run(['lock', 'inventory/lab']);
  assert.is(run.code, 0, run.out + run.err);
  const waits = run.of('progress').filter((event) => event.host === 'roz');
  assert.match(waits[0]?.lastLine ?? '', /waiting for the dpkg lock held by pid \d+ \(upgrader\)/);
  assert.match(run.err, 'held by pid');
  await lab().byHand('roz', 'dpkg -s hello >/dev/null');
}, 90_000);

test('a lock that is not released in time fails the step, naming its holder; the other host finishes', async () => {
  lab().write(
    'runbooks/locked.yaml',
    `${header('Locked')}  - { id: cowsay, task: package, with: { name: cowsay, lock_timeout: 2 } }\n`,
  );
  await lab().byHand('roz', holdLock(60));
  const run = await lab().run(['locked', 'inventory/lab']);
  assert.is(run.code, 2, run.out + run.err);
  assert.match(run.failure('roz'), /the dpkg lock is still held by pid \d+ \(upgrader\) after 2 s/);
  assert.is(run.recap('wro').changed, 1);
  await lab().byHand('roz', 'kill $(pgrep -x upgrader)');
  const again = await lab().run(['locked', 'inventory/lab']);
  assert.is(again.code, 0, again.out + again.err);
  assert.is(again.recap('wro').changed, 0);
}, 90_000);

const PING = `${header('Ping')}  - { id: note, task: line, with: { path: /srv/ping, line: LINE, create: true } }\n`;

test('a host whose packets vanish is unreachable in time; the other finishes; a re-run finishes', async () => {
  lab().write('runbooks/line.yaml', PING.replace('LINE', 'one'));
  const space = lab().hosts.find(({ name }) => name === 'roz')?.machine ?? '';
  const nft = (...words: string[]): Promise<string> => must('ip', ['netns', 'exec', space, 'nft', ...words]);
  await nft('add', 'table', 'inet', 'hole');
  await nft('add', 'chain', 'inet', 'hole', 'in', '{ type filter hook input priority 0; policy drop; }');
  const run = await lab().run(['line', 'inventory/lab', '--timeout', '2']);
  await nft('delete', 'table', 'inet', 'hole');
  assert.is(run.code, 4, run.out + run.err);
  assert.ok(run.seconds < 15, `${run.seconds} s`);
  assert.is(run.recap('roz').unreachable, true);
  assert.match(run.failure('roz'), lab().address('roz'));
  assert.is(run.recap('wro').changed, 1);
  const again = await lab().run(['line', 'inventory/lab']);
  assert.is(again.code, 0, again.out + again.err);
  assert.is(again.recap('roz').changed, 1);
}, 60_000);

test('a port that takes the connection and is silent; and a failure beside it', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((ready) => silent.listen(0, '127.0.0.1', ready));
  const address = silent.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  lab().inventory(
    'silent',
    `hosts:\n  mute: { address: 127.0.0.1, port: ${port}, user: root, identity: id_ed25519 }\n  wro: { address: ${lab().address('wro')}, user: root, identity: id_ed25519 }\n`,
  );
  lab().write(
    'runbooks/false.yaml',
    `${header('Refuse')}  - { id: no, task: command, with: { argv: ["false"] } }\n`,
  );
  lab().write('runbooks/line.yaml', PING.replace('LINE', 'two'));
  const run = await lab().run(['line', 'inventory/silent', '-T', '2']);
  assert.is(run.code, 4, run.out + run.err);
  assert.match(run.failure('mute'), /127\.0\.0\.1/);
  assert.is(run.recap('wro').changed, 1);
  const both = await lab().run(['false', 'inventory/silent', '-T', '2']);
  for (const socket of sockets) socket.destroy();
  silent.close();
  assert.is(both.code, 6, both.out + both.err);
}, 60_000);
