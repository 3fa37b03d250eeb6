/** Becoming another account with the real sudo, su and doas of a Debian system, in a throw-away copy of the lab's base. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../lib/base/secret.ts';
import { sh } from '../../lib/base/sh.ts';
import { ensureBase } from '../../lib/lab/base.ts';
import { DEFAULT_CACHE } from '../../lib/lab/lab.ts';
import type { Session, Target } from '../../lib/remote/contract.ts';
import { createSession, type Opener } from '../../lib/remote/session.ts';
import { change, failure, job, part, processesWith, TARGET, text, until } from '../remote/shell.ts';
import { assert, suite } from '../suite.ts';

const test = suite('sudo');
const PASSWORD = 's3 cret';
const quiet = (): void => undefined;

/** Logs in as alice, who may do what `sudoers` says (lines for doas begin with `doas: `), in a file system that is gone when her shell is. */
const SETUP = `
mount -t tmpfs tmpfs "$1" && cd "$1" && mkdir upper work root &&
mount -t overlay overlay -o lowerdir="$2",upperdir="$1/upper",workdir="$1/work" root &&
mount -t proc proc root/proc && mount --rbind /dev root/dev && mount -t tmpfs tmpfs root/run &&
cp /etc/hosts root/etc/hosts && cp /etc/hostname root/etc/hostname &&
{ chroot root useradd -m -s /bin/sh alice && chroot root useradd -m bob &&
  printf 'alice:%s\\nroot:%s\\n' '${PASSWORD}' '${PASSWORD}' | chroot root chpasswd &&
  cp -a /usr/bin/doas root/usr/bin/doas && cp /etc/pam.d/doas root/etc/pam.d/doas &&
  printf '%b\\n' "$3" | sed -n 's/^doas: //p' >root/etc/doas.conf && chmod 400 root/etc/doas.conf &&
  printf '%b\\n' "$3" | sed '/^doas: /d' >root/etc/sudoers.d/alice && chmod 440 root/etc/sudoers.d/alice; } >/dev/null 2>&1 &&
HOME=/home/alice USER=alice exec chroot --userspec=alice:alice root /bin/sh -c "$4"
`;

function opener(scratch: string, base: string, sudoers: string): Opener {
  return async (command) => {
    const text = Buffer.from(command.text, 'latin1').toString('utf8');
    const argv = ['-m', '-p', '--fork', '--kill-child', '/bin/sh', '-c', SETUP];
    const child = spawn('unshare', [...argv, 'sh', scratch, base, sudoers, text], { detached: true });
    child.stdin.on('error', quiet);
    const over = new Promise<void>((resolve) => child.on('close', () => resolve()));
    return {
      async write(data) {
        child.stdin.write(data);
      },
      onOut: (listener) => void child.stdout.on('data', listener),
      onErr: (listener) => void child.stderr.on('data', listener),
      onEnd: (listener) => void child.on('close', (rc) => listener(rc === null ? {} : { rc })),
      async close() {
        child.stdin.end();
        await over;
      },
    };
  };
}

async function as<T>(
  sudoers: string,
  target: Partial<Target>,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const base = await ensureBase(DEFAULT_CACHE, quiet);
  const scratch = mkdtempSync(join(tmpdir(), 'tb-sudo-'));
  try {
    const session = await createSession(opener(scratch, base, sudoers), {
      ...TARGET,
      user: 'alice',
      ...target,
    });
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  } finally {
    rmdirSync(scratch);
  }
}

const FREE = 'alice ALL=(ALL) NOPASSWD: ALL';
const ASKED = 'alice ALL=(ALL) ALL';
const become = { user: 'root', method: 'sudo' } as const;
const becomePassword = new Secret('become', PASSWORD);

const ways: readonly [string, string, Partial<Target>, number][] = [
  ['no password wanted', FREE, { become }, 1],
  ['a password given that is not wanted', FREE, { become, becomePassword }, 2],
  ['a password wanted', ASKED, { become, becomePassword }, 2],
  ['a password wanted, with use_pty', `Defaults use_pty\\n${ASKED}`, { become, becomePassword }, 2],
];
for (const [what, sudoers, target, roundTrips] of ways) {
  test(`sudo, ${what}: root there, and others from root`, async () => {
    await as(sudoers, target, async (session) => {
      const [root, bob] = await session.read([
        part('root', sh`id -un; echo $HOME $TB_STATE`),
        part('bob', sh`id -un; echo $HOME; cat`, { user: 'bob' }),
      ]);
      assert.is(text(root), 'root\n/root /var/lib/tightbeam\n');
      assert.is(text(bob), 'bob\n/home/bob\n');
      assert.is(session.roundTrips, roundTrips);
      assert.is(session.hello?.login, 'alice');
      const hung = await session.read([part('h', sh`sleep 8691`, { limitMs: 200, user: 'bob' })]);
      assert.is(hung[0]?.ended, 'hung');
      await until(() => processesWith('sleep 8691').length === 0, 'it is gone');
    });
  }, 300_000);
}

test('an account of its own becomes others by sudo, part by part, and ends what hangs there', async () => {
  await as(FREE, {}, async (session) => {
    const [own, root] = await session.read([
      part('own', sh`id -un; echo $TB_STATE`),
      part('root', sh`id -un`, { user: 'root' }),
    ]);
    assert.is(text(own), 'alice\n/home/alice/.local/state/tightbeam\n');
    assert.is(text(root), 'root\n');
    const hung = await session.read([part('h', sh`sleep 8692`, { limitMs: 200, user: 'root' })]);
    assert.is(hung[0]?.ended, 'hung');
    await until(() => processesWith('sleep 8692').length === 0, 'it is gone');
    const script = sh`id -un; echo "$DEBIAN_FRONTEND"; echo x >"$TB_BACKUP/x"`;
    const result = await session.apply(job([change(1, script, { user: 'root' })]), {});
    assert.is(`${result.changes[0]?.output}`, 'root\nnoninteractive\n');
    assert.is(result.changes[0]?.rc, 0);
  });
}, 300_000);

const refusals: readonly [string, string, Partial<Target>, RegExp][] = [
  [
    'a wrong password',
    ASKED,
    { become, becomePassword: new Secret('become', 'no') },
    /^sudo on here did not accept the password$/,
  ],
  ['no password', ASKED, { become }, /^sudo on here wants a password$/],
  [
    'no rights',
    '',
    { become, becomePassword },
    /cannot become root with sudo: alice is not in the sudoers file/,
  ],
  ['a terminal required', `Defaults requiretty\\n${FREE}`, { become }, /you must have a tty/],
  [
    'no such account',
    FREE,
    { become: { ...become, user: 'nosuch' } },
    /cannot become nosuch with sudo: .*unknown user nosuch/,
  ],
  [
    'su and a wrong password',
    '',
    { become: { user: 'bob', method: 'su' }, becomePassword },
    /^su on here did not accept the password$/,
  ],
  ['su and no password', '', { become: { user: 'bob', method: 'su' } }, /^su on here wants a password$/],
];
for (const [what, sudoers, target, message] of refusals) {
  test(`${what}: a failure that says so`, async () => {
    const error = await failure(as(sudoers, target, (session) => session.read([part('a', sh`:`)])));
    assert.is(error.code, 'failed');
    assert.match(error.message, message);
    assert.not.match(`${error.message}${error.output}${error.hint}`, /tb[0-9a-f]{16}/);
  }, 300_000);
}

for (const user of ['alice', 'root']) {
  test(`su to ${user} with a password`, async () => {
    await as('', { become: { user, method: 'su' }, becomePassword }, async (session) => {
      const [one] = await session.read([part('a', sh`id -un`)]);
      assert.is(text(one), `${user}\n`);
    });
  }, 300_000);
}

test('su to root: its own world, others from there, and what hangs is ended', async () => {
  await as('', { become: { user: 'root', method: 'su' }, becomePassword }, async (session) => {
    const [state, bob] = await session.read([
      part('state', sh`echo $TB_STATE`),
      part('bob', sh`id -un`, { user: 'bob' }),
    ]);
    assert.is(text(state), '/var/lib/tightbeam\n');
    assert.is(text(bob), 'bob\n');
    const hung = await session.read([part('h', sh`sleep 8694`, { limitMs: 200 })]);
    assert.is(hung[0]?.ended, 'hung');
    await until(() => processesWith('sleep 8694').length === 0, 'it is gone');
  });
}, 300_000);

test('doas: root there, and others from root', async () => {
  const doas = { become: { user: 'root', method: 'doas' } } as const;
  await as('doas: permit nopass alice', doas, async (session) => {
    const [root, bob] = await session.read([
      part('root', sh`id -un; echo $HOME $TB_STATE`),
      part('bob', sh`id -un; echo $HOME; cat`, { user: 'bob' }),
    ]);
    assert.is(text(root), 'root\n/root /var/lib/tightbeam\n');
    assert.is(text(bob), 'bob\n/home/bob\n');
    assert.is(session.hello?.login, 'alice');
    const result = await session.apply(job([change(1, sh`id -un`)]), {});
    assert.is(`${result.changes[0]?.output}`, 'root\n');
    const hung = await session.read([part('h', sh`sleep 8695`, { limitMs: 200 })]);
    assert.is(hung[0]?.ended, 'hung');
    await until(() => processesWith('sleep 8695').length === 0, 'it is gone');
  });
}, 300_000);

for (const [what, rules, user, message] of [
  ['that wants a password', 'doas: permit alice', 'root', /^doas on here wants a password$/],
  [
    'that is not permitted',
    'doas: permit nopass bob',
    'root',
    /cannot become root with doas: doas: Operation not permitted/,
  ],
  [
    'for an account that is not there',
    'doas: permit nopass alice',
    'nosuch',
    /cannot become nosuch with doas: doas: unknown user/,
  ],
] as const) {
  test(`doas ${what}: a failure that says so`, async () => {
    const target = { become: { user, method: 'doas' } } as const;
    const error = await failure(as(rules, target, (session) => session.read([part('a', sh`:`)])));
    assert.is(error.code, 'failed');
    assert.match(error.message, message);
  }, 300_000);
}
