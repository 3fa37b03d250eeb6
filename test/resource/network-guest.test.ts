/** Probes that run inside guests of Proxmox, and what this host knows of their connections and their MACs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../lib/base/bytes.ts';
import { Sh } from '../../lib/base/sh.ts';
import { EVIDENCE, type NetworkHint, type Probe, probeKey } from '../../lib/resources/network/network-ask.ts';
import { networkKind } from '../../lib/resources/network/network-kind.ts';
import type { Evidence, NetworkState } from '../../lib/resources/network/network-state.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS, type Shell } from './reading.ts';

const test = suite('network of guests');
const scratch = new Scratch();
test.after(() => scratch.remove());
const said = join(scratch.root, 'said');

/** Carries out what the agent is told to, and prints it as `qm` does. */
const QM = `echo "$1 $2 $3 $4 $5 $6 $7 $8" >>${said}
shift 6
out=$("$@"); rc=$?
printf '%s' "$out" | ${process.execPath} -e 'const text = require("fs").readFileSync(0, "utf8");
console.log(JSON.stringify({ exitcode: Number(process.argv[1]), exited: 1, ...(text === "" ? {} : { "out-data": text }) }, null, 3))' "$rc"`;

const read = (shell: Shell, hint: NetworkHint, pve = '/etc/pve'): NetworkState => {
  const want = { key: hint.kind === 'evidence' ? EVIDENCE : probeKey(hint), hint };
  const text = networkKind.read([want]).text.replaceAll('/etc/pve', pve) as Bytes;
  const [found] = networkKind.parse(scratch.run(shell, Sh.of(text)), [want]);
  if (!found || 'unreadable' in found) throw new Error(JSON.stringify(found));
  return found.state;
};
const PING: Probe = {
  kind: 'ping',
  to: '10.2.1.9',
  guest: 123,
  size: 1370,
  dontFragment: true,
  count: 2,
  wait: 0,
};
const ANSWER = `echo '2 packets transmitted, 2 received, 0% packet loss, time 201ms'
echo 'rtt min/avg/max/mdev = 1.0/1.4/1.8/0.4 ms'`;

for (const shell of SHELLS) {
  test(`a VM asks by its agent, in ${shell}`, () => {
    writeFileSync(said, '');
    scratch.command('qm', QM);
    scratch.command('ping', `echo "ping $*" >>${said}\n${ANSWER}`);
    assert.equal(read(shell, PING), {
      kind: 'ping',
      exists: true,
      rc: 0,
      sent: 2,
      received: 2,
      ms: 1.4,
      error: '',
      fits: 0,
    });
    const calls = scratch.run(shell, Sh.of(`cat ${said}` as Bytes)).toString();
    assert.match(calls, 'guest exec 123 --timeout 20 -- sh -c');
    assert.match(calls, 'ping -n -c 2 -i 0.2 -W 1 -w 3 -s 1342 -M do 10.2.1.9');
  });

  test(`sizes that get through are told from within, in ${shell}`, () => {
    scratch.command('qm', QM);
    scratch.command(
      'ping',
      `case $* in *'-s 1342'*) echo 'ping: local error: message too long, mtu=1320'; echo '2 packets transmitted, 0 received'; exit 1 ;;
*'-s 1292'*|*'-s 56'*) exit 0 ;; *) exit 1 ;; esac`,
    );
    const state = read(shell, PING);
    assert.equal(state.kind === 'ping' && [state.rc, state.fits, state.error], [
      1,
      1320,
      'message too long, mtu=1320',
    ]);
  });

  test(`a page comes whole, whatever stands on it, in ${shell}`, () => {
    scratch.command('qm', QM);
    scratch.command(
      'curl',
      `while [ "$1" != -o ]; do shift; done; printf 'for 198.51.100.1\\n@page\\n@status 500\\n' >"$2"; printf 200`,
    );
    const state = read(shell, { kind: 'http', url: 'http://192.0.2.1/', status: 200, guest: 123, wait: 0 });
    assert.equal(state.kind === 'http' && [state.tool, state.status, state.body.trimEnd()], [
      'curl',
      200,
      'for 198.51.100.1\n@page\n@status 500',
    ]);
  });

  test(`a VM that cannot be asked, in ${shell}`, () => {
    const unheard = (body: string): unknown => {
      scratch.command('qm', body);
      const state = read(shell, PING);
      return state.kind === 'ping' && state.unheard;
    };
    assert.is(
      unheard('echo "QEMU guest agent is not running" >&2; exit 255'),
      'QEMU guest agent is not running',
    );
    assert.is(unheard('printf \'{\\n   "pid" : 731\\n}\\n\''), 'it did not answer in time');
    assert.is(unheard('echo what'), 'it did not answer in time');
    assert.match(String(unheard('echo "sh: qm: not found" >&2; exit 127')), 'not found');
  });

  test(`a container is asked by pct, in ${shell}`, () => {
    scratch.run(
      shell,
      Sh.of(`mkdir -p ${scratch.root}/pve/local/lxc; : >${scratch.root}/pve/local/lxc/123.conf` as Bytes),
    );
    scratch.command('qm', 'echo "not a VM" >&2; exit 2');
    scratch.command('pct', '[ "$1 $2 $3" = "exec 123 --" ] || exit 9; shift 3; exec "$@"');
    scratch.command('ping', ANSWER);
    const state = read(shell, PING, `${scratch.root}/pve`);
    assert.equal(state.kind === 'ping' && [state.rc, state.received, state.unheard], [0, 2, undefined]);
    scratch.command('pct', 'echo "container \'123\' not running!" >&2; exit 255');
    const down = read(shell, PING, `${scratch.root}/pve`);
    assert.is(down.kind === 'ping' && down.unheard, "container '123' not running!");
  });

  test(`half open connections, by the program or by /proc, in ${shell}`, () => {
    scratch.command(
      'conntrack',
      `cat <<'FLOWS'
tcp      6 431999 ESTABLISHED src=10.1.1.11 dst=192.0.2.1 sport=1 dport=80 src=192.0.2.1 dst=198.51.100.1 sport=80 dport=1 [ASSURED] mark=0 use=1
tcp      6 117 SYN_SENT src=10.1.1.11 dst=192.0.2.1 sport=41234 dport=80 [UNREPLIED] src=192.0.2.1 dst=198.51.100.1 sport=80 dport=41234 mark=0 use=1
ipv4     2 tcp      6 57 SYN_RECV src=10.1.1.11 dst=192.0.2.2 sport=41235 dport=443 src=192.0.2.2 dst=198.51.100.1 sport=443 dport=41235 mark=0 zone=0 use=2
udp      17 29 src=10.1.0.1 dst=10.2.0.1 sport=34968 dport=4789 [UNREPLIED] src=10.2.0.1 dst=10.1.0.1 sport=4789 dport=34968 mark=0 use=1
FLOWS`,
    );
    const { flows } = read(shell, { kind: 'evidence', targets: [], parts: ['flows'] }) as Evidence;
    assert.equal(flows, [
      { state: 'SYN_SENT', from: '10.1.1.11', to: '192.0.2.1', port: 80 },
      { state: 'SYN_RECV', from: '10.1.1.11', to: '192.0.2.2', port: 443 },
    ]);
    const { flows: unasked } = read(shell, { kind: 'evidence', targets: [], parts: [] }) as Evidence;
    assert.is(unasked, undefined);
  });

  test(`a machine is waited for until a route of type 2 has its address, in ${shell}`, () => {
    const table = (to: string): string => ` *> [2]:[0]:[48]:[bc:24:11:00:00:02]:[32]:[${to}]`;
    const known = (vtysh: string, wait: number): unknown => {
      scratch.command('vtysh', vtysh);
      const state = read(shell, { kind: 'machine', to: '10.2.1.9', wait });
      return state.kind === 'machine' && state.known;
    };
    assert.is(known(`echo '${table('10.2.1.9')}'`, 0), true);
    assert.is(known(`echo '${table('10.2.1.90')}'`, 0), false);
    const count = join(scratch.root, 'asked');
    assert.is(
      known(
        `echo x >>${count}; [ "$(wc -l <${count})" -lt 2 ] || echo '${table('10.2.1.9')}'; rm -f "${count}.none"`,
        5,
      ),
      true,
    );
    scratch.run(shell, Sh.of(`rm -f ${count}` as Bytes));
    // A silent one is asked for a word, in its VRF as well. Commands that busybox has itself cannot be made up.
    if (shell === 'busybox') return;
    const asked = join(scratch.root, 'pinged');
    scratch.command('ip', 'case "$*" in *"type vrf") echo "red UP 02:00:00:00:00:01" ;; esac');
    scratch.command('ping', `echo "$*" >>${asked}`);
    assert.is(known(`grep -q 'red.* 10.2.1.9$' ${asked} && echo '${table('10.2.1.9')}'`, 0), true);
    scratch.run(shell, Sh.of(`rm -f ${asked} ${scratch.bin}/ip ${scratch.bin}/ping` as Bytes));
  });

  test(`BFD that comes up after BGP is waited for, in ${shell}`, () => {
    const count = join(scratch.root, 'asked');
    scratch.command(
      'vtysh',
      `echo x >>${count}; echo '  BGP state = Established, up for 00:01:00'
[ "$(wc -l <${count})" -lt 2 ] && echo '  Status: Down, Last update: 0:00:00:01' || echo '  Status: Up, Last update: 0:00:00:01'
echo ' For address family: L2VPN EVPN'; echo '  4 accepted prefixes'`,
    );
    const session = (wait: number): NetworkState =>
      read(shell, { kind: 'session', to: '10.2.0.1', evpn: true, wait });
    assert.equal(session(5), { kind: 'session', exists: true, established: true });
    assert.is(
      scratch
        .run(shell, Sh.of(`wc -l <${count}; rm ${count}` as Bytes))
        .toString()
        .trim(),
      '2',
    );
    // A session that is up stays one, whatever becomes of BFD.
    assert.equal(session(0), { kind: 'session', exists: true, established: true });
    scratch.run(shell, Sh.of(`rm ${count}` as Bytes));
  });
}
