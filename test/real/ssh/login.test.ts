/** Logging in to real OpenSSH: keys of all types, locked keys, agents, and what is said when nobody lets us in. */
import { appendFileSync, chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../../lib/base/error.ts';
import { Secret } from '../../../lib/base/secret.ts';
import { sh } from '../../../lib/base/sh.ts';
import type { Target } from '../../../lib/remote/contract.ts';
import { openSshChannel } from '../../../lib/remote/ssh.ts';
import { type SshOptions, sshContext } from '../../../lib/remote/ssh-context.ts';
import { startAgent } from '../../fixture/agent.ts';
import { collect } from '../../fixture/collect.ts';
import { makeKey, type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('login');
let sshd: Sshd;
test.before(async () => {
  sshd = await startSshd({ config: ['MaxAuthTries 3'] });
});
test.after(async () => {
  await sshd.stop();
});

function allow(key: string): void {
  appendFileSync(join(sshd.dir, 'authorized_keys'), readFileSync(`${key}.pub`));
}

async function works(target: Target): Promise<void> {
  const { out, end } = await collect(await openSshChannel(target, sh`echo in`));
  assert.equal([out, end], ['in\n', { rc: 0 }]);
}

async function fails(target: Target): Promise<RunError> {
  try {
    const channel = await openSshChannel(target, sh`echo in`);
    await channel.close();
  } catch (error) {
    assert.instance(error, RunError);
    return error as RunError;
  }
  throw new Error('the login succeeded');
}

/** A target without a named key: only what `options` and the home folder offer. */
function unnamed(options: SshOptions, home: string): Target {
  const { identity: _, ...target } = targetOf(sshd);
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  return { ...target, ssh: sshContext({ home, configFile: 'none', ...options }) };
}

for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
  test(`a key of type ${type}`, async () => {
    const key = makeKey(join(sshd.dir, `user_${type}`), type);
    allow(key);
    await works(targetOf(sshd, { identity: key }));
  });
}

test('the command goes out as bytes', async () => {
  const { quoteBytes } = await import('../../../lib/base/sh.ts');
  const { toBytes } = await import('../../../lib/base/bytes.ts');
  const bytes = Buffer.from([0xff, 0xfe, 0x27, 0xe9, 0x80]);
  const { out } = await collect(
    await openSshChannel(targetOf(sshd), sh`printf %s ${quoteBytes(toBytes(bytes))}`),
  );
  assert.is(out, bytes.toString('latin1'));
});

for (const format of ['openssh', 'pem'] as const) {
  test(`a key locked by a passphrase is asked for once per run (${format})`, async () => {
    const key = makeKey(
      join(sshd.dir, `locked_${format}`),
      format === 'pem' ? 'rsa' : 'ed25519',
      'open sesame',
      format,
    );
    allow(key);
    const asked: [string, number][] = [];
    const ssh = sshContext({
      home: join(sshd.dir, 'home'),
      askPassphrase: async (file, attempt) => {
        asked.push([file, attempt]);
        return new Secret('passphrase', attempt === 1 ? 'wrong' : 'open sesame');
      },
    });
    await Promise.all([1, 2, 3].map(() => works(targetOf(sshd, { identity: key, ssh }))));
    await works(targetOf(sshd, { identity: key, ssh }));
    assert.equal(asked, [
      [key, 1],
      [key, 2],
    ]);
  });
}

test('nobody is asked for the passphrase of a key that the server does not want', async () => {
  const key = makeKey(join(sshd.dir, 'unwanted'), 'ed25519', 'secret');
  const error = await fails(
    targetOf(sshd, {
      identity: key,
      ssh: sshContext({
        home: sshd.dir,
        askPassphrase: () => Promise.reject(new Error('asked')),
      }),
    }),
  );
  assert.is(error.code, 'unreachable');
  assert.match(error.message, /refused: .*unwanted/);
});

test('a locked key and nobody to ask: the error says so', async () => {
  const key = makeKey(join(sshd.dir, 'locked_alone'), 'ed25519', 'secret');
  allow(key);
  const error = await fails(targetOf(sshd, { identity: key }));
  assert.match(error.message, /locked_alone: locked by a passphrase/);
  assert.match(error.hint ?? '', /ssh-add/);
});

test('a key that others can read, and one that is not there, are refused before connecting', async () => {
  const key = join(sshd.dir, 'loose');
  copyFileSync(sshd.identity, key);
  chmodSync(key, 0o644);
  assert.match(
    (await fails(targetOf(sshd, { identity: key }))).message,
    /loose: can be read by others \(chmod 600/,
  );
  const gone = await fails(targetOf(sshd, { identity: '/nowhere/key' }));
  assert.match(gone.message, /\/nowhere\/key: not there/);
});

test('the usual files of the home folder', async () => {
  const home = join(sshd.dir, 'usual');
  const target = unnamed({}, home);
  makeKey(join(home, '.ssh', 'id_ecdsa'), 'ecdsa');
  copyFileSync(sshd.identity, join(home, '.ssh', 'id_rsa'));
  await works(target);
});

test('the agent, and the agent for a key file that is locked', async () => {
  const agent = await startAgent(join(sshd.dir, 'agent.sock'));
  try {
    const env = { SSH_AUTH_SOCK: agent.socket };
    agent.add(sshd.identity);
    await works(unnamed({ env }, join(sshd.dir, 'agent-home')));
    const key = makeKey(join(sshd.dir, 'in_agent'), 'ed25519', 'secret');
    allow(key);
    agent.add(key, 'secret');
    await works(targetOf(sshd, { identity: key }, { env }));
    const rsa = makeKey(join(sshd.dir, 'rsa_in_agent'), 'rsa');
    allow(rsa);
    agent.clear();
    agent.add(rsa);
    await works(unnamed({ env }, join(sshd.dir, 'agent-home')));
  } finally {
    await agent.stop();
  }
});

test('an agent full of wrong keys does not use up MaxAuthTries', async () => {
  const agent = await startAgent(join(sshd.dir, 'full.sock'));
  try {
    for (let index = 0; index < 5; index += 1) agent.add(makeKey(join(sshd.dir, `wrong${index}`), 'ed25519'));
    const env = { SSH_AUTH_SOCK: agent.socket };
    // The key named for the host is offered first.
    await works(targetOf(sshd, {}, { env }));
    // The right one stands last in the agent: the server hangs up after three, the others follow on a new connection.
    agent.add(sshd.identity);
    await works(unnamed({ env }, join(sshd.dir, 'agent-home')));
    // IdentitiesOnly: the agent serves for the files alone.
    const home = join(sshd.dir, 'only-home');
    const target = unnamed({ env }, home);
    const config = join(home, 'config');
    writeFileSync(config, 'IdentitiesOnly yes\nIdentityFile ~/.ssh/nothing\n');
    const error = await fails({ ...target, ssh: sshContext({ home, env, configFile: config }) });
    assert.not.match(error.message, /agent: a test/);
  } finally {
    await agent.stop();
  }
});

test('an agent that is not there is named, and does no harm', async () => {
  const env = { SSH_AUTH_SOCK: join(sshd.dir, 'none.sock') };
  await works(targetOf(sshd, {}, { env }));
  const error = await fails(unnamed({ env }, join(sshd.dir, 'bare')));
  assert.match(error.message, /there was no key to offer; not offered: agent .*none\.sock: /);
  assert.match(error.message, /the server takes: publickey/);
  assert.match(error.hint ?? '', /--private-key/);
});
