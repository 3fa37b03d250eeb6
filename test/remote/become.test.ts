/** Becoming another account: a password goes only where our own prompt asks for it, and reasons are told. */
import { Secret } from '../../lib/base/secret.ts';
import { sh } from '../../lib/base/sh.ts';
import type { Target } from '../../lib/remote/contract.ts';
import { createSession } from '../../lib/remote/session.ts';
import { assert, suite } from '../suite.ts';
import { createShells, failure, part, TARGET, text, withSession } from './shell.ts';

const test = suite('become');

/** The login shell finds another `id` than the session does, so that it is alice's. */
const ALICE = `mount -t tmpfs tmpfs /usr/local/games; printf '#!/bin/sh\\necho alice' >/usr/local/games/id; chmod +x /usr/local/games/id; PATH=/usr/local/games:$PATH`;

/** A sudo that wants the given password from stdin, three times at most; `none` wants none. */
function fakeSudo(password: string): string {
  return `${ALICE}; cat >/usr/local/games/sudo <<'EOF'
#!/bin/sh
ask=; prompt='[sudo] password: '
while [ $# -gt 0 ]; do case $1 in
-S) ask=1 ;; -n) ;; -H) ;; -p) prompt=$2; shift ;; -u) SUDO_AS=$2; shift ;; --) shift; break ;;
esac; shift; done
if [ '${password}' != none ]; then
  [ "$ask" ] || { echo 'sudo: a password is required' >&2; exit 1; }
  n=0; while :; do
    printf '%s' "$prompt" >&2; IFS= read -r word || exit 1
    [ "$word" = '${password}' ] && break
    n=$((n+1)); echo 'Sorry, try again.' >&2; [ $n -lt 3 ] || { echo 'sudo: 3 incorrect password attempts' >&2; exit 1; }
  done
fi
SUDO_USER=alice; export SUDO_USER
exec "$@"
EOF
chmod +x /usr/local/games/sudo`;
}

const SUDO: Partial<Target> = { user: 'alice', become: { user: 'root', method: 'sudo' } };
const withPassword = (word: string): Partial<Target> => ({
  ...SUDO,
  becomePassword: new Secret('become', word),
});

test('sudo without a password costs no round trip of its own', async () => {
  await withSession({ login: fakeSudo('none'), target: SUDO }, async (session) => {
    await session.read([part('a', sh`:`)]);
    assert.is(session.roundTrips, 1);
    assert.is(session.hello?.login, 'alice');
  });
});

test('sudo with a password: the wait for its prompt is one round trip', async () => {
  await withSession({ login: fakeSudo('s3 cret'), target: withPassword('s3 cret') }, async (session) => {
    const [one] = await session.read([part('a', sh`id -u`)]);
    assert.is(text(one), '0\n');
    assert.is(session.roundTrips, 2);
  });
});

test('a password that nobody asks for is never sent', async () => {
  await withSession({ login: fakeSudo('none'), target: withPassword('s3cret') }, async (session, shells) => {
    await session.read([part('a', sh`:`)]);
    assert.not(shells.sent().includes('s3cret'));
    assert.is(session.roundTrips, 2);
  });
});

test('a prompt that is not ours gets no password', async () => {
  const login = `printf '[sudo] password for alice: Password: ' >&2; ${fakeSudo('none')}`;
  await withSession({ login, target: withPassword('s3cret') }, async (session, shells) => {
    await session.read([part('a', sh`:`)]);
    assert.not(shells.sent().includes('s3cret'));
  });
});

const refusals: readonly [string, string, Partial<Target>, RegExp, RegExp][] = [
  ['a wrong password', fakeSudo('right'), withPassword('wrong'), /did not accept the password/, /-K/],
  ['a password that was not given', fakeSudo('right'), SUDO, /wants a password/, /-K/],
  ['no sudo at all', 'PATH=/nonexistent', SUDO, /cannot become root with sudo: .*not found/, /may use sudo/],
  [
    'an account that may not',
    `${ALICE}; printf '#!/bin/sh\\necho "alice is not in the sudoers file." >&2; exit 1' >/usr/local/games/sudo; chmod +x /usr/local/games/sudo`,
    SUDO,
    /alice is not in the sudoers file/,
    /may use sudo/,
  ],
];
for (const [what, login, target, message, hint] of refusals) {
  test(`${what} is a failure that says what to do`, async () => {
    const shells = createShells({ login });
    try {
      const full = { ...TARGET, ...target };
      const error = await failure(
        createSession(shells.open, full).then((session) => session.read([part('a', sh`:`)])),
      );
      assert.is(error.code, 'failed');
      // More than one wrong guess may lock an account.
      assert.ok(shells.sent().split('wrong').length <= 2);
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      assert.not.match(`${error.message}${error.output}`, /wrong$|s3cret/);
    } finally {
      shells.remove();
    }
  });
}

test('whoever is that account already needs no sudo at all', async () => {
  await withSession({ login: 'sudo() { exit 9; }', target: SUDO }, async (session) => {
    const [one] = await session.read([part('a', sh`id -un`)]);
    assert.is(text(one), 'root\n');
    assert.is(session.roundTrips, 1);
  });
  await withSession({ target: withPassword('s3cret') }, async (session, shells) => {
    await session.read([part('a', sh`:`)]);
    assert.not(shells.sent().includes('s3cret'));
  });
});

test('su to root from root', async () => {
  await withSession({ target: { become: { user: 'root', method: 'su' } } }, async (session) => {
    const [one] = await session.read([part('a', sh`id -un`)]);
    assert.is(text(one), 'root\n');
  });
});

test('su to another account, whose state lies in its home', async () => {
  await withSession({ target: { become: { user: 'nobody', method: 'su' } } }, async (session) => {
    const [one] = await session.read([part('a', sh`id -un; cat /etc/shadow`)]);
    assert.is(one?.ended === 'done' && `${one.out}`, 'nobody\n');
    assert.match(session.hello?.stateDir ?? '', /^\/nonexistent\/\.local\/state\/tightbeam$/);
  });
});
