/** Against real OpenSSH: certificates, one-time codes, agent forwarding, ProxyCommand. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../../lib/base/secret.ts';
import { sh } from '../../../lib/base/sh.ts';
import type { Target } from '../../../lib/remote/contract.ts';
import { openSession } from '../../../lib/remote/session.ts';
import { sshContext } from '../../../lib/remote/ssh-context.ts';
import { startAgent } from '../../fixture/agent.ts';
import { refusal } from '../../fixture/refusal.ts';
import { type KeyType, makeKey, type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { part, text } from '../../remote/shell.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('ssh feature');

async function withSshd(
  config: readonly string[],
  use: (sshd: Sshd) => Promise<void>,
  pam?: readonly string[],
) {
  const sshd = await startSshd({ config: ['SetEnv SHLVL=2', ...config], ...(pam ? { pam } : {}) });
  try {
    await use(sshd);
  } finally {
    await sshd.stop();
  }
}

async function answer(target: Target, script = sh`echo in`): Promise<string> {
  const session = await openSession(target);
  const [result] = await session.read([part('a', script)]);
  await session.close();
  return text(result);
}

/** A key whose certificate alone is let in. */
function certified(sshd: Sshd, name: string, type: KeyType, passphrase = ''): string {
  const key = makeKey(join(sshd.dir, name), type, passphrase);
  const authority = join(sshd.dir, 'user_ca');
  execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', name, '-n', sshd.user, `${key}.pub`]);
  return key;
}

async function withAuthority(use: (sshd: Sshd) => Promise<void>): Promise<void> {
  await withSshd(['MaxAuthTries 3'], async (sshd) => {
    const authority = makeKey(join(sshd.dir, 'user_ca'), 'ed25519');
    const line = `cert-authority ${readFileSync(`${authority}.pub`, 'utf8')}`;
    appendFileSync(join(sshd.dir, 'authorized_keys'), line);
    await use(sshd);
  });
}

test('user certificates beside keys of every type, also when every answer is waited for', async () => {
  await withAuthority(async (sshd) => {
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const identity = certified(sshd, `cert_${type}`, type);
      for (const eager of [true, false]) {
        assert.is(await answer(targetOf(sshd, { identity }, { eager })), 'in\n', `${type} ${eager}`);
      }
    }
  });
});

test('a certificate for a key in the agent, for a locked key, and by CertificateFile', async () => {
  await withAuthority(async (sshd) => {
    const agent = await startAgent(join(sshd.dir, 'agent.sock'));
    try {
      const held = certified(sshd, 'held', 'ecdsa', 'secret');
      execFileSync('mv', [`${held}-cert.pub`, join(sshd.dir, 'elsewhere')]);
      agent.add(held, 'secret');
      const config = join(sshd.dir, 'client_config');
      writeFileSync(config, `CertificateFile ${join(sshd.dir, 'elsewhere')}\nCertificateFile /nowhere\n`);
      const options = { env: { SSH_AUTH_SOCK: agent.socket }, configFile: config };
      assert.is(await answer(targetOf(sshd, { identity: held }, options)), 'in\n');
      const locked = certified(sshd, 'locked', 'ed25519', 'open sesame');
      const asked: string[] = [];
      const askPassphrase = async (file: string) => {
        asked.push(file);
        return new Secret('passphrase', 'open sesame');
      };
      assert.is(await answer(targetOf(sshd, { identity: locked }, { askPassphrase })), 'in\n');
      assert.equal(asked, [locked]);
    } finally {
      await agent.stop();
    }
  });
});

test('a certificate for another key is not offered, and one for another account is named as refused', async () => {
  await withAuthority(async (sshd) => {
    const key = makeKey(join(sshd.dir, 'plain'), 'ed25519');
    const other = certified(sshd, 'other', 'ed25519');
    writeFileSync(`${key}-cert.pub`, readFileSync(`${other}-cert.pub`));
    const first = await refusal(targetOf(sshd, { identity: key }));
    assert.not.match(first.message, /plain-cert\.pub/);
    execFileSync('ssh-keygen', [
      '-q',
      '-s',
      join(sshd.dir, 'user_ca'),
      '-I',
      'x',
      '-n',
      'nobody',
      `${key}.pub`,
    ]);
    const second = await refusal(targetOf(sshd, { identity: key }));
    assert.match(second.message, /refused: .*plain-cert\.pub, .*plain;/);
  });
});

const CODE = '424242';
const METHODS = [
  'UsePAM yes',
  'KbdInteractiveAuthentication yes',
  'AuthenticationMethods publickey,keyboard-interactive',
];

/** PAM asks for a code by the name of a password, and a script judges it. */
async function withCode(use: (sshd: Sshd) => Promise<void>): Promise<void> {
  const check = '/run/sshd/tightbeam-check-code';
  writeFileSync(check, `#!/bin/sh\n[ "$(tr -d '\\0')" = ${CODE} ]\n`, { mode: 0o755 });
  const pam = [
    `auth required pam_exec.so expose_authtok quiet ${check}`,
    'auth required pam_permit.so',
    'account required pam_permit.so',
    'session required pam_permit.so',
  ];
  await withSshd(METHODS, use, pam);
}

test('a one-time code after the key: asked for once per host, one host at a time', async () => {
  await withCode(async (sshd) => {
    let asking = 0;
    const asked: string[] = [];
    const ssh = sshContext({
      home: join(sshd.dir, 'home'),
      configFile: 'none',
      askAnswer: async (host, question) => {
        asking += 1;
        assert.is(asking, 1);
        asked.push(`${host} ${question}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
        asking -= 1;
        return new Secret('code', CODE);
      },
    });
    const answers = await Promise.all([1, 2].map(() => answer(targetOf(sshd, { ssh }))));
    assert.equal(answers, ['in\n', 'in\n']);
    assert.is(asked.length, 2);
    assert.match(asked[0] ?? '', /^root@127\.0\.0\.1:\d+ Password:$/);
  });
});

test('a wrong code, and nobody to ask: refused, and it is said why', async () => {
  await withCode(async (sshd) => {
    const wrong = targetOf(sshd, {}, { askAnswer: async () => new Secret('code', '1') });
    assert.match((await refusal(wrong)).message, /login failed: refused: keyboard-interactive;/);
    const alone = await refusal(targetOf(sshd));
    assert.match(alone.message, /"Password:": there was nobody to ask \(run it at a terminal\)/);
    assert.match(alone.message, /id_ed25519 alone does not do/);
    assert.match(alone.hint ?? '', /run it at a terminal/);
  });
});

test('nobody is asked for a password where the key was refused', async () => {
  await withSshd(['KbdInteractiveAuthentication yes'], async (sshd) => {
    const identity = makeKey(join(sshd.dir, 'wrong'), 'ed25519');
    const error = await refusal(
      targetOf(sshd, { identity }, { askAnswer: () => Promise.reject(new Error('asked')) }),
    );
    assert.match(error.message, /login failed: refused: .*wrong;/);
  });
});

test('the agent is forwarded on request, by the inventory or by ssh_config, and never else', async () => {
  await withSshd([], async (sshd) => {
    const agent = await startAgent(join(sshd.dir, 'agent.sock'));
    try {
      agent.add(sshd.identity);
      const env = { SSH_AUTH_SOCK: agent.socket };
      const list = sh`ssh-add -l 2>&1 || :`;
      assert.match(await answer(targetOf(sshd, { forwardAgent: true }, { env }), list), /ED25519/);
      assert.not.match(await answer(targetOf(sshd, {}, { env }), list), /ED25519/);
      const config = join(sshd.dir, 'client_config');
      writeFileSync(config, 'ForwardAgent yes\n');
      assert.match(await answer(targetOf(sshd, {}, { env, configFile: config }), list), /ED25519/);
      const openssh = targetOf(
        sshd,
        { forwardAgent: true, transport: 'openssh' },
        { env: { ...process.env, ...env } },
      );
      assert.match(await answer(openssh, list), /ED25519/);
      assert.match(
        (await refusal(targetOf(sshd, { forwardAgent: true }))).message,
        /there is no agent to forward/,
      );
    } finally {
      await agent.stop();
    }
  });
});

test('a server that forwards no agent is told apart', async () => {
  await withSshd(['AllowAgentForwarding no'], async (sshd) => {
    const agent = await startAgent(join(sshd.dir, 'agent.sock'));
    try {
      const error = await refusal(
        targetOf(sshd, { forwardAgent: true }, { env: { SSH_AUTH_SOCK: agent.socket } }),
      );
      assert.match(error.message, /agent forwarding/);
      assert.match(error.hint ?? '', /AllowAgentForwarding/);
    } finally {
      await agent.stop();
    }
  });
});

test('ProxyCommand leads there, and its own words are shown when it does not', async () => {
  await withSshd([], async (sshd) => {
    const home = join(sshd.dir, 'proxied');
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
    const config = join(home, '.ssh', 'config');
    writeFileSync(config, `ProxyCommand busybox nc 127.0.0.1 %p\n`);
    const { ssh: _, ...target } = targetOf(sshd, { address: 'elsewhere.invalid' });
    const knownHosts = join(home, 'known');
    writeFileSync(knownHosts, `[elsewhere.invalid]:${sshd.port} ${sshd.hostKey('ed25519')}\n`);
    const through = (): Target => ({
      ...target,
      knownHosts: [knownHosts],
      ssh: sshContext({ home, env: process.env, configFile: config }),
    });
    assert.is(await answer(through()), 'in\n');
    writeFileSync(config, `ProxyCommand sh -c "echo no way >&2; exit 3"\n`);
    const error = await refusal(through());
    assert.match(error.message, /ProxyCommand ended with status 3: no way/);
  });
});
