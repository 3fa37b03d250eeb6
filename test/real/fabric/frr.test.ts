/** Two real routers: sessions survive changes, what was typed into vtysh is found, a wrong configuration never gets in. */
import { forecast } from '../../fixture/forecast.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

/** The peer is the other host of the two. */
const runbook = (daemons: string, lines: string, more = ''): string => `name: Routers
hosts: all
become: true
vars: { other: { roz: wro, wro: roz } }
steps:
  - id: routing
    task: frr
    with:
      daemons: [${daemons}]
      config: |
        log syslog informational
        router bgp 65000
         bgp router-id \${{ host.address }}
         bgp default ipv4-unicast
         neighbor \${{ hosts[vars.other[host.name]].address }} remote-as 65000
         neighbor \${{ hosts[vars.other[host.name]].address }} timers 3 9
         neighbor \${{ hosts[vars.other[host.name]].address }} timers connect 2
${lines.replace(/^/gm, '        ')}
        exit
${more.replace(/^/gm, '        ')}
`;

const { test, lab } = labSuite('frr', 2, async (project) => {
  project.write('runbooks/routers.yaml', runbook('bgpd', ' neighbor 192.0.2.77 remote-as 65001'));
});

const run = (...more: readonly string[]): Promise<Finished> =>
  lab().run(['routers', 'inventory/lab', ...more]);
const made = (finished: Finished): readonly string[] =>
  finished.of('change').map(({ host, key, summary }) => `${host} ${key}: ${summary}`);

/** The session with the other host: when it came up (seconds of the epoch, by FRR exact to a second), and how often. */
interface Session {
  readonly since: number;
  readonly times: number;
}

async function session(): Promise<Session> {
  const show = `vtysh -c 'show bgp neighbors ${lab().address('wro')} json'`;
  const text = await lab().byHand(
    'roz',
    `i=0; until ${show} | grep -q '"bgpState":"Established"'; do i=$((i+1)); [ $i -lt 60 ] || exit 1; sleep 0.5; done; ${show}`,
  );
  const [peer] = Object.values(
    JSON.parse(text) as Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  );
  return { since: Number(peer?.bgpTimerUpEstablishedEpoch), times: Number(peer?.connectionsEstablished) };
}

async function stays(before: Session): Promise<void> {
  const now = await session();
  assert.is(now.times, before.times);
  assert.ok(Math.abs(now.since - before.since) <= 1, `up since ${before.since}, now since ${now.since}`);
}

/** Names, sizes, times and contents of all that FRR and we could leave on a host. */
const trace = (): Promise<string> =>
  lab().byHand(
    'roz',
    `find /etc/frr /run/frr /var/log/frr /var/lib/tightbeam /tmp /root /usr/lib/frr -printf '%p %T@ %C@ %s %m\\n' 2>/dev/null | sort; cat /etc/frr/* 2>/dev/null | sha256sum; VTYSH_HISTFILE=/dev/null vtysh -c 'show running-config' 2>/dev/null || :`,
  );

test('a dry run on bare hosts foretells and leaves nothing; one run sets up both, and the session comes up', async () => {
  const before = await trace();
  const dry = await run('--dry-run');
  assert.is(dry.code, 0, dry.out + dry.err);
  assert.is(await trace(), before);
  const real = await run();
  assert.is(real.code, 0, real.out + real.err);
  for (const host of ['roz', 'wro']) {
    assert.equal(forecast(dry, real, host).wrong, []);
    assert.is(real.recap(host).roundTrips, 3);
  }
  assert.is((await session()).times, 1);
  // Reloads would switch it on: FRR takes the kernel's "off" for a line that the file lacks.
  const forwarding = await lab().byHand(
    'roz',
    'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding; stat -c "%U:%G %a" /etc/frr/frr.conf /etc/frr/daemons',
  );
  assert.is(forwarding, '0\n0\nfrr:frr 640\nfrr:frr 640\n');
}, 180_000);

test('a second run finds nothing in one round trip, though a line is a default that FRR never shows', async () => {
  const again = await run();
  assert.is(again.code, 0, again.out + again.err);
  assert.equal(made(again), []);
  assert.is(again.recap('roz').roundTrips, 1);
  assert.match(await lab().byHand('roz', 'cat /var/lib/tightbeam/frr/proof'), 'bgp default ipv4-unicast');
}, 60_000);

test('another neighbour, a description and a prefix list change, daemons come and go: the session stays up', async () => {
  const up = await session();
  lab().write(
    'runbooks/routers.yaml',
    runbook(
      'bgpd, bfdd',
      ' neighbor 192.0.2.88 remote-as 65001\n neighbor 192.0.2.88 description  second  site',
      'ip prefix-list mine permit 10.0.0.0/8 le 24\nbfd\n profile quick\n  receive-interval 200\n exit\nexit',
    ),
  );
  const change = await run();
  assert.is(change.code, 0, change.out + change.err);
  assert.equal(
    made(change).filter((line) => line.startsWith('roz')),
    [
      'roz file:/etc/frr/daemons: daemons bgpd, bfdd',
      'roz file:/etc/frr/frr.conf: content',
      'roz frr:running: start bfdd, load /etc/frr/frr.conf',
    ],
  );
  assert.is(change.recap('roz').roundTrips, 2);
  const running = await lab().byHand(
    'roz',
    "vtysh -c 'show running-config'; pgrep -x bfdd >/dev/null && echo bfdd",
  );
  assert.match(running, 'neighbor 192.0.2.88 description second site');
  assert.match(running, 'receive-interval 200');
  assert.not.match(running, '192.0.2.77');
  assert.match(running, /bfdd\n$/);
  assert.equal(made(await run()), []);
  lab().write('runbooks/routers.yaml', runbook('bgpd', ' neighbor 192.0.2.88 remote-as 65001'));
  const back = await run();
  assert.is(back.code, 0, back.out + back.err);
  assert.match(
    await lab().byHand('roz', 'pgrep -x bfdd || echo none; systemctl is-active frr'),
    'none\nactive\n',
  );
  await stays(up);
}, 120_000);

test('what was typed into vtysh is found by a dry run that leaves no trace, mended, and the session stays up', async () => {
  const up = await session();
  await lab().byHand(
    'roz',
    `vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'neighbor 192.0.2.9 remote-as 65009' -c 'neighbor 192.0.2.9 password hunter2' -c 'no neighbor 192.0.2.88' -c 'exit' -c 'ip route 10.9.0.0/16 blackhole'`,
  );
  const before = await trace();
  const dry = await run('--dry-run', '--detailed-exitcode');
  assert.is(dry.code, 2, dry.out + dry.err);
  assert.is(await trace(), before);
  assert.equal(made(dry), ['roz frr:running: running configuration']);
  assert.equal(dry.of('change')[0]?.diff, [
    {
      kind: 'text',
      path: 'running configuration',
      before:
        'router bgp 65000\n neighbor 192.0.2.9 remote-as 65009\n neighbor 192.0.2.9 password (not shown)\nip route 10.9.0.0/16 blackhole\n',
      after: 'router bgp 65000\n neighbor 192.0.2.88 remote-as 65001\n',
    },
  ]);
  assert.not.match(JSON.stringify(dry.events), 'hunter2');
  const mended = await run();
  assert.is(mended.code, 0, mended.out + mended.err);
  assert.equal(made(mended), made(dry));
  assert.is(mended.recap('roz').roundTrips, 2);
  assert.equal(made(await run()), []);
  await stays(up);
  assert.not.match(
    await lab().byHand('roz', "vtysh -c 'show running-config'; ip route"),
    /192\.0\.2\.9 |10\.9\.0\.0/,
  );
}, 120_000);

test('what the kernel or another order of lines makes of it is no drift; a daemon that is not there is', async () => {
  await lab().byHand(
    'roz',
    "sysctl -qw net.ipv4.ip_forward=1; sed -i 's/^bgpd=yes/bgpd=no/' /etc/frr/daemons; systemctl reload frr; sed -i 's/^bgpd=no/bgpd=yes/' /etc/frr/daemons",
  );
  const dry = await run('--dry-run');
  assert.equal(made(dry), ['roz frr:running: start bgpd, running configuration']);
  const mended = await run();
  assert.is(mended.code, 0, mended.out + mended.err);
  await lab().byHand('roz', 'sysctl -qw net.ipv4.ip_forward=0; systemctl restart frr');
  const clean = await run('--dry-run', '--detailed-exitcode');
  assert.is(clean.code, 0, clean.out + clean.err);
  await session();
}, 120_000);

test('a wrong line is refused by its number before the file is in place, and nothing is touched', async () => {
  const up = await session();
  const file = await lab().byHand('roz', 'sha256sum /etc/frr/frr.conf; ls /etc/frr');
  lab().write('runbooks/routers.yaml', runbook('bgpd', ' neighbour 192.0.2.88 remote-as 65001'));
  const wrong = await run();
  assert.is(wrong.code, 2, wrong.out + wrong.err);
  assert.match(wrong.failure('roz'), /line 8: % Unknown command.*neighbour 192\.0\.2\.88 remote-as 65001/);
  assert.is(await lab().byHand('roz', 'sha256sum /etc/frr/frr.conf; ls /etc/frr'), file);
  await stays(up);
}, 60_000);

test('what only the daemon refuses fails the run in its words, until it is mended', async () => {
  const up = await session();
  lab().write(
    'runbooks/routers.yaml',
    runbook('bgpd', ' neighbor 192.0.2.66 description nobody said its AS'),
  );
  for (let time = 0; time < 2; time += 1) {
    const refused = await run();
    assert.is(refused.code, 2, refused.out + refused.err);
    assert.match(refused.failure('roz'), '% Specify remote-as or peer-group commands first');
  }
  lab().write('runbooks/routers.yaml', runbook('bgpd', ' neighbor 192.0.2.66 remote-as 65001'));
  const mended = await run();
  assert.is(mended.code, 0, mended.out + mended.err);
  assert.equal(made(await run()), []);
  await stays(up);
}, 60_000);

test('a password that is a secret is in the configuration and nowhere else; drift is found without it', async () => {
  const env = { BGP_PASSWORD: 'hunter2$(exit)' };
  const secret = (extra: string): string =>
    `${runbook('bgpd, bfdd', ` neighbor 192.0.2.66 remote-as 65001\n neighbor 192.0.2.66 password \${{ secrets.bgp }}\n${extra}`)}secrets: { bgp: { env: BGP_PASSWORD } }\n`;
  const quietly = async (...more: readonly string[]): Promise<Finished> => {
    const finished = await lab().run(['routers', 'inventory/lab', '--diff', ...more], { env });
    assert.not.match(JSON.stringify(finished.events) + finished.out + finished.err, 'hunter2');
    return finished;
  };
  lab().write('runbooks/routers.yaml', secret(' neighbour 192.0.2.67 remote-as 65001'));
  const wrong = await quietly();
  assert.is(wrong.code, 2, wrong.out + wrong.err);
  assert.match(wrong.failure('roz'), /^line 10: % Unknown command\S*$/m);
  lab().write('runbooks/routers.yaml', secret(' neighbor 192.0.2.67 remote-as 65001'));
  const first = await quietly();
  assert.is(first.code, 0, first.out + first.err);
  assert.equal(made(await quietly()), []);
  // Nor in what frr-reload says when it cannot even compare.
  await lab().byHand(
    'roz',
    `cd /usr/lib/frr; mv frr-reload.py was; rm /var/lib/tightbeam/frr/proof
printf '#!/bin/sh\\necho "line 9: %% Unknown command: isis hunter2"; exit 1\\n' >frr-reload.py; chmod +x frr-reload.py`,
  );
  const refused = await quietly();
  await lab().byHand('roz', 'mv /usr/lib/frr/was /usr/lib/frr/frr-reload.py');
  assert.is(refused.code, 2, refused.out + refused.err);
  assert.match(refused.failure('roz'), 'what it says is not shown');
  assert.is((await quietly()).code, 0);
  assert.equal(made(await quietly()), []);
  await lab().byHand(
    'roz',
    `vtysh -c 'show running-config' | grep -qF 'password hunter2$(exit)' && ! grep -rqs hunter2 /var/log /var/lib/tightbeam /tmp
vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'no neighbor 192.0.2.66 password' -c 'neighbor 192.0.2.66 password another'`,
  );
  const mended = await quietly();
  assert.is(mended.code, 0, mended.out + mended.err);
  assert.equal(made(mended), ['roz frr:running: running configuration']);
  assert.equal(mended.of('change')[0]?.diff, [{ kind: 'secret', name: 'running configuration' }]);
  assert.equal(made(await quietly()), []);
  lab().write('runbooks/routers.yaml', runbook('bgpd', ' neighbor 192.0.2.66 remote-as 65001'));
  const plain = await run();
  assert.is(plain.code, 0, plain.out + plain.err);
}, 120_000);

test('an FRR that vtysh cannot reach is not taken for one without configuration', async () => {
  await lab().byHand('roz', 'mkdir /run/away && mv /run/frr/*.vty /run/away/');
  const blind = await run('--dry-run');
  await lab().byHand('roz', 'mv /run/away/*.vty /run/frr/');
  assert.is(blind.code, 2, blind.out + blind.err);
  assert.match(blind.failure('roz'), /vtysh cannot reach it: .*failed to connect to any daemons/);
  assert.equal(made(await run()), []);
}, 60_000);

test('after a reboot a dry run finds nothing', async () => {
  await lab().reboot('roz');
  await session();
  const dry = await run('--dry-run', '--detailed-exitcode');
  assert.is(dry.code, 0, dry.out + dry.err);
}, 120_000);
