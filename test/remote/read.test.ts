/** Reads over a real shell: parts stay apart whatever one of them does, on dash and on busybox alone. */
import { readdirSync } from 'node:fs';
import { sh } from '../../lib/base/sh.ts';
import { assert, suite } from '../suite.ts';
import { FLAVOURS, part, processesWith, text, until, withSession } from './shell.ts';

const test = suite('read');

for (const flavour of FLAVOURS) {
  test(`${flavour}: many parts, the world's set-up and the hello are one round trip`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const tags = ['a', 'b', 'c'];
      const results = await session.read(
        tags.map((tag) => part(tag, sh`printf %s ${tag}; echo ${tag}! >&2; exit 3`)),
      );
      assert.is(session.roundTrips, 1);
      assert.equal(
        results.map((one) => one.ended === 'done' && [one.tag, one.rc, `${one.out}`, `${one.err}`]),
        tags.map((tag) => [tag, 3, tag, `${tag}!\n`]),
      );
      assert.equal(session.hello, {
        uid: 0,
        user: 'root',
        login: 'root',
        stateDir: '/var/lib/tightbeam',
      });
      await session.read([part('d', sh`:`)]);
      assert.is(session.roundTrips, 2);
      assert.equal(readdirSync(shells.state), [], 'a read wrote to the host');
    });
  });

  test(`${flavour}: the world of a part`, async () => {
    await withSession(
      { flavour, login: 'export LC_ALL=pl_PL LANG=pl_PL CDPATH=/etc; cd /usr' },
      async (session) => {
        const [world] = await session.read([
          part('w', sh`echo "$LC_ALL|$PATH|$(umask)|$(pwd)|$LANG$CDPATH|$TB_STATE"; cat`),
        ]);
        assert.is(
          text(world),
          'C|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|0022|/||/var/lib/tightbeam\n',
        );
      },
    );
  });

  const hostile: readonly [string, ReturnType<typeof sh>, string][] = [
    ['exit', sh`echo a; exit 7; echo b`, 'a\n'],
    ['syntax error', sh`echo a; if then (`, '(any)'],
    ['unbalanced )', sh`echo a ) ; echo b`, '(any)'],
    ['unterminated quote', sh`echo 'a`, '(any)'],
    ['unterminated here-document', sh`cat <<EOF\nx`, '(any)'],
    ['exec', sh`exec echo a`, 'a\n'],
    ['set -eu', sh`set -eu; echo a; false; echo b`, 'a\n'],
    ['closes its streams', sh`exec >&- 2>&-; echo a`, ''],
    [
      'redefines things',
      sh`printf() { :; }; alias echo=false; trap '' TERM; cd /etc; tb=9; PATH=/; umask 0; echo a`,
      'a\n',
    ],
    ['reads stdin', sh`cat; read x; echo a`, 'a\n'],
    ['NUL and no last newline', sh`printf '\\000\\n\\n\\377'`, '\0\n\n\xff'],
    [
      'looks like frames',
      sh`printf '\\n0123456789abcdef0123456789abcdef:1:z:E:0\\n'`,
      '\n0123456789abcdef0123456789abcdef:1:z:E:0\n',
    ],
  ];
  for (const [name, script, expected] of hostile) {
    test(`${flavour}: a part that ${name} harms no other`, async () => {
      await withSession({ flavour }, async (session) => {
        const [bad, next] = await session.read([
          part('bad', script),
          part('next', sh`echo "$tb|$(umask)|$(pwd)"; printf z`),
        ]);
        if (expected !== '(any)') assert.is(text(bad), expected);
        assert.is(bad?.ended, 'done');
        assert.match(text(next), /^\d*\|0022\|\/\nz$/);
        assert.is(session.roundTrips, 1);
      });
    });
  }

  test(`${flavour}: a part that kills its group or its shell is told, and the rest is read again`, async () => {
    await withSession({ flavour }, async (session) => {
      const results = await session.read([
        part('a', sh`echo a`),
        part('b', sh`echo b; kill 0; sleep 9`),
        part('c', sh`echo c`),
        part('d', sh`kill -9 $$; sleep 9`),
        part('e', sh`echo e`),
      ]);
      assert.equal(
        results.map((one) => `${one.tag} ${one.ended} ${one.out}`),
        ['a done a\n', 'b killed b\n', 'c done c\n', 'd killed ', 'e done e\n'],
      );
      assert.is(session.roundTrips, 3);
    });
  });

  test(`${flavour}: a hung part is ended with its children, the others are had`, async () => {
    await withSession({ flavour }, async (session) => {
      const started = Date.now();
      const results = await session.read([
        part('a', sh`echo a`),
        part('b', sh`echo b; sh -c 'trap "" TERM; sleep 8641'; sleep 8642`, { limitMs: 200 }),
        part('c', sh`echo c`),
      ]);
      assert.equal(
        results.map((one) => `${one.tag} ${one.ended} ${one.out}`),
        ['a done a\n', 'b hung b\n', 'c done c\n'],
      );
      assert.ok(Date.now() - started < 3000);
      await until(() => processesWith('sleep 864').length === 0, 'children of the hung part are gone');
    });
  });

  test(`${flavour}: a part that stops its own shell is hung, and ended all the same`, async () => {
    await withSession({ flavour }, async (session) => {
      const started = Date.now();
      const results = await session.read([
        part('a', sh`kill -STOP $$; sleep 8644`, { limitMs: 200 }),
        part('b', sh`echo b`),
      ]);
      assert.equal(
        results.map((one) => `${one.ended} ${one.out}`),
        ['hung ', 'done b\n'],
      );
      assert.is(session.roundTrips, 2);
      assert.ok(Date.now() - started < 2500);
      await until(() => processesWith('sleep 8644').length === 0, 'it is gone');
    });
  });

  test(`${flavour}: a background process that holds stdout neither delays nor taints what comes next`, async () => {
    await withSession({ flavour }, async (session) => {
      const started = Date.now();
      const [, next] = await session.read([
        part('a', sh`( sleep 0.2; echo late; sleep 8643 ) & echo a`),
        part('b', sh`sleep 0.4; echo b`),
      ]);
      const [after] = await session.read([part('c', sh`sleep 0.3; echo c`)]);
      assert.is(text(next), 'b\n');
      assert.is(text(after), 'c\n');
      assert.ok(Date.now() - started < 3000);
      await until(() => processesWith('sleep 8643').length === 0, 'the background process is gone');
    });
  });

  test(`${flavour}: 50 MB on one stream and 5 MB on the other arrive whole`, async () => {
    await withSession({ flavour }, async (session) => {
      const [big] = await session.read([
        part('big', sh`head -c 5000000 /dev/zero >&2; head -c 50000000 /dev/zero | tr '\\000' '\\n'`, {
          limitMs: 20_000,
        }),
      ]);
      assert.is(big?.ended, 'done');
      assert.is(big?.out.length, 50_000_000);
      assert.ok(big?.out.every((byte) => byte === 10));
      assert.is(big?.err.length, 5_000_000);
    });
  });

  test(`${flavour}: a part as another account; absent and not permitted stay apart`, async () => {
    await withSession({ flavour }, async (session) => {
      const [who, denied, nobody, own] = await session.read([
        part('who', sh`id -un; echo "$USER $LC_ALL $(umask) $(pwd) $TB_STATE"; cat`, { user: 'nobody' }),
        part('denied', sh`cat /etc/shadow`, { user: 'nobody' }),
        part('nobody', sh`echo x`, { user: 'no-such-one' }),
        part('own', sh`id -un`, { user: 'root' }),
      ]);
      assert.is(text(who), 'nobody\nnobody C 0022 / /var/lib/tightbeam\n');
      assert.match(`${denied?.err}`, /ermission denied/);
      assert.is(nobody?.ended === 'done' && nobody.rc, 126);
      assert.match(`${nobody?.err}`, /no account no-such-one/);
      assert.is(text(own), 'root\n');
      assert.is(session.roundTrips, 1);
    });
  });

  test(`${flavour}: the nonce and the text of a part are in no argument and no environment`, async () => {
    await withSession({ flavour }, async (session, shells) => {
      const [all] = await session.read([
        part(
          'all',
          sh`: sec-ret; set; env; cat /proc/[0-9]*/cmdline /proc/self/environ /proc/$PPID/environ 2>/dev/null`,
          {
            user: 'nobody',
          },
        ),
      ]);
      const nonce = /([0-9a-f]{32}):1::J:/.exec(shells.sent())?.[1] ?? 'absent';
      assert.is(nonce.length, 32);
      assert.not(text(all).includes(nonce));
      assert.not(text(all).includes(['sec', 'ret'].join('-')));
    });
  });
}
