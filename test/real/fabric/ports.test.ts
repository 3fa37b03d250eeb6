/** A firewall on real hosts: what is open and what is shut as the other host sees it, and that nobody is locked out. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const RUNBOOK = `name: Ports
hosts: roz
become: true
steps:
  - id: ports
    task: open_ports
    with:
      policy: drop
      ports:
        - { port: [8000, "8010:8012"], comment: probes }
        - { port: 8020, interface: wg0 }
        - { port: 8030, from: [198.18.0.0/15, "fd00::/8"] }
        - { port: 8031, from: 192.0.2.0/24 }
      forward: { policy: drop, allow: [{ from_interface: br0, to_interface: wg0 }] }
  - { id: mss, task: mss_clamp, with: { interfaces: { wg0: path-mtu, eth0: 1300 } } }
  - { id: mtu, task: mtu, with: { interfaces: { eth0: 1440 } } }
`;

const { test, lab } = labSuite('ports', 2, async (project) => {
  project.write('runbooks/ports.yaml', RUNBOOK);
});

const run = (...more: readonly string[]): Promise<Finished> => lab().run(['ports', 'inventory/lab', ...more]);
const dry = (): Promise<Finished> => run('--dry-run', '--detailed-exitcode');
const keys = (finished: Finished): readonly string[] => finished.of('change').map(({ key }) => key);

/** How the ports of roz look from wro: nobody listens, so an open one refuses at once and a shut one says nothing. */
async function seen(ports: readonly number[]): Promise<string> {
  const script = `for p in ${ports.join(' ')}; do ( timeout 1 bash -c "exec 3<>/dev/tcp/${lab().address('roz')}/$p" 2>/dev/null; case $? in 0|1) echo "$p open";; 124) echo "$p shut";; *) echo "$p ?";; esac ) & done; wait`;
  const lines = (await lab().byHand('wro', script)).trim().split('\n');
  return lines.sort((a, b) => a.localeCompare(b)).join(', ');
}

/** Everything that a look must leave as it was: tables with their handles, namespaces, files, packages. */
const TRACES = `nft -a list ruleset 2>&1 | sed 's/packets [0-9]* bytes [0-9]*//'; ls -l --time-style=full-iso /proc/1/ns/net /etc/tightbeam /etc/tightbeam/* 2>&1; readlink /proc/[0-9]*/ns/net | sort -u; grep -c . /proc/modules; dpkg-query -W | wc -l`;

test('a dry run touches nothing; a run opens what is listed and shuts the rest, SSH not', async () => {
  const before = await lab().byHand('roz', TRACES);
  const foreseen = await dry();
  assert.is(foreseen.code, 2, foreseen.out + foreseen.err);
  assert.is(await lab().byHand('roz', TRACES), before);
  const first = await run();
  assert.is(first.code, 0, first.out + first.err);
  assert.ok(
    keys(foreseen).every((key) => keys(first).includes(key)),
    keys(foreseen).join('\n'),
  );
  assert.is(
    await seen([22, 8000, 8009, 8010, 8012, 8013, 8020, 8030, 8031]),
    '22 open, 8000 open, 8009 shut, 8010 open, 8012 open, 8013 shut, 8020 shut, 8030 open, 8031 shut',
  );
  // A new connection, with answers of others' names and with IPv6's neighbours found.
  assert.match(
    await lab().byHand('roz', `ping -c1 -W2 ${lab().address('wro')}; apt-get update -qq && echo fetched`),
    'fetched',
  );
  const again = await run();
  assert.is(again.code, 0);
  assert.is(again.recap('roz').changed, 0);
  assert.is(again.recap('roz').roundTrips, 1);
}, 120_000);

test('an sshd that listens on one more port is let in there too', async () => {
  await lab().byHand(
    'roz',
    "printf 'Port 22\\nPort 2022\\n' >/etc/ssh/sshd_config.d/port.conf; systemctl reload ssh; i=0; until ss -Hltn | grep -q ':2022 '; do i=$((i+1)); [ $i -lt 50 ] || exit 1; sleep 0.1; done",
  );
  assert.is(await seen([2022]), '2022 shut');
  const run1 = await run();
  assert.is(run1.code, 0, run1.out);
  assert.equal(keys(run1), ['nft-table:inet tightbeam', 'file:/etc/tightbeam/nftables.d/tightbeam.nft']);
  assert.is(await seen([22, 2022]), '2022 open, 22 open');
  await lab().byHand('roz', 'rm /etc/ssh/sshd_config.d/port.conf; systemctl reload ssh; sleep 0.3');
  assert.is((await run()).code, 0);
  assert.is(await seen([22, 2022]), '2022 shut, 22 open');
}, 60_000);

test('whoever would lock himself out is refused, and nothing is changed', async () => {
  lab().write(
    'runbooks/door.yaml',
    RUNBOOK.replace('policy: drop\n', 'policy: drop\n      ssh_from: [192.0.2.0/24]\n'),
  );
  const refused = await lab().run(['door', 'inventory/lab']);
  assert.is(refused.code, 2, refused.out);
  assert.match(refused.failure('roz'), 'the next one would be locked out');
  assert.equal(keys(refused), []);
  const looked = await lab().run(['door', 'inventory/lab', '--dry-run']);
  assert.match(looked.failure('roz'), '--allow-lockout');
  // Meant: then a new login decides, and the host takes back what lets nobody in.
  const meant = await lab().run(['door', 'inventory/lab', '--allow-lockout', '--confirm', '8s']);
  assert.is(meant.code, 5, meant.out + meant.err);
  assert.is((await run()).code, 0);
}, 60_000);

test('a rule of another table that drops what is open is named with table, chain and handle', async () => {
  await lab().byHand(
    'roz',
    `nft -f - <<'E'
table ip others {
	chain odd { tcp dport 8000-8010 counter drop
	}
	chain in { type filter hook input priority 10; meta l4proto tcp jump odd
	}
}
E`,
  );
  const refused = await run();
  assert.is(refused.code, 2, refused.out);
  assert.match(
    refused.failure('roz'),
    /8000\/tcp .*table ip others, chain odd, handle \d+ says `tcp dport 8000-8010 counter drop`/,
  );
  const handle = /nft delete rule ip others odd handle \d+/.exec(refused.failure('roz'))?.[0] ?? 'false';
  await lab().byHand('roz', handle);
  const mended = await run();
  assert.is(mended.code, 0, mended.out);
  assert.is(mended.recap('roz').changed, 0);
  await lab().byHand('roz', 'nft delete table ip others');
}, 60_000);

test('a flush, a rule by hand, an edited file, a stopped unit, an MTU: each is found alone, and mended', async () => {
  const drifts: readonly (readonly [string, readonly string[]])[] = [
    [
      'nft insert rule inet tightbeam input tcp dport 8009 counter accept; nft delete table inet tightbeam_mss; ip link set eth0 mtu 1500',
      ['nft-table:inet tightbeam', 'nft-table:inet tightbeam_mss', 'link:eth0'],
    ],
    [
      'echo >>/etc/tightbeam/nftables.d/tightbeam.nft; systemctl disable -q --now tightbeam-nftables',
      ['file:/etc/tightbeam/nftables.d/tightbeam.nft', 'unit:tightbeam-nftables.service'],
    ],
    ['nft flush ruleset', ['nft-table:inet tightbeam', 'nft-table:inet tightbeam_mss']],
  ];
  for (const [script, expected] of drifts) {
    await lab().byHand('roz', script);
    const before = await lab().byHand('roz', TRACES);
    const found = await dry();
    assert.equal(keys(found), expected, script);
    assert.is(await lab().byHand('roz', TRACES), before, `a look after: ${script}`);
    const mended = await run();
    assert.is(mended.code, 0, mended.out);
    assert.equal(keys(mended), expected);
  }
  const clean = await dry();
  assert.is(clean.code, 0, clean.out);
  assert.is(await seen([22, 8000, 8009]), '22 open, 8000 open, 8009 shut');
}, 120_000);

test('counters are no drift, and other words for the same rules are none either', async () => {
  await lab().byHand(
    'roz',
    "nft -s list table inet tightbeam >/run/same && sed -i 's/ct state established,related/ct state related,established/' /run/same && nft delete table inet tightbeam && nft -f /run/same",
  );
  const same = await dry();
  assert.is(same.code, 0, same.out);
}, 30_000);

test('nftables.service may start, restart and reload, and the host may boot: all is as it was', async () => {
  const tables = 'nft list tables; systemctl is-active tightbeam-nftables';
  const all = 'table inet filter\ntable inet tightbeam\ntable inet tightbeam_mss\nactive\n';
  for (const verb of ['start', 'restart', 'reload']) {
    assert.is(await lab().byHand('roz', `systemctl ${verb} nftables && { ${tables}; }`), all, verb);
  }
  await lab().byHand('roz', 'systemctl enable -q nftables');
  await lab().reboot('roz');
  assert.is(await lab().byHand('roz', `systemctl is-system-running --wait >/dev/null; ${tables}`), all);
  assert.is(await seen([22, 8000, 8009]), '22 open, 8000 open, 8009 shut');
  const after = await dry();
  assert.is(after.code, 0, after.out);
  await lab().byHand('roz', 'systemctl disable -q --now nftables');
}, 120_000);

test('taken away, nothing is shut any more, not even after a restart', async () => {
  const gone = RUNBOOK.replace('policy: drop\n', 'state: absent\n      policy: drop\n').replace(
    'eth0: 1300 } }',
    'eth0: 1300 }, state: absent }',
  );
  lab().write('runbooks/gone.yaml', gone);
  const run1 = await lab().run(['gone', 'inventory/lab']);
  assert.is(run1.code, 0, run1.out);
  assert.is(await lab().byHand('roz', 'systemctl restart tightbeam-nftables; nft list ruleset'), '');
  assert.is(await seen([8009]), '8009 open');
}, 60_000);
