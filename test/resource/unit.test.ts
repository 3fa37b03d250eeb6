import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Key } from '../../lib/model/key.ts';
import type { At } from '../../lib/model/kind.ts';
import {
  type ServiceWish,
  service,
  type UnitState,
  unitKind,
  unitRef,
  unitSettled,
} from '../../lib/resources/unit/service.ts';
import { unitScript } from '../../lib/resources/unit/unit-command.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('units');

/** Printed by systemd 252 on Debian 12 for the names below. */
const recorded = readFileSync(join(import.meta.dirname, 'recorded/systemctl-show.txt'), 'utf8');
const NAMES = ['sshd', 'nosuch', 'systemd-tmpfiles-clean.timer', 'dbus'];

for (const shell of SHELLS) {
  test(`reads units, aliases under their true name (${shell})`, () => {
    const scratch = new Scratch();
    scratch.command('systemctl', `cat <<'TEXT'\n${recorded}TEXT`);
    const readings = scratch.read(shell, unitKind, NAMES.map(unitRef));
    const [ssh, nosuch, timer, dbus] = readings.map((each) => ('state' in each ? each.state : undefined));
    const first = readings[0];
    assert.is(first && 'canonical' in first && first.canonical, 'unit:ssh.service');
    assert.is(ssh?.active, 'active');
    assert.is(ssh?.file, 'enabled');
    assert.is(ssh?.type, 'notify');
    assert.match(String(ssh?.invocation), /^[0-9a-f]{32}$/);
    assert.is(nosuch?.exists, false);
    assert.is(timer?.sub, 'waiting');
    assert.is(dbus?.file, 'static');
    scratch.remove();
  });

  test(`one name that systemd refuses does not spoil the others (${shell})`, () => {
    const scratch = new Scratch();
    const block = recorded.split('\n\n')[0];
    scratch.command(
      'systemctl',
      `case $* in *getty@.service*) echo 'Failed to get properties: Unit name getty@.service is neither a valid invocation ID nor unit name.' >&2; exit 1;; esac
cat <<'TEXT'\n${block}\nTEXT`,
    );
    const [ssh, getty] = scratch.read(shell, unitKind, [unitRef('sshd'), unitRef('getty@.service')]);
    assert.ok(ssh && 'state' in ssh);
    assert.ok(getty && 'unreadable' in getty && getty.unreadable.includes('neither a valid'));
    scratch.remove();
  });

  test(`a host without systemd is unreadable, not a host without units (${shell})`, () => {
    const scratch = new Scratch();
    const [none] = scratch.read(shell, unitKind, [unitRef('ssh')], '/nonexistent');
    assert.ok(none && 'unreadable' in none && none.unreadable.includes('no systemd'));
    scratch.command('systemctl', 'echo "System has not been booted with systemd as init system" >&2; exit 1');
    const [dead] = scratch.read(shell, unitKind, [unitRef('ssh')]);
    assert.ok(dead && 'unreadable' in dead && dead.unreadable.includes('not been booted'));
    scratch.remove();
  });

  test(`a start that fails shows the journal and keeps its status (${shell})`, () => {
    const scratch = new Scratch();
    scratch.command('systemctl', 'case $1 in start) exit 7;; esac');
    scratch.command('journalctl', 'echo "frr: bad configuration"');
    let status = 0;
    let output = '';
    try {
      scratch.run(shell, unitScript('frr.service', ['enable', 'start']));
    } catch (error) {
      status = (error as { status: number }).status;
      output = String((error as { stdout: Buffer }).stdout);
    }
    assert.is(status, 7);
    assert.match(output, /bad configuration/);
    scratch.remove();
  });
}

const ON: UnitState = {
  ...unitKind.absent,
  exists: true,
  id: 'frr.service',
  load: 'loaded',
  active: 'active',
  sub: 'running',
  file: 'enabled',
  invocation: 'a'.repeat(32),
};

function plan(wish: ServiceWish, state: UnitState, marks: Readonly<Record<Key, number>> = {}, now = 9) {
  const at: At = <S>(key: Key) => ({ exists: key in marks, since: marks[key] ?? 0 }) as S;
  return service('frr', wish).plan(state, at, now);
}

test('one restart for many reasons, none after a later start', () => {
  const mark = 'owed:restart.frr.service';
  const owed = plan({ running: true }, ON, { [mark]: 4 });
  assert.is(owed?.summary, 'restart');
  assert.equal(owed?.pays, [mark]);
  assert.equal(owed?.settle, { unit: 'frr.service', ms: 2000 });
  // Started by change 5, after change 4 that owed it: the mark is paid off without a restart.
  const paid = plan({ running: true }, { ...ON, since: 5 }, { [mark]: 4 });
  assert.is(paid?.quiet, true);
  assert.equal(paid?.pays, [mark]);
  assert.is(plan({ running: true }, { ...ON, since: 3 }, { [mark]: 4 })?.summary, 'restart');
});

test('a handler finds a restart that came after its notification', () => {
  const owed = 'owed:handler.book.restart';
  const wish: ServiceWish = { act: 'restart', owed };
  assert.is(plan(wish, ON, { [owed]: 4 })?.action, 'restart');
  assert.is(plan(wish, { ...ON, since: 6 }, { [owed]: 4 }), null);
  assert.is(plan({ act: 'reload', owed }, ON, { [owed]: 4 })?.action, 'reload');
  // In an ordinary step it is an act.
  assert.is(service('frr', { act: 'restart' }).act, true);
  assert.is(plan({ act: 'restart' }, ON)?.action, 'restart');
});

test('a unit is owed for its own files and for those it was told of', () => {
  const debts =
    service('foo@a.service', { running: true, restartOn: ['/etc/foo', 'package:foo'] }).debts ?? [];
  const owing = (key: Key) => debts.filter((debt) => debt.because(key)).map((debt) => debt.mark);
  const both = ['owed:reload', 'owed:restart.foo@a.service'];
  assert.equal(owing('file:/etc/systemd/system/foo@a.service'), both);
  assert.equal(owing('file:/usr/lib/systemd/system/foo@.service'), both);
  assert.equal(owing('file:/etc/systemd/system/foo@.service.d/limit.conf'), both);
  assert.equal(owing('file:/etc/systemd/system/other.service'), ['owed:reload']);
  assert.equal(owing('file:/etc/foo/deep/x.conf'), [both[1]]);
  assert.equal(owing('package:foo'), [both[1]]);
  assert.equal(owing('file:/etc/foobar'), []);
});

test('the alias is not what systemctl is told', () => {
  const draft = service('sshd', { enabled: true }).plan(
    { ...ON, id: 'ssh.service', file: 'disabled' },
    () => undefined,
    1,
  );
  assert.match(draft?.run.text ?? '', /systemctl enable ssh\.service/);
});

test('a unit that systemd keeps starting again is not up, one that it once did is', () => {
  const block = (restarts: number, entered: number): Buffer =>
    Buffer.from(
      `Id=frr.service\nNames=frr.service\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nNRestarts=${restarts}\nActiveEnterTimestampMonotonic=${entered}\n\n@up 5000.25\n@end\n`,
    );
  const flapping = (out: Buffer): boolean => {
    const [reading] = unitKind.parse(out, [unitRef('frr')]);
    if (!reading || !('state' in reading)) throw new Error('unreadable');
    assert.is(
      plan({ running: true }, reading.state)?.summary,
      reading.state.flapping ? 'restart' : undefined,
    );
    return reading.state.flapping;
  };
  assert.is(flapping(block(7, 4_999_000_000)), true);
  assert.is(flapping(block(7, 1_000_000_000)), false);
  assert.is(flapping(block(0, 4_999_000_000)), false);
  // The uptime of some containers is their own, systemd's clock the machine's.
  assert.is(flapping(block(7, 90_000_000_000)), false);
});

test('a mask comes after the stop, and never in the place of the unit file', () => {
  assert.is(plan({ masked: true, running: false, enabled: false }, ON)?.summary, 'disable, stop, mask');
  const at: At = <S>(key: Key) => ({ exists: key.startsWith('file:'), type: 'file' }) as S;
  assert.throws(() => service('frr', { masked: true }).plan(ON, at, 1), /cannot be masked/);
});

test('settling tells why a unit is down', () => {
  assert.is(unitSettled(ON, 'a'.repeat(32)), undefined);
  assert.match(unitSettled({ ...ON, result: 'exit-code' }, 'b'.repeat(32)) ?? '', /started again.*exit-code/);
  const down = { ...ON, active: 'failed', sub: 'failed', result: 'exit-code', ended: 'exit status 3' };
  assert.is(unitSettled(down, 'a'.repeat(32)), 'it is failed (failed), Result=exit-code, exit status 3');
  const oneshot = { ...ON, active: 'inactive', sub: 'dead', type: 'oneshot' };
  assert.match(unitSettled(oneshot, '') ?? '', /Type=oneshot/);
});

test('what manages the network keeps addresses and routes, and has its links set up when it has started', () => {
  const at: At = <S>() => ({ exists: false, since: 0 }) as S;
  const networkd = service('systemd-networkd', { act: 'restart' }).plan(
    { ...ON, id: 'systemd-networkd.service' },
    at,
    7,
  );
  assert.match(networkd?.run.text ?? '', /netif\/links/);
  assert.match(networkd?.back?.save?.text ?? '', /ip address save >"\$k\.address"/);
  assert.match(networkd?.back?.restore.text ?? '', /ip address restore/);
  assert.match(
    networkd?.back?.finish?.text ?? '',
    /systemctl restart systemd-networkd[\s\S]*netif\/links[\s\S]*has not come back/,
  );
  // Much later, in an undo, others have added theirs.
  assert.match(networkd?.back?.restore.text ?? '', /if \[ -n "\$TB_REVERT" \]/);
  const frr = service('frr', { act: 'restart' }).plan(ON, at, 7);
  assert.is(frr?.back?.save, undefined);
  assert.not.match(frr?.run.text ?? '', /netif/);
});
