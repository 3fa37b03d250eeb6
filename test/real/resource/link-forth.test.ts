/** Needs root: undoings of network interfaces, and their ways back, by the real `ip` in a network namespace. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sh } from '../../../lib/base/sh.ts';
import { linkForth } from '../../../lib/resources/link/link-forth.ts';
import { linkKind } from '../../../lib/resources/link/link-kind.ts';
import { type LinkState, linkKey, NO_LINK } from '../../../lib/resources/link/link-state.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('undoings of links');
const SPACE = `tbforth${process.pid}`;
const kept = mkdtempSync(join(tmpdir(), 'tb-forth-'));

const run = (script: string): string =>
  execFileSync('ip', ['netns', 'exec', SPACE, 'dash'], {
    input: Buffer.from(script, 'latin1'),
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TB_BACKUP: kept, TB_REVERT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  }).toString('latin1');
const alone = (text: Sh | undefined): string => (text ? `( ${text.text}\n) || exit $?\n` : '');

function look(name: string): LinkState {
  const wants = [{ key: linkKey(name) }];
  const [reading] = linkKind.parse(Buffer.from(run(linkKind.read(wants).text)), wants);
  if (!reading || 'unreadable' in reading) throw new Error(`${name} cannot be read`);
  return reading.state;
}

test.before(() => {
  execFileSync('ip', ['netns', 'add', SPACE]);
  run(`ip link add name lan type bridge stp_state 0 && ip link set lan mtu 1370 address 02:00:5e:00:00:07 && ip link set lan up
ip address add 10.1.1.1/24 dev lan
ip link add name vx type vxlan id 7 local 10.1.0.1 dstport 4789 nolearning && ip link set vx mtu 1370 master lan up
ip link set vx type bridge_slave learning off neigh_suppress on
ip link add name nic type veth peer name other && ip link set other up && ip link set nic up && ip address add 192.0.2.1/24 dev nic && ip route add 198.51.100.0/24 via 192.0.2.9`);
});
test.after(() => {
  execFileSync('ip', ['netns', 'delete', SPACE]);
  rmSync(kept, { recursive: true, force: true });
});

interface Undoing {
  readonly title: string;
  readonly link: string;
  readonly before: Partial<LinkState>;
  /** What the undo does. */
  readonly undo: string;
}

const UNDOINGS: readonly Undoing[] = [
  { title: 'one that the run had made', link: 'vx', before: NO_LINK, undo: 'ip link delete vx' },
  { title: 'a bridge with an address', link: 'lan', before: NO_LINK, undo: 'ip link delete lan' },
  {
    title: 'MTU, MAC and setting of a bridge',
    link: 'lan',
    before: { mtu: 1400, mac: '02:00:00:00:00:09', settings: { stp_state: '1' } },
    undo: 'ip link set lan mtu 1400 address 02:00:00:00:00:09 type bridge stp_state 1',
  },
  {
    title: 'master and settings of a port',
    link: 'vx',
    before: { master: '', settings: { id: '7', learning: 'true' } },
    undo: 'ip link set vx nomaster; ip link set vx down; ip link set vx type vxlan learning',
  },
  {
    title: 'addresses and routes of a NIC',
    link: 'nic',
    before: { mtu: 1400 },
    undo: 'ip link set nic mtu 1400; ip address flush dev nic; ip address add 203.0.113.1/24 dev nic',
  },
];

for (const [index, { title, link, before, undo }] of UNDOINGS.entries()) {
  test(`${title}: as the undo found it`, () => {
    const state = look(link);
    const ports = look('vx');
    const back = linkForth(linkKey(link), {
      before: { ...state, ...before },
      state,
      hint: undefined,
      now: index + 1,
      told: false,
    });
    run(`${alone(back?.save)}${undo}`);
    assert.not.equal(look(link), state, 'the undo does something');
    run(`${alone(back?.restore)}${alone(back?.finish)}`);
    assert.equal(look(link), state);
    // A port of a bridge that went has its own way back.
    if (link !== 'vx')
      run('ip link set vx master lan; ip link set vx type bridge_slave learning off neigh_suppress on');
    assert.equal(look('vx'), ports);
  });
}

test('one that the run had removed goes again', () => {
  const back = linkForth(linkKey('gone'), {
    before: { ...NO_LINK, exists: true, type: 'bridge' },
    state: NO_LINK,
    hint: undefined,
    now: 9,
    told: false,
  });
  run(`${alone(back?.save)}ip link add name gone type bridge\n${alone(back?.restore)}`);
  assert.is(look('gone').exists, false);
});
