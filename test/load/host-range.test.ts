/** Ranges: what they stand for in an inventory, and how hosts are chosen by them, by groups and by patterns. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { glob } from '../../lib/load/inventory/glob.ts';
import { chooseHosts } from '../../lib/load/inventory/host-pattern.ts';
import { nameRange, type RangeText } from '../../lib/load/inventory/host-range.ts';
import { loadInventory } from '../../lib/load/inventory/inventory.ts';
import { createReport } from '../../lib/load/source/report.ts';
import { locateInventory } from '../../lib/load/source/root.ts';
import { openTrees } from '../../lib/load/source/tree.ts';
import type { Inventory } from '../../lib/model/inventory.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('host-range');
const scratch: string[] = [];

test.after(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

async function load(text: string): Promise<Inventory> {
  const root = mkdtempSync(join(tmpdir(), 'tightbeam-range-'));
  scratch.push(root);
  writeFileSync(join(root, 'hosts.yaml'), text);
  const report = createReport();
  const at = locateInventory('hosts.yaml', root, root);
  const world = { ...inputFor(root), root, trees: openTrees(root) };
  const loaded = await loadInventory(at, world, report);
  assert.equal(report.problems(), []);
  if (!loaded) throw new Error('no inventory');
  return loaded.inventory;
}

function names(text: string): readonly string[] {
  return (nameRange(text) as RangeText).texts();
}

test('what a range stands for', () => {
  assert.equal(names('pve[08:11]'), ['pve08', 'pve09', 'pve10', 'pve11']);
  assert.equal(names('pve[8:11]'), ['pve8', 'pve9', 'pve10', 'pve11']);
  assert.equal(names('db-[a:c].example.net'), ['db-a.example.net', 'db-b.example.net', 'db-c.example.net']);
  assert.equal(names('n[01:08:3]'), ['n01', 'n04', 'n07']);
  assert.equal(names('r[1:2]n[A:B]'), ['r1nA', 'r1nB', 'r2nA', 'r2nB']);
  assert.equal(names('[0:1]'), ['0', '1']);
  assert.is(nameRange('pve'), undefined);
  assert.is((nameRange('n[1:100000]') as RangeText).count, 100_000);
  assert.is((nameRange('n[1:100001]') as { code?: string }).code, 'range-too-large');
  assert.is((nameRange('n[0:99999999999999999999]') as { code?: string }).code, 'bad-range');
});

test('hosts of a range: what all share, what goes in step, groups', async () => {
  const { hosts, groups } = await load(`
hosts:
  pve[01:03]:
    address: "pve[01:03].example.net"
    user: root
    groups: [proxmox]
    vars: { wg_address: "10.1.0.[11:13]", id: "x[a:c]", routes: [{ to: "10.[1:3].0.0/16" }], plain: "[1-3]" }
  wro: {}
groups:
  odd: { hosts: ["pve[01:03:2]", wro] }
`);
  assert.equal([...hosts.keys()], ['pve01', 'pve02', 'pve03', 'wro']);
  assert.equal(groups.get('proxmox'), ['pve01', 'pve02', 'pve03']);
  assert.equal(groups.get('odd'), ['pve01', 'pve03', 'wro']);
  const second = hosts.get('pve02');
  assert.is(second?.address, 'pve02.example.net');
  assert.is(second?.user, 'root');
  assert.equal(second?.vars, {
    wg_address: '10.1.0.12',
    id: 'xb',
    routes: [{ to: '10.2.0.0/16' }],
    plain: '[1-3]',
  });
  assert.is(hosts.get('pve03')?.place.line, 3);
});

test('choosing: ranges, hosts of a group by number, not, and', () => {
  const hosts = ['pve1', 'pve2', 'pve3', 'db-a', 'db-b'];
  const groups = new Map([
    ['all', hosts],
    ['pve', ['pve1', 'pve2', 'pve3']],
    ['cluster', ['pve1', 'pve2', 'pve3']],
    ['rack1', ['pve1', 'db-a']],
    ['rack2', ['pve2']],
  ]);
  const chosen = (...words: readonly string[]): readonly string[] => {
    const { hosts: found, faults } = chooseHosts(words, { hosts, groups });
    assert.equal(faults, []);
    return [...found];
  };
  assert.equal(chosen('db-[a:b]'), ['db-a', 'db-b']);
  assert.equal(chosen('rack[1:2]'), ['pve1', 'pve2', 'db-a']);
  assert.equal(chosen('pve[1-2]'), ['pve1', 'pve2']);
  assert.equal(chosen('pve[!1]'), ['pve2', 'pve3']);
  assert.equal(chosen('cluster[0]'), ['pve1']);
  assert.equal(chosen('cluster[-1]'), ['pve3']);
  assert.equal(chosen('cluster[1:]'), ['pve2', 'pve3']);
  assert.equal(chosen('cluster[:1]'), ['pve1', 'pve2']);
  assert.equal(chosen('all[0:2]', '!cluster[0]'), ['pve2', 'pve3']);
  assert.equal(chosen('pve', '&rack[1:2]'), ['pve1', 'pve2']);
  assert.equal(chosen('~^db', 'pve3'), ['pve3', 'db-a', 'db-b']);
  const faults = (word: string): readonly string[] =>
    chooseHosts([word], { hosts, groups }).faults.map(({ message }) => message);
  assert.equal(faults('db-[a:c]'), ['no host or group "db-c", which "db-[a:c]" names']);
  assert.equal(faults('db-[b:a]'), ['"[b:a]" ends before it begins']);
  assert.equal(faults('cluster[7]'), ['"cluster[7]" matches no host']);
  for (const word of ['pve[1:2]', 'pve[1]'])
    assert.match(faults(word)[0] ?? '', /may mean hosts of group "pve" .* or hosts such as "pve1"/);
});

test('globs, however many stars they have', () => {
  const fits: readonly (readonly [string, string, boolean])[] = [
    ['web*', 'web', true],
    ['web*', 'web12', true],
    ['web*', 'we', false],
    ['*', '', true],
    ['w?b*.example.*', 'web1.example.net', true],
    ['w?b*.example.*', 'web1xexample.net', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['r[!o]z', 'raz', true],
    ['r[!o]z', 'roz', false],
    ['r[a-c]z', 'rbz', true],
    ['a+b*', 'a+b', true],
    ['a+b*', 'aab', false],
    ['[z-a]*', 'b', false],
    ['[', '[', true],
  ];
  for (const [text, name, wanted] of fits) assert.is(glob(text)(name), wanted, `${text} ${name}`);
  const started = performance.now();
  assert.is(glob(`${'*a'.repeat(60)}*b`)('a'.repeat(250)), false);
  assert.ok(performance.now() - started < 1000);
});

test('a regular expression that would run for ever is stopped', () => {
  const name = 'a'.repeat(40);
  const started = performance.now();
  const { faults } = chooseHosts(['~^(a+)+!$'], { hosts: [name], groups: new Map([['all', [name]]]) });
  assert.match(faults[0]?.message ?? '', /takes longer than 100 ms/);
  assert.ok(performance.now() - started < 5000);
});
