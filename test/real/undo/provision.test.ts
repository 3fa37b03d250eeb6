/** The provision runbook and its undo, on a bare host and on one with a past: then nothing differs. */
import { printChanges } from '../../../lib/lab/host-print.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { undoSnapshot } from '../../fixture/undo-snapshot.ts';
import { assert } from '../../suite.ts';

const HOSTS = ['roz', 'wro'];

/** What the undo says to stay where there is such a thing. Here there is none, so nothing at all may differ. */
const DECLARED = ['what programs of new packages have written meanwhile, beside their configuration'];

/** Of a host that somebody has worked on: settings, rules, addresses, routing and packages that the runbook works on, too. */
const PAST = `set -e
apt-get update -qq && apt-get install -qqy --no-install-recommends nftables wireguard-tools frr frr-pythontools >/dev/null 2>&1
mkdir -p /etc/nftables.d /etc/sysctl.d
printf '# theirs\\nnet.ipv4.ip_forward = 0\\nnet.ipv4.conf.all.rp_filter = 2\\n' >/etc/sysctl.d/zz-tightbeam.conf
chmod 600 /etc/sysctl.d/zz-tightbeam.conf
sysctl -qp /etc/sysctl.d/zz-tightbeam.conf
nft 'add table inet theirs; add chain inet theirs input { type filter hook input priority 10; policy accept; }; add rule inet theirs input tcp dport 8080 counter accept'
printf '#!/usr/sbin/nft -f\\nflush ruleset\\n# theirs\\n' >/etc/nftables.conf
chmod 640 /etc/nftables.conf
ip address add 192.0.2.7/32 dev lo
ip route add 198.51.100.0/24 via 192.0.2.7 dev lo onlink metric 50 || ip route add 198.51.100.0/24 dev lo metric 50
install -d -m 750 -o games /etc/wireguard
printf 'hostname theirs\\nip prefix-list THEIRS seq 5 permit 192.0.2.0/24\\n' >/etc/frr/frr.conf
systemctl restart frr
echo keep >/etc/wireguard/theirs.txt; chown games:games /etc/wireguard/theirs.txt`;

const before = new Map<string, readonly string[]>();
const said = { dry: [] as readonly string[] };

const { test, lab } = labSuite('undo of provision', 2, async (project) => {
  await project.byHand('wro', PAST);
  for (const host of HOSTS) before.set(host, await undoSnapshot(project, host));
});

/** The lines under `what does not come back:`, without the blanks before them. */
function staysOf({ err }: Finished): readonly string[] {
  const [, text = ''] = err.split('what does not come back:\n');
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('  '));
  return lines.slice(0, end === -1 ? lines.length : end).map((line) => line.trim());
}

const changesOf = async (host: string): Promise<readonly string[]> =>
  printChanges(before.get(host) ?? [], await undoSnapshot(lab(), host));

test('the runbook is carried out, and a dry run of it had said which changes have no way back', async () => {
  const dry = await lab().run(['provision', 'inventory/lab', '--dry-run']);
  assert.is(dry.code, 0, dry.out + dry.err);
  const run = await lab().run(['provision', 'inventory/lab']);
  assert.is(run.code, 0, run.out + run.err);
  const without = (from: Finished): readonly string[] =>
    from
      .of('change')
      .flatMap((each) => (each.inverse === 'no' ? [`${each.host} ${each.step} ${each.key}`] : []));
  assert.equal(without(run), without(dry));
  assert.equal(without(run), []);
}, 600_000);

test('its undo says what stays, and nothing of it is a change', async () => {
  const dry = await lab().run(['undo', '@last', '--dry-run']);
  assert.is(dry.code, 0, dry.out + dry.err);
  said.dry = staysOf(dry);
  assert.equal(
    said.dry,
    HOSTS.flatMap((host) => DECLARED.map((line) => `${host}: ${line}`)),
  );
  assert.ok(dry.of('change').length > 40, String(dry.of('change').length));
}, 300_000);

test('undone, each host is as before: files, modes, owners, packages, sysctls, units, nft, addresses, routes, wg', async () => {
  const undone = await lab().run(['undo', '@last', '--yes']);
  assert.is(undone.code, 0, undone.out + undone.err);
  assert.equal(staysOf(undone), said.dry);
  for (const host of HOSTS) assert.equal(await changesOf(host), [], host);
}, 600_000);

test('provisioned again it works, and a second run changes nothing', async () => {
  const again = await lab().run(['provision', 'inventory/lab']);
  assert.is(again.code, 0, again.out + again.err);
  const second = await lab().run(['provision', 'inventory/lab']);
  assert.is(second.code, 0, second.out + second.err);
  assert.equal(second.of('change'), []);
  const verify = await lab().run(['verify', 'inventory/lab']);
  assert.is(verify.code, 0, verify.out + verify.err);
}, 600_000);

test('and that is undone just as well', async () => {
  const history = await lab().run(['history', 'provision', '--json'], { events: false });
  const runs = JSON.parse(history.out) as readonly {
    readonly id: string;
    readonly changed: readonly string[];
  }[];
  const latest = runs.filter(({ changed }) => changed.length > 0).at(-1);
  const undone = await lab().run(['undo', latest?.id ?? '', '--yes']);
  assert.is(undone.code, 0, undone.out + undone.err);
  for (const host of HOSTS) assert.equal(await changesOf(host), [], host);
}, 600_000);
