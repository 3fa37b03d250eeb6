/** The system's ssh as carrier, against real OpenSSH: sessions, refusals in the same words, jumps, and what only it can do. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../../lib/base/error.ts';
import { sh } from '../../../lib/base/sh.ts';
import type { Target } from '../../../lib/remote/contract.ts';
import { openSession } from '../../../lib/remote/session.ts';
import { type SshOptions, sshContext } from '../../../lib/remote/ssh-context.ts';
import { startProxy } from '../../fixture/proxy.ts';
import { freePort, makeKey, type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { change, job, part, text } from '../../remote/shell.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('openssh');
let sshd: Sshd;
let state = '';
test.before(async () => {
  // Every login gets a mount namespace in which root's state folder is a scratch one.
  state = mkdtempSync(join(tmpdir(), 'tb-state-'));
  const mounts = `mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/tightbeam && mount --bind ${state} /var/lib/tightbeam`;
  const inside = `exec unshare -m sh -c '${mounts} && eval "$SSH_ORIGINAL_COMMAND"'`;
  sshd = await startSshd({ config: ['SetEnv SHLVL=2', `ForceCommand ${inside}`] });
});
test.after(async () => {
  await sshd.stop();
  rmSync(state, { recursive: true, force: true });
});

function over(server: Sshd, change: Partial<Target> = {}, options: SshOptions = {}): Target {
  return targetOf(server, { transport: 'openssh', ...change }, { env: process.env, ...options });
}

async function works(target: Target): Promise<void> {
  const session = await openSession(target);
  const [result] = await session.read([part('a', sh`echo in`)]);
  await session.close();
  assert.is(text(result), 'in\n');
}

async function refusal(target: Target): Promise<RunError> {
  try {
    await works(target);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('it worked');
}

const folders = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('tb-ssh-'));

test('reads, applies, carries megabytes both ways, and leaves no folder', async () => {
  const before = folders();
  const session = await openSession(over(sshd));
  const made = folders().filter((name) => !before.includes(name));
  assert.is(made.length, 1);
  assert.is(execFileSync('stat', ['-c', '%a', join(tmpdir(), made[0] ?? '')], { encoding: 'utf8' }), '700\n');
  const big = 'y'.repeat(1_000_000);
  const [out, count] = await session.read([
    part('out', sh`head -c 20000000 /dev/zero`),
    part('count', sh`printf %s ${big} | wc -c`),
  ]);
  assert.is(out?.out.length, 20_000_000);
  assert.is(text(count).trim(), '1000000');
  const result = await session.apply(
    job([change(1, sh`echo done`)], { verify: [part('v', sh`echo v`)] }),
    {},
  );
  assert.is(`${result.changes[0]?.output}`, 'done\n');
  await session.close();
  assert.equal(folders(), before);
});

test('the reasons are those of our own client', async () => {
  const wrong = makeKey(join(sshd.dir, 'openssh_wrong'), 'ed25519');
  const refused = await refusal(over(sshd, { identity: wrong }));
  assert.is(refused.code, 'unreachable');
  assert.match(refused.message, /login failed: .*the server takes: publickey/);
  assert.match((await refusal(over(sshd, { port: await freePort() }))).message, /connection refused/);
  const nobody = await refusal(over(sshd, { address: 'no-such-host.invalid' }));
  assert.match(nobody.message, /the name no-such-host\.invalid does not resolve/);
  const unknown = await refusal(over(sshd, { knownHosts: [join(sshd.dir, 'empty')] }));
  assert.match(unknown.message, /unknown host key: No ED25519 host key is known for \[127\.0\.0\.1\]/);
  assert.match(unknown.hint ?? '', /--host-key accept-new/);
});

test('a host key that changed, that is revoked, and accept-new', async () => {
  const other = makeKey(join(sshd.dir, 'other_host'), 'ed25519');
  const key = readFileSync(`${other}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  const changed = join(sshd.dir, 'changed hosts');
  writeFileSync(changed, `# first\n[127.0.0.1]:${sshd.port} ${key}\n`);
  for (const hostKeyPolicy of ['strict', 'accept-new'] as const) {
    const error = await refusal(over(sshd, { knownHosts: [changed], hostKeyPolicy }));
    assert.match(error.message, /THE HOST KEY HAS CHANGED: .*changed hosts:2/);
  }
  const revoked = join(sshd.dir, 'revoked');
  writeFileSync(revoked, `@revoked * ${sshd.hostKey('ed25519')}\n`);
  assert.match((await refusal(over(sshd, { knownHosts: [revoked] }))).message, /revoked/);
  const fresh = join(sshd.dir, 'fresh');
  await works(over(sshd, { knownHosts: [fresh], hostKeyPolicy: 'accept-new' }));
  assert.match(
    readFileSync(fresh, 'utf8'),
    new RegExp(sshd.hostKey('ed25519').split(' ')[1]?.slice(0, 30) ?? '-'),
  );
});

test('a server with post-quantum key exchange alone, and a host certificate', async () => {
  const authority = makeKey(join(sshd.dir, 'host_ca'), 'ed25519');
  const only = await startSshd({
    config: ['SetEnv SHLVL=2', 'KexAlgorithms sntrup761x25519-sha512@openssh.com'],
  });
  try {
    await works(over(only));
    assert.match((await refusal(targetOf(only))).message, /no common algorithm/);
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      authority,
      '-I',
      'host',
      '-h',
      '-n',
      '127.0.0.1',
      join(only.dir, 'host_ed25519.pub'),
    ]);
    appendFileSync(
      join(only.dir, 'sshd_config'),
      `HostCertificate ${join(only.dir, 'host_ed25519-cert.pub')}\n`,
    );
    process.kill(only.pid, 'SIGHUP');
    const trusted = join(only.dir, 'trusted');
    writeFileSync(trusted, `@cert-authority [127.0.0.1]:* ${readFileSync(`${authority}.pub`, 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await works(over(only, { knownHosts: [trusted] }));
  } finally {
    await only.stop();
  }
});

test('many hosts behind one jump share the connection to it, and its key is checked like theirs', async () => {
  const jump = await startSshd({ config: ['SetEnv SHLVL=2'] });
  try {
    const ssh = sshContext({ home: join(sshd.dir, 'home'), configFile: 'none', env: process.env });
    const target = over(sshd, {
      jump: [`${jump.user}@127.0.0.1:${jump.port}`],
      knownHosts: [sshd.knownHosts, jump.knownHosts],
      identity: sshd.identity,
      ssh,
    });
    appendFileSync(join(jump.dir, 'authorized_keys'), readFileSync(`${sshd.identity}.pub`));
    const first = await openSession(target);
    await Promise.all([works({ ...target, name: 'b' }), works({ ...target, name: 'c' })]);
    await first.close();
    assert.is(jump.log().match(/Accepted publickey/g)?.length, 1);
    const unknown = await refusal({ ...target, knownHosts: [sshd.knownHosts] });
    assert.match(unknown.message, /unknown host key/);
  } finally {
    await jump.stop();
  }
});

test('~/.ssh/config is left to ssh: ProxyCommand, Match exec', async () => {
  const home = join(sshd.dir, 'with-config');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  const config = join(home, '.ssh', 'config');
  const mark = join(home, 'mark');
  writeFileSync(
    config,
    `Match exec "true"\n  Port ${sshd.port}\nHost alias\n  HostName 127.0.0.1\n  ProxyCommand sh -c 'echo used >"$0"; exec busybox nc %h %p' ${mark}\n`,
  );
  const { port: _, ...target } = over(sshd, { address: 'alias' }, { home, configFile: config });
  const knownHosts = join(home, 'known');
  writeFileSync(
    knownHosts,
    `alias,[alias]:${sshd.port},[127.0.0.1]:${sshd.port} ${sshd.hostKey('ed25519')}\n`,
  );
  await works({ ...target, knownHosts: [knownHosts] });
  assert.ok(existsSync(mark));
});

test('a cut in the middle of a change: it ends there, is run once, and its result is had', async () => {
  const proxy = await startProxy(sshd.port);
  const knownHosts = join(sshd.dir, 'known_proxy');
  writeFileSync(knownHosts, `[127.0.0.1]:${proxy.port} ${sshd.hostKey('ed25519')}\n`);
  const mark = join(sshd.dir, 'cut-mark');
  try {
    const session = await openSession(over(sshd, { port: proxy.port, knownHosts: [knownHosts] }));
    const result = await session.apply(
      job([change(1, sh`echo x >>${mark}; sleep 1; echo y`)], { verify: [part('v', sh`cat ${mark}`)] }),
      { begin: () => setTimeout(() => proxy.cut(), 50) },
    );
    assert.is(result.changes[0]?.ended, 'done');
    assert.is(text(result.verify[0]), 'x\n');
    await session.close();
  } finally {
    await proxy.stop();
  }
});

test('MaxStartups 2: eight at once all get in', async () => {
  const small = await startSshd({ config: ['SetEnv SHLVL=2', 'MaxStartups 2:100:2'] });
  try {
    await Promise.all(Array.from({ length: 8 }, () => works(over(small, {}, {}))));
  } finally {
    await small.stop();
  }
}, 60_000);

test('no program of that name: it is said how to get one', async () => {
  const error = await refusal(over(sshd, {}, { env: { PATH: '/nowhere' } }));
  assert.match(error.message, /no program `ssh` here/);
});

test('an abort while it connects leaves no process', async () => {
  const proxy = await startProxy(sshd.port, { silent: true });
  const abort = new AbortController();
  const opening = openSession(over(sshd, { port: proxy.port }), abort.signal);
  setTimeout(() => abort.abort(), 200);
  let code = '';
  await opening.catch((error) => {
    code = error instanceof RunError ? error.code : String(error);
  });
  assert.is(code, 'interrupted');
  for (let tries = 0; tries < 50 && proxy.open() > 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await proxy.stop();
});
