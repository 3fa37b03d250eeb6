/** ssh_config: the words we act on, Include, Match, and what is refused instead of passed over. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { type HostQuery, type HostSettings, loadSshConfig } from '../../lib/remote/ssh-config.ts';
import { assert, suite } from '../suite.ts';

const test = suite('ssh config');
let home = '';
test.before(() => {
  home = mkdtempSync(join(tmpdir(), 'tightbeam-config-'));
});
test.after(() => rmSync(home, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(home, '.ssh', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function ask(text: string, host: string, query: Partial<HostQuery> = {}): HostSettings {
  const file = write('tried', text);
  return loadSshConfig(home, file)({ host, localUser: 'me', routeGiven: false, ...query });
}

function refused(text: string, host: string, query: Partial<HostQuery> = {}): RunError {
  try {
    ask(text, host, query);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('the first value of a word counts, identity files add up', () => {
  const found = ask(
    'Host web*\n  Port 2201\n  User deploy\n  IdentityFile ~/.ssh/web\nHost *\n  Port 22\n  User root\n  IdentityFile "~/.ssh/all keys"\n  IdentitiesOnly yes\n',
    'web7',
  );
  assert.is(found.port, 2201);
  assert.is(found.user, 'deploy');
  assert.equal(found.identityFiles, ['~/.ssh/web', '~/.ssh/all keys']);
  assert.is(found.identitiesOnly, true);
});

test('negated patterns, equals signs, any case of words', () => {
  const text = 'HOST=* !db?\n  hostname=%h.example.org\n  PORT=2222\n';
  assert.is(ask(text, 'web').hostName, '%h.example.org');
  assert.is(ask(text, 'web').port, 2222);
  assert.is(ask(text, 'db1').port, undefined);
  assert.is(ask(text, 'db').port, 2222);
});

test('all the words that we act on', () => {
  const found = ask(
    'HostKeyAlias alias\nUserKnownHostsFile ~/a "/b c"\nGlobalKnownHostsFile none\nConnectTimeout 3\nAddressFamily inet6\nBindAddress 127.0.0.2\nProxyJump a,b:22\nIdentityAgent none\nHashKnownHosts yes\n',
    'x',
  );
  assert.equal(found, {
    identityAgent: 'none',
    proxyJump: ['a', 'b:22'],
    hostKeyAlias: 'alias',
    userKnownHosts: ['~/a', '/b c'],
    globalKnownHosts: ['none'],
    connectTimeoutMs: 3000,
    addressFamily: 6,
    bindAddress: '127.0.0.2',
    identityFiles: [],
    certificateFiles: [],
    identitiesOnly: false,
    hashKnownHosts: true,
  });
});

test('Include: patterns, relative paths, order, and only for the hosts of its block', () => {
  write('conf.d/10.conf', 'Port 1001\n');
  write('conf.d/20.conf', 'Port 1002\nUser twenty\n');
  write('conf.d/.hidden.conf', 'User hidden\n');
  const text = 'Host inside\n  Include conf.d/*.conf ~/.ssh/nothing-there\nHost *\n  Port 3\n';
  assert.is(ask(text, 'inside').port, 1001);
  assert.is(ask(text, 'inside').user, 'twenty');
  assert.is(ask(text, 'outside').port, 3);
  write('self.conf', 'Include self.conf\n');
  assert.match(refused('Include self.conf\n', 'x').message, /nested more than/);
});

test('Match by host, originalhost, user, localuser and all', () => {
  const text =
    'Match originalhost short\n  HostName long.example.org\nMatch host *.example.org user root\n  Port 1\nMatch host *.example.org !user root\n  Port 2\nMatch all\n  Port 3\n';
  assert.is(ask(text, 'short', { user: 'root' }).port, 1);
  assert.is(ask(text, 'short').port, 2);
  assert.is(ask(text, 'other').port, 3);
  assert.is(ask('Match localuser me\n  Port 4\n', 'x').port, 4);
});

test('Match exec is neither run nor passed over', () => {
  const file = join(home, 'was-run');
  const text = `Match exec "touch ${file}"\n  ProxyJump elsewhere\n`;
  const error = refused(text, 'x');
  assert.is(error.code, 'unreachable');
  assert.match(error.message, /tried:\d+: Match exec .* is not supported/);
  assert.throws(() => chmodSync(file, 0o600));
  // A condition that fails anyway, or a block that does not concern us, needs no refusal.
  assert.is(ask(`Match host y exec "true"\n  Port 9\n`, 'x').port, undefined);
  assert.is(ask('Match exec "true"\n  SendEnv LANG\n', 'x').port, undefined);
});

test('what would change where we connect is refused with its block and a way out', () => {
  const canonical = refused('# first\n\nHost x\n  Port 1\n  CanonicalizeHostname yes\n', 'x');
  assert.match(canonical.message, /tried:5 \(host x\): canonicalizehostname is not supported/);
  assert.match(canonical.hint ?? '', /transport: openssh/);
  assert.match(refused('RevokedHostKeys /etc/ssh/revoked\n', 'x').hint ?? '', /@revoked/);
  // Not for this host, switched off, or overruled.
  assert.is(ask('Host y\n  ProxyCommand nc %h %p\n', 'x').port, undefined);
  assert.is(ask('ProxyCommand none\nPort 5\n', 'x').port, 5);
  assert.equal(ask('ProxyJump j\nProxyCommand nc\n', 'x').proxyJump, ['j']);
  assert.is(ask('ProxyCommand nc\nPort 6\n', 'x', { routeGiven: true }).port, 6);
  assert.equal(ask('ProxyJump none\nHost *\nProxyJump j\n', 'x').proxyJump, []);
});

test('a file that cannot be parsed, is missing or open to writers is invalid', () => {
  assert.is(refused('Host a\n  IdentityFile "abc\n', 'a').code, 'invalid');
  assert.throws(() =>
    loadSshConfig(home, '/nowhere/config')({ host: 'x', localUser: 'me', routeGiven: false }),
  );
  const own = write('config', 'Port 7\n');
  assert.is(loadSshConfig(home, undefined)({ host: 'x', localUser: 'me', routeGiven: false }).port, 7);
  chmodSync(own, 0o666);
  assert.throws(() => loadSshConfig(home, undefined), /can be written by others/);
});

test('a proxy command keeps its quotation marks and spaces', () => {
  const text = `ProxyCommand sh -c 'a  "b c"' %h\n`;
  assert.is(ask(text, 'x').proxyCommand, `sh -c 'a  "b c"' %h`);
  assert.is(ask('ProxyCommand none\n', 'x').proxyCommand, undefined);
});

test('certificates add up; an agent is forwarded by yes, no or its socket', () => {
  assert.equal(ask('CertificateFile a\nCertificateFile b\n', 'x').certificateFiles, ['a', 'b']);
  assert.is(ask('ForwardAgent yes\n', 'x').forwardAgent, true);
  assert.is(ask('ForwardAgent no\n', 'x').forwardAgent, false);
  assert.is(ask('ForwardAgent ~/socket\n', 'x').forwardAgent, '~/socket');
});
