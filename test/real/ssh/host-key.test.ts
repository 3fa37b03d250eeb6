/** Host keys against real OpenSSH: every form of known_hosts, and all that must be refused. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../../../lib/base/sh.ts';
import type { Target } from '../../../lib/remote/contract.ts';
import { openSshChannel } from '../../../lib/remote/ssh.ts';
import { sshContext } from '../../../lib/remote/ssh-context.ts';
import { collect } from '../../fixture/collect.ts';
import { refusal } from '../../fixture/refusal.ts';
import { makeKey, type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('host key');
let sshd: Sshd;
let serial = 0;
test.before(async () => {
  sshd = await startSshd({ hostKeys: ['rsa', 'ecdsa', 'ed25519'] });
});
test.after(async () => {
  await sshd.stop();
});

/** A target whose only known_hosts file holds this text. */
function knowing(text: string, change: Partial<Target> = {}): Target {
  serial += 1;
  const file = join(sshd.dir, `known_${serial}`);
  writeFileSync(file, text);
  return targetOf(sshd, { knownHosts: [file], ...change });
}

async function works(target: Target): Promise<void> {
  assert.is((await collect(await openSshChannel(target, sh`echo in`))).out, 'in\n');
}

const name = (): string => `[127.0.0.1]:${sshd.port}`;

for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
  test(`a host known by its ${type} key alone is asked for that one`, async () => {
    await works(knowing(`${name()} ${sshd.hostKey(type)}\n`));
  });
}

test('names in a list, behind wildcards, without the port, with comments beside them', async () => {
  const key = sshd.hostKey('ed25519');
  await works(knowing(`# comment\n\nother,${name()},third ${key} root@somewhere\n`));
  await works(knowing(`[127.0.*]:${sshd.port} ${key}\n`));
  await works(knowing(`127.0.0.1 ${key}\n`));
});

test('hashed names as ssh-keygen -H writes them', async () => {
  const target = knowing(`${name()} ${sshd.hostKey('ed25519')}\n`);
  const file = target.knownHosts[0] ?? '';
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  assert.match(readFileSync(file, 'utf8'), /^\|1\|/);
  await works(target);
});

test('a negated pattern does not vouch', async () => {
  const target = knowing(`[127.*]:${sshd.port},!${name()} ${sshd.hostKey('ed25519')}\n`);
  assert.match((await refusal(target)).message, /unknown host key/);
});

test('an unknown host is refused with fingerprint, files and what to do', async () => {
  const target = knowing('');
  const error = await refusal(target);
  const print = execFileSync('ssh-keygen', ['-lf', join(sshd.dir, 'host_ed25519.pub')], { encoding: 'utf8' });
  assert.is(error.code, 'unreachable');
  assert.ok(error.message.includes(print.split(' ')[1] ?? '?'), error.message);
  assert.ok(error.message.includes(target.knownHosts[0] ?? '?'));
  assert.ok(error.hint?.includes(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >> ${target.knownHosts[0]}`));
  assert.match(error.hint ?? '', /--host-key accept-new/);
});

test('the command in the hint mends it', async () => {
  const target = knowing('');
  const command = /`(ssh-keyscan [^`]*)`/.exec((await refusal(target)).hint ?? '')?.[1] ?? 'false';
  execFileSync('sh', ['-c', command], { stdio: 'ignore' });
  await works({ ...target, ssh: sshContext({ home: sshd.dir }) });
});

test('a changed key is refused under either policy, naming the line', async () => {
  const other = readFileSync(`${makeKey(join(sshd.dir, 'other'), 'ed25519')}.pub`, 'utf8');
  for (const hostKeyPolicy of ['strict', 'accept-new'] as const) {
    const target = knowing(`\n${name()} ${other}`, { hostKeyPolicy });
    const error = await refusal(target);
    assert.match(error.message, /HAS CHANGED/);
    assert.ok(error.message.includes(`${target.knownHosts[0]}:2 `), error.message);
    assert.is(readFileSync(target.knownHosts[0] ?? '', 'utf8').split('\n').length, 3);
  }
});

test('a revoked key is refused, also when another line knows it', async () => {
  const key = sshd.hostKey('ed25519');
  const target = knowing(`${name()} ${key}\n@revoked * ${key}\n`, { hostKeyPolicy: 'accept-new' });
  assert.match((await refusal(target)).message, /is revoked by .*:2/);
});

test('a certificate authority alone is not enough, and is named', async () => {
  const error = await refusal(knowing(`@cert-authority ${name()} ${sshd.hostKey('rsa')}\n`));
  assert.match(error.message, /unknown host key .*:1 trusts a certificate authority/);
});

test('accept-new adds the key once, to a file of our own making, and then is strict', async () => {
  const file = join(sshd.dir, 'new-folder', 'known_hosts');
  const target = targetOf(sshd, { knownHosts: [file], hostKeyPolicy: 'accept-new' });
  await Promise.all([1, 2, 3].map(() => works(target)));
  assert.is(readFileSync(file, 'utf8'), `${name()} ${sshd.hostKey('ed25519')}\n`);
  assert.is(statSync(file).mode & 0o777, 0o600);
  assert.is(statSync(join(sshd.dir, 'new-folder')).mode & 0o777, 0o700);
  await works(targetOf(sshd, { knownHosts: [file] }));
});

test('accept-new keeps a last line without its end, and hashes where ssh_config says so', async () => {
  const file = join(sshd.dir, 'no-newline');
  writeFileSync(file, 'example.org ssh-ed25519 AAAA');
  const config = join(sshd.dir, 'hashing');
  writeFileSync(config, 'HashKnownHosts yes\n');
  const ssh = sshContext({ home: sshd.dir, configFile: config });
  await works(targetOf(sshd, { knownHosts: [file], hostKeyPolicy: 'accept-new', ssh }));
  const lines = readFileSync(file, 'utf8').split('\n');
  assert.is(lines[0], 'example.org ssh-ed25519 AAAA');
  assert.match(lines[1] ?? '', /^\|1\|[^|]+\|\S+ ssh-ed25519 /);
  const found = execFileSync('ssh-keygen', ['-F', name(), '-f', file], { encoding: 'utf8' });
  assert.match(found, /found: line 2/);
});

test('StrictHostKeyChecking no in ssh_config weakens nothing', async () => {
  const config = join(sshd.dir, 'lax');
  writeFileSync(config, 'StrictHostKeyChecking no\n');
  const ssh = sshContext({ home: sshd.dir, configFile: config });
  assert.match((await refusal(knowing('', { ssh }))).message, /unknown host key/);
});

test('HostKeyAlias names the record', async () => {
  const config = join(sshd.dir, 'alias');
  writeFileSync(config, 'HostKeyAlias machine-7\n');
  const ssh = sshContext({ home: sshd.dir, configFile: config });
  await works(knowing(`machine-7 ${sshd.hostKey('ed25519')}\n`, { ssh }));
  const error = await refusal(knowing('', { ssh }));
  assert.match(error.message, /machine-7 is in none of/);
});

test('files of ssh_config are looked in too', async () => {
  const config = join(sshd.dir, 'files');
  writeFileSync(config, `UserKnownHostsFile /nowhere ${sshd.knownHosts}\n`);
  await works(targetOf(sshd, { knownHosts: [], ssh: sshContext({ home: sshd.dir, configFile: config }) }));
});
