/** How objects of Proxmox are read: many calls at once, torn output, failures told apart from absence. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Want } from '../../lib/model/kind.ts';
import { interfaceRef } from '../../lib/resources/pve/pve-interface.ts';
import { pendingRef, pveKind, pveRef } from '../../lib/resources/pve/pve-kind.ts';
import { controllerRef, vnetRef, zoneRef } from '../../lib/resources/pve/pve-sdn-wish.ts';
import { fieldsOf, type PveHint, type PveState } from '../../lib/resources/pve/pve-state.ts';
import { type Call, readRecording } from '../fixture/pve/recording.ts';
import { recordings } from '../fixture/pve/replay.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('kind pve');

/** Answers by path and options, as `NAME.out` and `NAME.rc`; slow, and in pieces that end anywhere. */
const FAKE = `shift; name=$(printf '%s' "$*" | sed 's/ --output-format json//' | tr -c 'A-Za-z0-9\\n' _)
echo "$*" >>"$TB_STATE/calls"
if [ -e "$TB_STATE/$name.out" ]; then
size=$(wc -c <"$TB_STATE/$name.out"); at=0
while [ "$at" -lt "$size" ]; do
dd if="$TB_STATE/$name.out" bs=1 skip="$at" count=1777 2>/dev/null; at=$((at + 1777)); [ $((at % 5)) = 0 ] && sleep 0.01
done
rc=0; read -r rc <"$TB_STATE/$name.rc"; exit "$rc"
fi
echo "nobody knows $*" >&2; exit 99`;

interface Answer {
  readonly words: string;
  readonly out: string;
  readonly rc?: number;
}

/** Reads under each shell, with a pvesh that answers so. */
function reading(
  answers: readonly Answer[],
  wants: readonly Want<PveHint>[],
  body: (all: ReturnType<typeof pveKind.parse>, calls: readonly string[]) => void,
  before?: (world: Scratch) => void,
): void {
  // busybox takes its own applets before those of a test.
  for (const shell of before ? (['dash'] as const) : SHELLS) {
    const world = new Scratch();
    try {
      world.command('pvesh', FAKE);
      const state = join(world.root, 'state');
      mkdirSync(state);
      for (const { words, out, rc = 0 } of answers) {
        const name = words.replace(/[^A-Za-z0-9]/g, '_');
        writeFileSync(join(state, `${name}.out`), out);
        writeFileSync(join(state, `${name}.rc`), `${rc}\n`);
      }
      before?.(world);
      const all = world.read(shell, pveKind, wants);
      let calls: readonly string[] = [];
      try {
        calls = readFileSync(join(state, 'calls'), 'utf8').trim().split('\n');
      } catch {
        // None was made.
      }
      body(all, calls);
    } finally {
      world.remove();
    }
  }
}

function states(all: ReturnType<typeof pveKind.parse>): readonly (PveState | string)[] {
  return all.map((each) => ('unreadable' in each ? each.unreadable : each.state));
}

const LISTS = ['controllers', 'zones', 'vnets'] as const;
const pending = (list: string, out: string): Answer => ({
  words: `/cluster/sdn/${list} --pending 1`,
  out,
});

/** A recorded call of `get` and what came. */
function recorded(version: '8.4.1' | '9.1.1', words: string, which = 0): Answer {
  const text = recordings().find((each) => each.includes(version === '8.4.1' ? 't84' : 't91')) ?? '';
  const calls = readRecording(text).filter(
    (step): step is Call =>
      step.kind === 'call' && step.args.join(' ') === `get ${words} --output-format json`,
  );
  const call = calls.at(which);
  if (!call) throw new Error(`no recording of ${words}`);
  return { words, out: [...call.stderr, ...call.stdout].map((line) => `${line}\n`).join(''), rc: call.rc };
}

for (const version of ['8.4.1', '9.1.1'] as const)
  test(`what ${version} has answered: the candidate, not what runs`, () => {
    // Before any apply: everything is new.
    reading(
      LISTS.map((list) => recorded(version, `/cluster/sdn/${list} --pending 1`)),
      [
        controllerRef('evpnctl'),
        zoneRef('crossite'),
        vnetRef('crossvnt'),
        zoneRef('nope'),
      ] as Want<PveHint>[],
      (all, calls) => {
        const [controller, zone, vnet, none] = states(all) as readonly PveState[];
        assert.ok(controller && zone && vnet && none);
        assert.is(fieldsOf(controller).asn, 65000);
        assert.is(fieldsOf(controller).peers, '10.2.0.1,10.1.0.1');
        assert.is(fieldsOf(zone)['vrf-vxlan'], 99999);
        assert.is(fieldsOf(zone).pending, undefined);
        assert.is(fieldsOf(vnet).tag, 100000);
        assert.is(none.exists, false);
        assert.is(calls.length, 3, 'a list is asked for once');
      },
    );
    // A changed one: values of the candidate, and what it takes away is gone.
    reading(
      [recorded(version, '/cluster/sdn/zones --pending 1', 1)],
      [zoneRef('crossite')] as Want<PveHint>[],
      (all) => {
        const [zone] = states(all) as readonly PveState[];
        assert.is(zone?.exists, true);
        assert.equal(
          Object.values(fieldsOf(zone as PveState)).filter((value) => value === 'deleted'),
          [],
        );
      },
    );
  });

test('a dozen calls at once: long lines, letters of several bytes, everything mixed', () => {
  const long = Array.from({ length: 12 }, (_, index) => {
    const rules = Array.from({ length: 40 }, (_, pos) => ({
      pos,
      type: 'in',
      action: 'ACCEPT',
      comment: `${index} ’déjà vu’ – ${'größer '.repeat(20 + ((index * 7 + pos) % 30))}`,
    }));
    return { path: `/cluster/firewall/groups/g${index}`, rules };
  });
  reading(
    long.map(({ path, rules }, index) => ({
      words: path,
      // Warnings of perl come before the answer.
      out: `${index % 2 === 0 ? 'perl: warning: Setting locale failed.\n[is no JSON\n' : ''}${JSON.stringify(rules)}\n`,
    })),
    long.map(({ path }) => pveRef(path, { from: 'path', path, missing: [] })),
    (all, calls) => {
      assert.equal(
        states(all).map((state) => (typeof state === 'string' ? state : state.value)),
        long.map(({ rules }) => rules),
      );
      assert.is(calls.length, 12);
    },
  );
}, 60_000);

const vm = pveRef('/nodes/alpha/qemu/123/config', {
  from: 'path',
  path: '/nodes/alpha/qemu/123/config',
  missing: ["Configuration file 'nodes/"],
});

test('absent is what says so; any other failure is one, whatever its number', () => {
  const cases = [
    { out: "Configuration file 'nodes/alpha/qemu-server/123.conf' does not exist\n", rc: 2, seen: 'absent' },
    {
      out: "Configuration file 'nodes/alpha/qemu-server/123.conf' does not exist\n",
      rc: 255,
      seen: 'absent',
    },
    {
      out: "'/etc/pve/nodes/alpha/pve-ssl.pem' does not exist!\nproxy handler failed: connection timed out\n",
      rc: 2,
      seen: /^pvesh get \/nodes\/alpha\/qemu\/123\/config on node \S+: proxy handler failed: connection timed out$/,
    },
    { out: '', rc: 111, seen: /status 111$/ },
    { out: 'no JSON at all\n', rc: 0, seen: /did not print JSON$/ },
  ] as const;
  for (const { out, rc, seen } of cases)
    reading([{ words: '/nodes/alpha/qemu/123/config', out, rc }], [vm], (all) => {
      const [state] = states(all);
      if (seen === 'absent') assert.is((state as PveState).exists, false);
      else assert.match(String(state), seen);
    });
});

test('one call that fails or hangs leaves the others readable', () => {
  const zones = pending('zones', '[{"zone":"lan","type":"simple"}]\n');
  reading([zones], [zoneRef('lan'), vm] as Want<PveHint>[], (all) => {
    const [zone, config] = states(all);
    assert.is((zone as PveState).exists, true);
    assert.match(String(config), /nobody knows \/nodes\/alpha\/qemu\/123\/config/);
  });
  // What `timeout` says of a call that has no end.
  reading(
    [zones],
    [zoneRef('lan'), vm] as Want<PveHint>[],
    (all) => {
      const [zone, config] = states(all);
      assert.is((zone as PveState).exists, true);
      assert.match(String(config), /no answer within/);
    },
    (world) => world.command('timeout', 'shift; case "$*" in *qemu*) exit 124 ;; esac\nexec "$@"'),
  );
});

test('a host without pvesh is no node, and says so once', () => {
  for (const shell of SHELLS) {
    const world = new Scratch();
    const all = world.read(shell, pveKind, [zoneRef('lan'), pendingRef] as Want<PveHint>[], '/usr/bin:/bin');
    assert.equal(states(all), Array(2).fill('this host has no pvesh: it is no Proxmox node'));
    world.remove();
  }
});

test('hostile output is no answer, and nothing throws', () => {
  const hostile = [
    '@nopvesh\n@rc 0\nq1 [{"zone":"lan"}]\n',
    '[null,1,"x",[],{"zone":null},{"zone":"lan","pending":null,"digest":7,"state":{}}]\n',
    'null\n',
    '{"zone":"lan"}\n',
    '"UPID:x"\n',
    `[${'['.repeat(5000)}\n`,
    '\r@rc 9\r\n\u0000\n',
    '',
  ];
  const wants = [
    zoneRef('lan'),
    pendingRef,
    vm,
    interfaceRef('vmbr0'),
    pveRef('x', { from: 'entry', vnet: 'lan', mac: 'BC:24:11:00:00:01', ip: '10.0.0.1' }),
    pveRef('y', { from: 'staged' }),
    { key: 'pve:nothing' },
  ] as Want<PveHint>[];
  for (const out of hostile)
    reading(
      [
        ...LISTS.map((list) => pending(list, out)),
        { words: '/nodes/alpha/qemu/123/config', out },
        { words: '/nodes/alpha/network', out },
      ],
      wants,
      (all) => assert.is(all.length, wants.length),
    );
  // No shell at all: what the wire might bring.
  for (const text of ['', '\n', 'q0 ', 'q99999 x\n', 'q0 @rc\n', '@node \n', 'q0 @sum x\rq0 @rc 0\r\n']) {
    const all = pveKind.parse(Buffer.from(text), wants);
    assert.is(all.length, wants.length);
    for (const each of all) assert.ok('unreadable' in each, text);
  }
});

test('a token is known by its checksum alone, and shown by less', () => {
  const list = '/cluster/sdn/ipams';
  const hint: PveHint = { from: 'list', path: list, property: 'ipam', name: 'nb', secrets: ['token'] };
  const out =
    '[{"digest":"d","ipam":"pve","type":"pve"},{"digest":"d","ipam":"nb","token":"t0psecret","type":"netbox","url":"u"}]\n';
  reading([{ words: list, out }], [pveRef(`${list}/nb`, hint)], (all) => {
    const [state] = states(all);
    assert.not.match(JSON.stringify(all), 't0psecret');
    assert.match(String(fieldsOf(state as PveState).token), /^[0-9a-f]{64}$/);
    const review = pveKind.review?.(state as PveState, hint);
    assert.match(JSON.stringify(review?.shown), /"token":"‹sha256 [0-9a-f]{16}›"/);
    assert.is(pveKind.keep?.secret?.(state as PveState, hint, false), 'all');
  });
});
