/** A tunnel between real hosts: made, kept in place through every change, mended whatever is wrong, silent about its keys. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const RUNBOOK = `name: Tunnel
hosts: fabric
become: true
vars: { rotation: 1, mtu: 1420, hosts_file: "" }
secrets: { wg_psk: { env: WG_PSK } }
steps:
  - { id: key, task: wireguard_key, with: { rotate: "\${{ vars.rotation }}" } }
  - id: tunnel
    task: wireguard
    with:
      address: "\${{ host.vars.tunnel }}"
      endpoint: "\${{ host.vars.endpoint }}"
      mtu: "\${{ vars.mtu }}"
      peers: fabric
      keepalive: 5
      preshared_key: "\${{ secrets.wg_psk }}"
      userspace: true
  - { id: follow, task: wireguard_reresolve, with: { interval: 5 } }
`;

/** A preshared key of this run alone. */
const PSK = execFileSync('openssl', ['rand', '-base64', '32']).toString().trim();
const TUNNEL: Readonly<Record<string, string>> = { roz: '10.1.0.1', wro: '10.2.0.1', lub: '10.3.0.1' };

const { test, lab } = labSuite('wireguard', 3, async (project) => {
  project.write('runbooks/tunnel.yaml', RUNBOOK);
  const inventory = (name: string, hosts: readonly string[], change: Readonly<Record<string, object>> = {}) =>
    project.inventory(
      name,
      JSON.stringify({
        hosts: Object.fromEntries(
          hosts.map((host) => [
            host,
            {
              address: project.address(host),
              user: 'root',
              identity: 'id_ed25519',
              groups: ['fabric'],
              vars: {
                tunnel: `${TUNNEL[host]}/32`,
                endpoint: host === 'wro' ? 'wro.example.net' : project.address(host),
                ...change[host],
              },
            },
          ]),
        ),
      }),
    );
  inventory('two', ['roz', 'wro']);
  inventory('three', ['roz', 'wro', 'lub']);
  inventory('twice', ['roz', 'wro'], { wro: { tunnel: '10.1.0.1' } });
  inventory('mute', ['roz', 'wro'], { roz: { endpoint: '' }, wro: { endpoint: '' } });
  inventory('moved', ['roz', 'wro'], {
    roz: { endpoint: `${project.address('roz')}:51820` },
    wro: { endpoint: project.address('wro') },
  });
  for (const host of ['roz', 'wro', 'lub'])
    await project.byHand(host, `echo ${project.address('wro')} wro.example.net >>/etc/hosts`);
});

const run = (inventory: string, ...more: readonly string[]): Promise<Finished> =>
  lab().run(['tunnel', `inventory/${inventory}`, ...more], { env: { WG_PSK: PSK } });
const said = ({ out, err }: Finished): string => out + err;
const made = (finished: Finished, host: string): readonly string[] =>
  finished
    .of('change')
    .filter((change) => change.host === host)
    .map(({ key, summary }) => `${key} ${summary}`);
const ping = (host: string, to: string): Promise<string> =>
  lab().byHand(host, `ping -c 3 -i 0.2 -W 3 -M do -s ${1420 - 28} ${to} | grep -o '[0-9]* received'`);

/** What must not move while a peer's neighbours change: the session, the interface, the unit's run. */
interface Standing {
  readonly handshake: string;
  readonly sent: number;
  readonly received: number;
  readonly made: string;
}

async function standing(host: string, peer: string): Promise<Standing> {
  const text = await lab().byHand(
    host,
    `wg show wg0 dump | awk -v ip=${TUNNEL[peer]}/32 '$4 == ip { print $5, $7, $6 }'
cat /sys/class/net/wg0/ifindex; systemctl show -p InvocationID --value wg-quick@wg0`,
  );
  const [line = '', ...rest] = text.trim().split('\n');
  const [handshake = '', sent, received] = line.split(' ');
  return { handshake, sent: Number(sent), received: Number(received), made: rest.join(' ') };
}

function unmoved(before: Standing, after: Standing): void {
  assert.is(after.made, before.made, 'neither interface nor unit is another');
  assert.is(after.handshake, before.handshake, 'no handshake was made');
  assert.ok(before.handshake !== '0' && before.sent > 0, 'there was a session');
  assert.ok(after.sent >= before.sent && after.received >= before.received, 'counters go on');
}

test('a dry run on bare hosts foresees all but the keys', async () => {
  const dry = await run('two', '--dry-run', '--diff');
  assert.is(dry.code, 0, said(dry));
  const plain = made(dry, 'wro').map((line) => line.split(' ')[0]);
  // The package brings /etc/wireguard, as the dry run knows.
  assert.equal(plain, [
    'package:wireguard-tools',
    'wireguard-key:/etc/wireguard/wg0.key',
    'package:wireguard-go',
    'wireguard-conf:wg0',
    'unit:wg-quick@wg0.service',
    'file:/etc/tightbeam',
    'file:/etc/tightbeam/reresolve-wg0.sh',
    'file:/etc/systemd/system/tightbeam-reresolve-wg0.service',
    'file:/etc/systemd/system/tightbeam-reresolve-wg0.timer',
    'unit:tightbeam-reresolve-wg0.timer',
  ]);
  assert.equal(dry.of('later'), []);
  assert.match(dry.out, 'PublicKey = (known after apply)');
}, 60_000);

test('one run makes the tunnel, and no key is seen anywhere but in its own files', async () => {
  // Looks at all arguments and environments of the host for as long as the run lasts.
  await lab().byHand(
    'roz',
    `cat >/run/watch <<'X'
while [ ! -e /run/enough ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done | tr '\\0' '\\n' | sort -u >/run/seen.new; mv /run/seen.new /run/seen
X
setsid sh /run/watch </dev/null >/dev/null 2>&1 &`,
  );
  const first = await run('two');
  assert.is(first.code, 0, said(first));
  await lab().byHand(
    'roz',
    'touch /run/enough; i=0; until [ -e /run/seen ]; do i=$((i+1)); [ $i -lt 50 ] || exit 1; sleep 0.2; done',
  );
  assert.is(await ping('roz', TUNNEL.wro ?? ''), '3 received\n');
  assert.is(await ping('wro', TUNNEL.roz ?? ''), '3 received\n');
  const keys = [PSK];
  for (const host of ['roz', 'wro'])
    keys.push((await lab().byHand(host, 'cat /etc/wireguard/wg0.key')).trim());
  const [psk = '', own = ''] = keys;
  // That the watch sees arguments at all.
  assert.match(await lab().byHand('roz', 'cat /run/seen'), 'wg-quick');
  assert.is(
    await lab().byHand('roz', `! grep -qF -e '${psk}' -e '${own}' /run/seen && echo unseen`),
    'unseen\n',
  );
  const told = [first.out, first.err, JSON.stringify(first.events), ...filesBelow(join(lab().root, '.run'))];
  for (const text of told) for (const key of keys) assert.not.ok(text.includes(key), 'a key was told');
  const where = await lab().byHand(
    'roz',
    `grep -rlsF -e '${psk}' -e '${own}' /etc /var /run /root /tmp | grep -v '^/run/log' | sort; stat -c '%a %U %n' /etc/wireguard /etc/wireguard/*`,
  );
  assert.is(
    where,
    '/etc/wireguard/wg0.conf\n/etc/wireguard/wg0.key\n700 root /etc/wireguard\n600 root /etc/wireguard/wg0.conf\n600 root /etc/wireguard/wg0.key\n600 root /etc/wireguard/wg0.key.rotation\n',
  );
  assert.match(
    await lab().byHand('roz', 'journalctl -o cat | grep -cF -e "$(cat /etc/wireguard/wg0.key)" || :'),
    /^0$/m,
  );
}, 120_000);

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'latin1'));
}

test('the second run changes nothing, in one round trip', async () => {
  const second = await run('two');
  assert.is(second.code, 0, said(second));
  for (const host of ['roz', 'wro']) {
    assert.is(second.recap(host).changed, 0, second.out);
    assert.is(second.recap(host).roundTrips, 1);
  }
}, 60_000);

/** What is done by hand (`$P` the peer's key), and what is then found: only what runs is wrong, unless a file is named. */
const DRIFT: readonly (readonly [string, readonly string[]])[] = [
  ['wg set wg0 peer $P remove', ['wireguard:wg0 add peer wro']],
  ['ip addr del 10.1.0.1/32 dev wg0', ['link:wg0 add address 10.1.0.1/32, add route 10.2.0.1/32']],
  ['ip route del 10.2.0.1/32', ['link:wg0 add route 10.2.0.1/32']],
  ['ip route add 10.2.1.0/24 dev wg0', ['link:wg0 remove route 10.2.1.0/24']],
  ['ip addr add 10.7.7.7/24 dev wg0', ['link:wg0 remove address 10.7.7.7/24']],
  ['ip link set wg0 mtu 1500', ['link:wg0 mtu 1500 → 1420']],
  ['ip link set wg0 down', ['link:wg0 switch on, add route 10.2.0.1/32']],
  ['wg set wg0 peer $P allowed-ips 10.9.0.0/16', ['wireguard:wg0 allowed IPs of peer wro']],
  ['wg set wg0 peer $P persistent-keepalive off', ['wireguard:wg0 keepalive of peer wro']],
  ['wg set wg0 peer $P preshared-key /dev/null', ['wireguard:wg0 preshared key of peer wro']],
  ['wg set wg0 listen-port 4000', ['wireguard:wg0 listen port 51820']],
  ['wg set wg0 fwmark 9', ['wireguard:wg0 fwmark off']],
  ['wg genkey | wg set wg0 private-key /dev/stdin', ['wireguard:wg0 the present private key']],
  [
    'F=$(echo stranger | sha256sum | cut -c1-42)A=; wg set wg0 peer $F allowed-ips 10.9.9.0/24',
    ['wireguard:wg0 remove peer'],
  ],
  ['pkill wireguard-go; sleep 0.3', ['unit:wg-quick@wg0.service restart (its interface is gone)']],
  ['systemctl stop wg-quick@wg0', ['unit:wg-quick@wg0.service start']],
  ['systemctl -q disable wg-quick@wg0', ['unit:wg-quick@wg0.service enable']],
  [
    'systemctl stop wg-quick@wg0; wg-quick up wg0 2>/dev/null',
    ['unit:wg-quick@wg0.service start (over the interface that is up)'],
  ],
  // As a run leaves it that was cut while it took such an interface over.
  [
    "D=/run/systemd/system/wg-quick@wg0.service.d; mkdir -p $D; printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' >$D/tightbeam-adopt.conf; systemctl daemon-reload; systemctl restart wg-quick@wg0",
    ['unit:wg-quick@wg0.service restart (its interface is gone)'],
  ],
  ['sed -i s/^MTU.*/MTU=1400/ /etc/wireguard/wg0.conf', ['wireguard-conf:wg0 content']],
  [
    'K=$(wg genkey); sed -i "s|^PrivateKey.*|PrivateKey = $K|" /etc/wireguard/wg0.conf',
    ['wireguard-conf:wg0 the private key of the present pair'],
  ],
  ['chmod 644 /etc/wireguard/wg0.conf', ['wireguard-conf:wg0 mode 0644 → 0600']],
];

test('whatever is wrong is found by a dry run, mended by a run, and gone by the next', async () => {
  const peer = (await lab().byHand('roz', 'wg show wg0 peers')).trim();
  for (const [script, expected] of DRIFT) {
    await lab().byHand('roz', `P=${peer}; ${script}`);
    const dry = await run('two', '--dry-run');
    const mended = await run('two');
    for (const found of [made(dry, 'roz'), made(mended, 'roz')]) {
      assert.is(found.length, expected.length, `${script}: ${found.join('; ')}`);
      expected.forEach((part, index) => {
        assert.ok(found[index]?.startsWith(part), `${script}: ${found.join('; ')}`);
      });
    }
    assert.is(mended.code, 0, `${script}: ${said(mended)}`);
    // What is confirmed costs one more: the new login that keeps it.
    const confirmed = dry.of('change').some(({ confirm }) => confirm !== undefined);
    assert.is(mended.recap('roz').roundTrips, confirmed ? 3 : 2, script);
    assert.equal(made(mended, 'wro'), [], script);
    assert.match(await ping('roz', TUNNEL.wro ?? ''), /[123] received/);
  }
  const clean = await run('two', '--dry-run', '--detailed-exitcode');
  assert.is(clean.code, 0, said(clean));
}, 180_000);

test('a third host: each old one gets its entries and nothing else moves', async () => {
  const before = await standing('roz', 'wro');
  const joined = await run('three');
  assert.is(joined.code, 0, said(joined));
  assert.equal(made(joined, 'roz'), [
    'wireguard-conf:wg0 content',
    'wireguard:wg0 add peer lub',
    'link:wg0 add route 10.3.0.1/32',
  ]);
  unmoved(before, await standing('roz', 'wro'));
  assert.is(await ping('lub', TUNNEL.roz ?? ''), '3 received\n');
  assert.is(await ping('wro', TUNNEL.lub ?? ''), '3 received\n');
  const left = await run('two');
  assert.is(left.code, 0, said(left));
  assert.equal(
    made(left, 'wro').map((line) => line.split(' ').slice(0, 3).join(' ')),
    ['wireguard-conf:wg0 content', 'wireguard:wg0 remove peer', 'link:wg0 remove route'],
  );
}, 120_000);

test('MTU, endpoints and addresses change in place', async () => {
  const before = await standing('roz', 'wro');
  const smaller = await run('two', '--extra-vars', '{mtu: 1400}');
  assert.is(smaller.code, 0, said(smaller));
  assert.equal(made(smaller, 'roz'), ['wireguard-conf:wg0 content', 'link:wg0 mtu 1420 → 1400']);
  const moved = await run('moved');
  assert.is(moved.code, 0, said(moved));
  assert.equal(made(moved, 'roz'), ['wireguard-conf:wg0 content', 'link:wg0 mtu 1400 → 1420']);
  const after = await standing('roz', 'wro');
  assert.is(after.made, before.made);
  assert.is((await run('two')).code, 0);
}, 90_000);

test('new pairs on request: everywhere in one run, the interfaces stay, the old keys are gone', async () => {
  const old = await lab().byHand('roz', 'wg show wg0 public-key');
  const before = await standing('roz', 'wro');
  const rotated = await run('two', '--extra-vars', 'rotation=2');
  assert.is(rotated.code, 0, said(rotated));
  assert.equal(
    made(rotated, 'roz')[0],
    'wireguard-key:/etc/wireguard/wg0.key make a new key pair (rotate: 2)',
  );
  assert.is((await standing('roz', 'wro')).made, before.made);
  assert.is(await ping('wro', TUNNEL.roz ?? ''), '3 received\n');
  assert.not.match(await lab().byHand('wro', 'wg show wg0 peers; cat /etc/wireguard/wg0.conf'), old.trim());
  const again = await run('two', '--extra-vars', 'rotation=2');
  assert.is(again.recap('roz').changed, 0, again.out);
}, 60_000);

test('a damaged key is an error, and nothing is replaced', async () => {
  await lab().byHand('wro', 'cp -p /etc/wireguard/wg0.key /root/kept; : >/etc/wireguard/wg0.key');
  const refused = await run('two', '--extra-vars', 'rotation=2');
  assert.is(refused.code, 2, said(refused));
  assert.match(refused.failure('wro'), 'holds no private key of WireGuard');
  assert.match(refused.failure('wro'), 'give `rotate` a new value');
  await lab().byHand('wro', 'cp -p /root/kept /etc/wireguard/wg0.key; rm /root/kept');
  const clean = await run('two', '--extra-vars', 'rotation=2');
  assert.is(clean.recap('wro').changed, 0, clean.out);
}, 60_000);

test('a name that leads elsewhere is followed once its peer is silent', async () => {
  const there = lab().address('wro');
  await lab().byHand(
    'roz',
    `systemctl stop wg-quick@wg0; sed -i 's/.*wro.example.net/192.0.2.9 wro.example.net/' /etc/hosts; systemctl start wg-quick@wg0; wg show wg0 endpoints | grep -F 192.0.2.9`,
  );
  // The other side knows where this one was, and would call it.
  await lab().byHand('wro', 'wg set wg0 peer $(wg show wg0 peers) persistent-keepalive off');
  await lab().byHand('roz', `sed -i 's/.*wro.example.net/${there} wro.example.net/' /etc/hosts`);
  await lab().byHand(
    'roz',
    `i=0; until wg show wg0 endpoints | grep -qF ${there}:51820; do i=$((i+1)); [ $i -lt 60 ] || exit 1; sleep 0.5; done`,
  );
  await lab().byHand(
    'roz',
    'journalctl -q -o cat -u tightbeam-reresolve-wg0 | grep "another address of wro.example.net"; ! systemctl is-failed tightbeam-reresolve-wg0',
  );
  // The first words went to the old address: WireGuard says them again after five seconds.
  await lab().byHand(
    'roz',
    `i=0; until ping -c 1 -W 1 ${TUNNEL.wro} >/dev/null; do i=$((i+1)); [ $i -lt 15 ] || exit 1; sleep 0.5; done`,
  );
  assert.is(await ping('roz', TUNNEL.wro ?? ''), '3 received\n');
}, 60_000);

test('after a reboot the tunnel is up and nothing is to be done', async () => {
  await lab().reboot('wro');
  assert.is((await run('two', '--extra-vars', 'rotation=2')).code, 0);
  const clean = await run('two', '--dry-run', '--detailed-exitcode', '--extra-vars', 'rotation=2');
  assert.is(clean.code, 0, said(clean));
  assert.match(await ping('wro', TUNNEL.roz ?? ''), /[123] received/);
}, 60_000);

test('what cannot be is refused before anybody connects, at its place', async () => {
  const refusals: readonly (readonly [string, readonly string[], string])[] = [
    ['twice', [], 'wro and roz have the same tunnel address 10.1.0.1'],
    ['mute', [], 'neither roz nor wro has an `endpoint`'],
    ['two', ['--extra-vars', '{mtu: 1500}'], 'so 1420 is the most'],
  ];
  for (const [inventory, more, part] of refusals) {
    const refused = await run(inventory, ...more);
    assert.is(refused.code, 1, said(refused));
    assert.match(refused.err, part);
    assert.match(refused.err, /^runbooks\/tunnel\.yaml:\d+:\d+: /m);
    assert.is(refused.err.match(/\[bad-parameter\]/g)?.length, 1, said(refused));
  }
}, 30_000);
