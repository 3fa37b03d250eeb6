/**
 * What cuts us off from one of three real hosts is taken back by that host, within its time, with nobody there; the two
 * others keep their change; a good change leaves nothing behind.
 */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';
import { prepare, SECONDS, TUNNEL } from './books.ts';
import { cutFor, differs, left, look } from './looks.ts';

const LIMIT_MS = 120_000;
const HOSTS = ['roz', 'wro', 'lub'];
const OTHERS = ['wro', 'lub'];
const TO_ROZ = { jump: 'wro', to: TUNNEL.roz ?? '' };

const { test, lab } = labSuite('lockout', 3, prepare, {
  packages: ['nftables', 'ifupdown', 'wireguard-tools', 'wireguard-go'],
});

const everywhere = <T>(act: (host: string) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(HOSTS.map(act));

interface Case {
  readonly book: string;
  /** The others show it. */
  readonly kept: readonly [string, RegExp];
  /** What came back, last change first. */
  readonly back: readonly string[];
  readonly inventory?: string;
  readonly through?: typeof TO_ROZ;
  readonly more?: readonly string[];
}

/** Cuts roz off by the book. */
async function cut({ book, kept, back, inventory = 'net', through, more = [] }: Case): Promise<Finished> {
  const before = await look(lab(), 'roz');
  const running = lab().start([book, `inventory/${inventory}`, '--allow-lockout', '--yes', ...more]);
  const seconds = await cutFor(lab(), 'roz', running, through ? { through } : {});
  const done = await running.done;
  assert.is(done.code, 5, done.out + done.err);
  // A tunnel has to shake hands again, which WireGuard retries each five seconds.
  assert.ok(seconds < SECONDS + (through ? 10 : 5), `back after ${seconds} s`);
  assert.equal(differs(before, await look(lab(), 'roz')), []);
  for (const host of OTHERS) {
    assert.is(done.recap(host).failed + (done.recap(host).rolledBack ?? 0), 0, done.out);
    assert.ok(done.recap(host).changed > 0, done.out);
    assert.match(await lab().byHand(host, kept[0]), kept[1]);
  }
  assert.equal(
    done.of('revert').map(({ host, step, outcome }) => `${host} ${step} ${outcome}`),
    back.map((step) => `roz ${step} restored`),
  );
  assert.match(done.failure('roz'), /taken back: no new login succeeded within 8 s/);
  assert.equal(await everywhere((host) => left(lab(), host)), ['', '', '']);
  return done;
}

/** A run right on every host. */
async function good(book: string, ...more: readonly string[]): Promise<Finished> {
  const done = await lab().run([book, 'inventory/net', '--extra-vars', 'victim=nobody', '--yes', ...more]);
  assert.is(done.code, 0, done.out + done.err);
  return done;
}

const LAST = ['load', 'stop', 'tunnel'];

/** One controller for each host, killed as soon as the change is made or its host is cut off. Only the host acts from then on. */
async function killed(books: Readonly<Record<string, string>>): Promise<void> {
  const hosts = Object.keys(books);
  const before = await Promise.all(hosts.map((host) => look(lab(), host)));
  await Promise.all(
    hosts.map(async (host) => {
      const book = books[host] ?? '';
      const tunnel = book === 'tunnel';
      const vars = JSON.stringify({ victim: host, mtu: 1400 });
      const running = lab().start([
        ...[book, tunnel ? 'inventory/tunnel' : 'inventory/net', '--limit', host],
        ...['--extra-vars', vars, '--allow-lockout', '--yes'],
      ]);
      const kill = () => {
        running.child.kill('SIGKILL');
      };
      const made = running.until((event) => event.kind === 'change' && LAST.includes(event.step));
      made.then(kill, () => undefined);
      const options = { whenCut: kill, mayEnd: true };
      const seconds = await cutFor(lab(), host, running, tunnel ? { ...options, through: TO_ROZ } : options);
      assert.ok(seconds < SECONDS + (tunnel ? 10 : 5), `${host} back after ${seconds} s`);
      assert.is((await running.done).code, -1, 'it was killed');
    }),
  );
  // Whoever has taken back may still be at what needs no login.
  await Promise.all(
    hosts.map((host) =>
      lab().byHand(
        host,
        'n=0; until grep -q "^W timer" /var/lib/tightbeam/reverted/* 2>/dev/null; do n=$((n+1)); [ $n -lt 150 ] || exit 1; sleep 0.1; done',
      ),
    ),
  );
  const after = await Promise.all(hosts.map((host) => look(lab(), host)));
  assert.equal(
    hosts.map((_, index) => differs(before[index] ?? '', after[index] ?? '')),
    hosts.map(() => []),
  );
  const next = await lab().run(['note', 'inventory/net', '--limit', hosts.join(',')]);
  assert.is(next.code, 0, next.out + next.err);
  assert.equal(
    next
      .of('warning')
      .map(({ host, message }) => `${host} ${/taken back by the host since$/.test(message)}`)
      .sort(),
    hosts.map((host) => `${host} true`).sort(),
  );
  assert.equal(
    await Promise.all(hosts.map((host) => left(lab(), host, true))),
    hosts.map(() => ''),
  );
  // Nobody resumes these.
  const forget = "rm -rf /srv/note /var/lib/tightbeam/runs/*; systemctl stop 'tightbeam-forget*.timer'";
  await Promise.all(hosts.map((host) => lab().byHand(host, forget)));
}

test(
  'a host that boots before anybody has confirmed takes it back then',
  async () => {
    const before = await look(lab(), 'roz');
    const running = lab().start(['slow', 'inventory/net', '--limit', 'roz', '--allow-lockout', '--yes']);
    const boots: Promise<void>[] = [];
    await cutFor(lab(), 'roz', running, { whenCut: () => boots.push(lab().reboot('roz')) });
    await Promise.all(boots);
    const done = await running.done;
    assert.is(done.code, 5, done.out + done.err);
    assert.match(done.failure('roz'), /the host was booted before a new login had succeeded/);
    assert.equal(differs(before, await look(lab(), 'roz')), []);
    assert.is(await left(lab(), 'roz'), '');
  },
  LIMIT_MS,
);

test(
  '(a) rules of nftables that drop port 22',
  async () => {
    await cut({ book: 'wall', kept: ['nft list ruleset', /dport 22 accept/], back: ['load', 'rules'] });
  },
  LIMIT_MS,
);

test(
  '(d) sshd lets nobody in',
  async () => {
    await cut({
      book: 'settings',
      kept: ['cat /etc/ssh/sshd_config.d/site.conf', /PrintMotd/],
      back: ['load', 'settings'],
    });
  },
  LIMIT_MS,
);

test(
  'an undo that cuts us off is taken back, too',
  async () => {
    await lab().byHand(
      'roz',
      `printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/beat.service; systemctl enable -q --now beat`,
    );
    const first = await look(lab(), 'roz');
    // As somebody left it, who never reloaded sshd.
    await lab().byHand('roz', 'echo AllowUsers ops >/etc/ssh/sshd_config.d/site.conf');
    const [{ run } = { run: '' }] = (await good('much', '--limit', 'roz')).of('start');
    const before = await look(lab(), 'roz');
    const made = await left(lab(), 'roz');
    const running = lab().start(['undo', run, '--yes', '--confirm', `${SECONDS}s`]);
    const seconds = await cutFor(lab(), 'roz', running);
    const done = await running.done;
    assert.is(done.code, 5, done.out + done.err);
    assert.ok(seconds < SECONDS + 5, `back after ${seconds} s`);
    assert.equal(differs(before, await look(lab(), 'roz')), []);
    assert.match(done.failure('roz'), /taken back: no new login succeeded within 8 s/);
    assert.equal([...new Set(done.of('revert').map(({ outcome }) => outcome))], ['restored']);
    assert.is(await left(lab(), 'roz'), made);
    // Those who get in then can undo it.
    const undone = await lab().run(['undo', run, '--yes', '--user', 'ops', '--become']);
    assert.is(undone.code, 0, undone.out + undone.err);
    await lab().ssh('roz', 'sudo rm /etc/ssh/sshd_config.d/site.conf; sudo systemctl restart ssh', 'ops');
    assert.equal(differs(first, await look(lab(), 'roz')), []);
    assert.is(await left(lab(), 'roz'), '');
  },
  LIMIT_MS,
);

test(
  "(d) sshd is stopped, and the system's own ssh carries the run",
  async () => {
    await cut({
      book: 'stop',
      kept: ['cat /etc/motd.site', /x/],
      back: ['stop', 'note'],
      more: ['--transport', 'openssh'],
    });
  },
  LIMIT_MS,
);

test(
  '(e) a peer of WireGuard is wrong, and we come through the tunnel',
  async () => {
    await good('tunnel', '--extra-vars', '{"mtu":1420}');
    await cut({
      book: 'tunnel',
      inventory: 'tunnel',
      through: TO_ROZ,
      more: ['--extra-vars', '{"mtu":1400}'],
      kept: ['cat /sys/class/net/wg0/mtu', /1400/],
      // Its file, the running interface, the MTU.
      back: ['tunnel', 'tunnel', 'tunnel'],
    });
  },
  LIMIT_MS,
);

test(
  'the controller killed right after the write: tunnel, settings of sshd',
  () => killed({ roz: 'tunnel', lub: 'settings' }),
  LIMIT_MS,
);

test(
  'killed before anybody has confirmed, and run again at once: what is made then stays',
  async () => {
    const words = ['kept', 'inventory/net', '--limit', 'lub'];
    const running = lab().start(words);
    await running.until(({ kind }) => kind === 'change');
    running.child.kill('SIGKILL');
    await running.done;
    assert.match(await lab().byHand('lub', 'ls /var/lib/tightbeam/revert'), /^\d+-\w+\.1$/m);
    const again = await lab().run(words);
    assert.is(again.code, 0, again.out + again.err);
    assert.is(again.recap('lub').changed, 1, again.out);
    assert.match(again.of('warning')[0]?.message ?? '', /^waits until what a run has changed here/);
    await lab().byHand('lub', `sleep ${SECONDS}; test -e /srv/kept`);
    assert.is(await left(lab(), 'lub', true), '');
    assert.equal((await lab().run(words)).recap('lub').changed, 0);
  },
  LIMIT_MS,
);

test(
  '(b) the address moves',
  async () => {
    // From now on it is ifupdown that has set it.
    await everywhere((host) =>
      lab().byHand(
        host,
        `printf 'auto lo\\niface lo inet loopback\\nauto eth0\\niface eth0 inet static\\n  address ${lab().address(host)}/24\\n  gateway %s\\n' "$(ip route show default | awk '{ print $3 }')" >/etc/network/interfaces
ip -4 address flush dev eth0; systemctl restart networking; ip route show default | grep -q via`,
      ),
    );
    await cut({
      book: 'address',
      kept: ['cat /etc/network/interfaces', /mtu 1500/],
      back: ['load', 'interfaces'],
    });
  },
  LIMIT_MS,
);

test(
  'the controller killed right after the write: address, rules, sshd',
  () => killed({ roz: 'address', wro: 'wall', lub: 'stop' }),
  LIMIT_MS,
);

test(
  '(c) the route back goes',
  async () => {
    await everywhere((host) =>
      lab().byHand(
        host,
        `printf '[Match]\\nName=eth0\\n[Network]\\nAddress=${lab().address(host)}/24\\nLinkLocalAddressing=no\\n' >/etc/systemd/network/eth0.network
systemctl unmask systemd-networkd >/dev/null 2>&1; systemctl enable -q systemd-networkd; systemctl restart systemd-networkd; sleep 1`,
      ),
    );
    await cut({
      book: 'route',
      kept: ['cat /etc/systemd/network/eth0.network', /# good/],
      back: ['load', 'network'],
    });
  },
  LIMIT_MS,
);

test('the controller killed right after the write: route', () => killed({ wro: 'route' }), LIMIT_MS);
