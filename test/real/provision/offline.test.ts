/** Offline review on real hosts: what a bundle says of the fabric is what the hosts say, bare, provisioned and with another runbook. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFaults } from '../../fixture/bundle-schema.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite('offline review', 2);
const HOSTS = ['roz', 'wro'];
const said = (run: Finished): string => run.out + run.err;

async function record(): Promise<void> {
  const ran = await lab().run(['facts', 'inventory/lab', '--out', 'bundle.json'], { events: false });
  assert.is(ran.code, 0, said(ran));
  assert.is(bundleFaults(JSON.parse(readFileSync(join(lab().root, 'bundle.json'), 'utf8'))), '');
}

/**
 * What is said of a host, but for what only a connection can say: its changes in their order, then the rest. When a
 * step is said to have ended rests on when the other host was heard of.
 */
function told({ events }: Finished, host: string): readonly string[] {
  const own = events.filter((event) => 'host' in event && event.host === host && event.kind !== 'connected');
  const lines = (change: boolean): string[] =>
    own.filter(({ kind }) => (kind === 'change') === change).map((event) => JSON.stringify(event));
  return [...lines(true), ...lines(false).sort()];
}

/** Compares the dry run on the hosts with that on the bundle, and gives how many changes they foretell. */
async function compare(runbook: string): Promise<number> {
  const live = await lab().run([runbook, 'inventory/lab', '--dry-run']);
  // A network of its own, in which there is nothing.
  const offline = await lab().run([runbook, 'inventory/lab', '--dry-run', '--against', 'bundle.json'], {
    within: ['unshare', '--net'],
  });
  assert.is(offline.code, live.code, said(offline));
  for (const host of HOSTS) {
    const [known, found] = [told(live, host), told(offline, host)];
    const at = known.findIndex((line, index) => line !== found[index]);
    assert.is(at, -1, `${host}: ${known[at]}\nand not ${found[at]}`);
    assert.is(found.length, known.length);
  }
  return live.of('change').length;
}

test('bare hosts', async () => {
  await record();
  assert.ok((await compare('provision')) > 40);
  await compare('verify');
}, 240_000);

test('provisioned hosts, and a runbook that was changed after they were recorded', async () => {
  const run = await lab().run(['provision', 'inventory/lab']);
  assert.is(run.code, 0, said(run));
  await record();
  assert.is(await compare('provision'), 0);
  await compare('server');
  const path = join(lab().root, 'runbooks/provision.yaml');
  const text = readFileSync(path, 'utf8');
  const changed = text.replace('net.ipv4.conf.all.rp_filter: 0', 'net.ipv4.conf.all.rp_filter: 2');
  assert.is.not(changed, text);
  writeFileSync(path, changed.replace('keepalive: 25', 'keepalive: 20'));
  assert.ok((await compare('provision')) > 2);
}, 400_000);
