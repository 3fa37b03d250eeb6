/** What is made of what nft and ss print: nft is a function of the shell here; the real one is tried in the lab. */
import { join, type Sh, sh } from '../../lib/base/sh.ts';
import type { Reading } from '../../lib/model/kind.ts';
import {
  type NftTableHint,
  type NftTableState,
  nftTableKey,
  nftTableKind,
} from '../../lib/resources/nft/nft-table-kind.ts';
import { lockoutOf, parseDoor, SSH_PORTS } from '../../lib/resources/nft/ssh-door.ts';
import { assert, suite } from '../suite.ts';
import { type Shell, scratch } from './shells.ts';

const test = suite('nft table');
const area = scratch();
test.after(() => area.end());

const KEY = nftTableKey('inet', 'ours');
const SOURCE = 'table inet ours {\n\tchain a {\n\t}\n}';

/** This machine's own sshd is none of the host's. */
const NO_SSHD = sh`cat() { case $* in /etc/ssh/*) ;; *) /bin/cat "$@" ;; esac; }`;

function read(
  shell: Shell,
  world: Sh,
  hint: NftTableHint,
  env: Readonly<Record<string, string>> = {},
): Reading<NftTableState> | undefined {
  const wants = [{ key: KEY, hint }];
  const { out } = shell.run(join([NO_SSHD, world, nftTableKind.read(wants)]), env);
  return nftTableKind.parse(out, wants)[0];
}

/** An nft that prints `text` for the running table, and an unshare that prints `wanted` for the other one. */
const nft = (text: string, wanted = ''): Sh =>
  sh`nft() { [ "$*" = "-s -p -y list table inet ours" ] || return 9; printf '%s\n' ${text}; }
unshare() { cat >/dev/null; [ -n ${wanted} ] || { echo "no such thing" >&2; return 1; }; printf '%s\n' ${wanted}; }`;

for (const shell of area.shells) {
  test(`${shell.name}: the same words need no second look`, () => {
    assert.equal(read(shell, nft(SOURCE), { source: SOURCE }), {
      key: KEY,
      state: { exists: true, text: SOURCE, wanted: SOURCE, source: SOURCE },
    });
  });

  test(`${shell.name}: other words are compared in the host's own`, () => {
    const found = read(shell, nft('table inet ours {\n}', 'table inet ours { it }'), { source: SOURCE });
    assert.equal(found, {
      key: KEY,
      state: {
        exists: true,
        text: 'table inet ours {\n}',
        wanted: 'table inet ours { it }',
        source: SOURCE,
      },
    });
    const failed = read(shell, nft('table inet ours {\n}'), { source: SOURCE });
    assert.match(failed && 'unreadable' in failed ? failed.unreadable : '', 'no such thing');
  });

  test(`${shell.name}: only whether it is there`, () => {
    assert.equal(read(shell, nft(SOURCE), { source: undefined }), {
      key: KEY,
      state: { exists: true, text: SOURCE, wanted: '' },
    });
  });

  test(`${shell.name}: absent, not allowed, without nft, cut short`, () => {
    const says = (text: string) => sh`nft() { echo ${text} >&2; return 1; }`;
    const absent = { key: KEY, state: { exists: false, text: '', wanted: '' } };
    assert.equal(read(shell, says('Error: No such file or directory'), { source: SOURCE }), absent);
    assert.equal(read(shell, sh`PATH=/nowhere`, { source: SOURCE }), absent);
    const denied = read(shell, says('Operation not permitted (you must be root)'), { source: SOURCE });
    assert.match(denied && 'unreadable' in denied ? denied.unreadable : '', 'you must be root');
    const cut = nftTableKind.parse(Buffer.from('@table inet ours\n@now\ntable'), [{ key: KEY }])[0];
    assert.ok(cut && 'unreadable' in cut);
  });

  test(`${shell.name}: several tables take one look where nothing has changed, else one each`, () => {
    const other = 'table inet other {\n\tchain b {\n\t}\n}';
    const wants = [
      { key: KEY, hint: { source: SOURCE } },
      { key: nftTableKey('inet', 'other'), hint: { source: other } },
    ];
    const says = (rules: string) =>
      sh`nft() { case "$*" in "-t -s -p -y list ruleset inet") printf '%s\n' "table inet third {" "}" ${rules} ;; *) echo "Error: No such file or directory" >&2; return 1 ;; esac; }`;
    const states = (rules: string) => {
      const { out } = shell.run(join([says(rules), nftTableKind.read(wants)]));
      return nftTableKind.parse(out, wants).map((each) => 'state' in each && each.state.exists);
    };
    assert.equal(states(`${other}\n${SOURCE}`), [true, true]);
    assert.equal(states(other), [false, false]);
  });

  test(`${shell.name}: without its variable, a session is known by its socket`, () => {
    const world = sh`grep() { case $* in *SSH_CONNECTION*) return 1 ;; *) command grep "$@" ;; esac; }
ss() { case $1 in -Hltnp) return 0 ;; esac
echo 0 0 192.0.2.1:22 198.51.100.9:4000 'users:(("sshd",pid=1,fd=4))'
printf '0 0 [2001:db8::1]:2022 [2001:db8::7]:5000 users:(("sshd",pid=%s,fd=4))\n' $$; }
nft() { echo "Error: No such file or directory" >&2; return 1; }`;
    const found = read(shell, world, { source: `tcp dport ${SSH_PORTS}` });
    assert.equal(found && 'state' in found ? found.state.door : found, {
      ports: [2022],
      peer: '2001:db8::7',
    });
  });

  test(`${shell.name}: the ports of SSH are filled in on the host, those of this session too`, () => {
    const source = `table inet ours {\n\ttcp dport ${SSH_PORTS} accept\n}`;
    const filled = 'table inet ours {\n\ttcp dport { 2022, 22 } accept\n}';
    const ss = sh`ss() { [ "$1" = -Hltnp ] || return 9; cat <<'E'
LISTEN 0      128          0.0.0.0:80       0.0.0.0:*    users:(("nginx",pid=9,fd=3))
LISTEN 0      128          0.0.0.0:22       0.0.0.0:*    users:(("sshd",pid=34,fd=3))
LISTEN 0      128             [::]:22          [::]:*    users:(("sshd",pid=34,fd=4))
LISTEN 0      128             [::]:8080        [::]:*
E
}`;
    const env = { SSH_CONNECTION: '2001:db8::7 50000 2001:db8::1 2022' };
    assert.equal(read(shell, join([ss, nft(filled)]), { source }, env), {
      key: KEY,
      state: {
        exists: true,
        text: 'table inet ours {\n\ttcp dport { 22, 2022 } accept\n}',
        wanted: 'table inet ours {\n\ttcp dport { 22, 2022 } accept\n}',
        source,
        door: { ports: [22, 2022], peer: '2001:db8::7' },
      },
    });
    const bare = read(shell, join([ss, sh`command() { return 1; }`]), { source }, env);
    assert.equal(bare && 'state' in bare ? bare.state.door : undefined, {
      ports: [22, 2022],
      peer: '2001:db8::7',
    });
    assert.is(bare && 'state' in bare && bare.state.exists, false);
  });

  test(`${shell.name}: where sshd will listen by its configuration is a door, too`, () => {
    const ports = (config: string) => {
      const world = sh`cat() { case $* in /etc/ssh/*) printf '%s' ${config} ;; *) /bin/cat "$@" ;; esac; }
ss() { [ "$1" = -Hltnp ] && echo 'LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* users:(("sshd",pid=34,fd=3))'; }
nft() { echo "Error: No such file or directory" >&2; return 1; }`;
      const found = read(shell, world, { source: SSH_PORTS }, { SSH_CONNECTION: '::1 5000 ::1 2222' });
      return found && 'state' in found ? found.state.door?.ports : found;
    };
    assert.equal(ports('Port 2300\n#Port 1\n  port=2301\nUsePAM yes\n'), [2222, 2300, 2301]);
    assert.equal(
      ports('ListenAddress 2001:db8::5\nListenAddress [::]:2302\nListenAddress 192.0.2.1:2303\n'),
      [2222, 2302, 2303],
    );
    assert.equal(ports('ListenAddress 192.0.2.1\nUsePAM yes\n'), [22, 2222]);
    assert.equal(ports(''), [2222]);
  });

  test(`${shell.name}: what a session forwards is no door`, () => {
    const world = sh`ss() { [ "$1" = -Hltnp ] && printf '%s\n' 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))' 'LISTEN 0 128 127.0.0.1:6010 0.0.0.0:* users:(("sshd",pid=7,fd=3))' 'LISTEN 0 128 [::1]:8085 [::]:* users:(("sshd",pid=7,fd=4))' 'LISTEN 0 128 0.0.0.0:8086 0.0.0.0:* users:(("sshd-session",pid=7,fd=4))'; }
nft() { echo "Error: No such file or directory" >&2; return 1; }`;
    const found = read(shell, world, { source: SSH_PORTS });
    assert.equal(found && 'state' in found ? found.state.door?.ports : found, [22]);
  });
}

test('a door that nobody can tell is unreadable, not open', () => {
  const hint = { source: `tcp dport ${SSH_PORTS}` };
  const found = nftTableKind.parse(Buffer.from('@door ;\n@none\n'), [{ key: KEY, hint }])[0];
  assert.match(found && 'unreadable' in found ? found.unreadable : '', 'on which port SSH listens');
});

test('addresses of a session as sockets show them', () => {
  assert.equal(parseDoor('@door [::ffff:192.0.2.7];22\n'), { ports: [22], peer: '192.0.2.7' });
  assert.equal(parseDoor('@door [2001:db8::7];2022, 22\n'), { ports: [22, 2022], peer: '2001:db8::7' });
  assert.equal(parseDoor('@door ;22\n'), { ports: [22], peer: '' });
});

test('who would lock himself out is told; who is inside, or did not come by SSH, is not', () => {
  const door = { ports: [22], peer: '192.0.2.7' };
  assert.match(lockoutOf(door, ['10.0.0.0/8', '2001:db8::/32']).lockout?.message ?? '', /192\.0\.2\.7/);
  assert.equal(lockoutOf(door, ['10.0.0.0/8', '192.0.2.0/24']), {});
  assert.equal(lockoutOf(door, []), {});
  assert.equal(lockoutOf({ ports: [22], peer: '' }, ['10.0.0.0/8']), {});
});
