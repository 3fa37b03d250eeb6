/**
 * Subnets and what is pending of them are read from files, which costs no call: here both ways are asked after every change of
 * the recordings, and must say the same.
 */
import { createHash } from 'node:crypto';
import { fieldChanges } from '../../lib/resources/pve/pve-compare.ts';
import { pendingOf, subnetOf } from '../../lib/resources/pve/pve-sdn-read.ts';
import { fieldsOf } from '../../lib/resources/pve/pve-state.ts';
import type { Call } from '../fixture/pve/recording.ts';
import { RECORDINGS, replay } from '../fixture/pve/replay.ts';
import { type Machine, machine } from '../fixture/pve/stand-in.ts';
import { assert, suite } from '../suite.ts';

const test = suite('subnets from files');

interface Element {
  readonly id: string;
  readonly subnet: string;
  readonly cidr: string;
  readonly vnet: string;
  readonly zone: string;
  readonly digest: string | null;
  readonly state?: string;
  readonly gateway?: string;
  readonly snat?: number;
  readonly dnszoneprefix?: string;
  readonly 'dhcp-dns-server'?: string;
  readonly 'dhcp-range': readonly { readonly 'start-address': string; readonly 'end-address': string }[];
}

const file = (here: Machine, name: string): string => here.read(`etc/pve/sdn/${name}`) ?? '';

/** `subnets/ID state` of those of a vnet, as the files say. */
function pendingInFiles(here: Machine, vnet: string): readonly string[] {
  const subnets = file(here, 'subnets.cfg');
  const running = file(here, '.running-config');
  const state = pendingOf([], subnets, running);
  if (typeof state === 'string') throw new Error(state);
  const own = new Set<string>();
  for (const [, id = '', body = ''] of subnets.matchAll(/^subnet: (\S+)\n((?:\t.*\n?)*)/gm))
    if (new RegExp(`^\\tvnet ${vnet}$`, 'm').test(body)) own.add(id);
  const ids = running === '' ? {} : ((JSON.parse(running) as Running).subnets?.ids ?? {});
  for (const [id, each] of Object.entries(ids)) if (each.vnet === vnet) own.add(id);
  const { pending } = fieldsOf(state);
  return (pending as readonly string[]).filter((each) => own.has(each.replace(/^subnets\/(\S+) .*$/, '$1')));
}

interface Running {
  readonly subnets?: { readonly ids?: Readonly<Record<string, { readonly vnet: string }>> };
}

const pendingInList = (list: readonly Element[]): readonly string[] =>
  list
    .flatMap(({ id, subnet, state }) => (state === undefined ? [] : [`subnets/${id ?? subnet} ${state}`]))
    .sort();

/** What the file has of a subnet is what the list has of it. */
function sameSubnet(here: Machine, found: Element): void {
  const text = file(here, 'subnets.cfg');
  const sha1 = createHash('sha1').update(text).digest('hex');
  const state = subnetOf({ text, sha1 }, file(here, 'vnets.cfg'), {
    from: 'subnet',
    vnet: found.vnet,
    cidr: found.cidr,
  });
  assert.is(state.exists, true, `${found.subnet} is in the file`);
  assert.is(state.digest, found.digest);
  const { id, zone, ...fields } = fieldsOf(state);
  assert.is(id, found.subnet);
  assert.is(zone, found.zone);
  const ranges = found['dhcp-range'].map(
    (range) => `start-address=${range['start-address']},end-address=${range['end-address']}`,
  );
  const wish = {
    gateway: found.gateway,
    snat: found.snat,
    dnszoneprefix: found.dnszoneprefix,
    'dhcp-dns-server': found['dhcp-dns-server'],
    'dhcp-range': ranges.length === 0 ? undefined : ranges,
  };
  assert.equal(fieldChanges(fields, wish, { sets: ['dhcp-range'], made: [] }), [], found.subnet);
}

/** Asks files and calls; what is pending, and how many subnets there are. */
async function bothWays(
  here: Machine,
  when: string,
): Promise<{ readonly pending: readonly string[]; readonly subnets: number }> {
  const ask = async (...words: readonly string[]): Promise<readonly Element[]> => {
    const { stdout, rc, stderr } = await here.quick(['get', ...words, '--output-format', 'json']);
    assert.is(rc, 0, stderr);
    return JSON.parse(stdout) as readonly Element[];
  };
  const all: string[] = [];
  let subnets = 0;
  for (const each of await ask('/cluster/sdn/vnets')) {
    const list = `/cluster/sdn/vnets/${each.vnet}/subnets`;
    const pending = pendingInList(await ask(list, '--pending', '1'));
    assert.equal(pendingInFiles(here, each.vnet), pending, `after ${when}`);
    all.push(...pending);
    for (const subnet of await ask(list)) {
      sameSubnet(here, subnet);
      subnets += 1;
    }
  }
  return { pending: all, subnets };
}

for (const name of RECORDINGS)
  test(name, async () => {
    const count = { states: 0, pending: 0, subnets: 0, recorded: 0 };
    const watch = async (call: Call, here: Machine): Promise<void> => {
      const [verb = '', path = ''] = call.args;
      const [, vnet] = /^\/cluster\/sdn\/vnets\/([^/]+)\/subnets$/.exec(path) ?? [];
      // What Proxmox itself has answered: files of that moment are alike to the last byte, as their digests are.
      if (verb === 'get' && vnet !== undefined && call.rc === 0 && call.args.includes('json')) {
        const list = JSON.parse(call.stdout.join('\n')) as readonly Element[];
        if (call.args.includes('--pending')) assert.equal(pendingInFiles(here, vnet), pendingInList(list));
        else if (!call.args.includes('--running')) for (const each of list) sameSubnet(here, each);
        count.recorded += 1;
      }
      if (verb === 'get' || !/^\/?cluster\/sdn/.test(path)) return;
      const seen = await bothWays(here, call.args.join(' '));
      count.pending += seen.pending.length;
      count.subnets += seen.subnets;
      count.states += 1;
    };
    const { differences } = await replay(name, (text) => text, watch);
    assert.equal(differences, []);
    assert.ok(count.states > 3, JSON.stringify(count));
    assert.ok(count.subnets > 0, JSON.stringify(count));
    if (name.endsWith('-a')) assert.ok(count.pending > 3 && count.recorded > 5, JSON.stringify(count));
  }, 120_000);

for (const version of ['8.4.1', '9.1.1'])
  test(`every change of a subnet that is applied already, on the stand-in as ${version}`, async () => {
    const here = machine([`version ${version}`, 'node alpha', 'route 0.0.0.0/0 vmbr0 192.0.2.1']);
    const list = '/cluster/sdn/vnets/lan/subnets';
    const range = (from: string, to: string): string =>
      `start-address=10.0.0.${from},end-address=10.0.0.${to}`;
    const first = ['set', `${list}/simp-10.0.0.0-24`];
    const steps: readonly (readonly [readonly string[], readonly string[]])[] = [
      [['create', '/cluster/sdn/zones', '--zone', 'simp', '--type', 'simple'], []],
      [['create', '/cluster/sdn/vnets', '--vnet', 'lan', '--zone', 'simp'], []],
      [
        [
          'create',
          list,
          '--type',
          'subnet',
          '--subnet',
          '10.0.0.0/24',
          '--gateway',
          '10.0.0.1',
          '--snat',
          '0',
        ],
        ['a new'],
      ],
      [
        ['create', list, '--type', 'subnet', '--subnet', '10.0.1.0/24'],
        ['a new', 'b new'],
      ],
      [['set', '/cluster/sdn'], []],
      [[...first, '--gateway', '10.0.0.2'], ['a changed']],
      [[...first, '--gateway', '10.0.0.1'], []],
      [[...first, '--dhcp-range', range('9', '20'), '--dhcp-range', range('30', '40')], ['a changed']],
      [['set', '/cluster/sdn'], []],
      [[...first, '--dhcp-range', range('9', '20')], ['a changed']],
      [[...first, '--dhcp-range', range('9', '20'), '--dhcp-range', range('30', '40')], []],
      [[...first, '--delete', 'gateway'], ['a changed']],
      [
        ['delete', `${list}/simp-10.0.1.0-24`],
        ['a changed', 'b deleted'],
      ],
      [['set', '/cluster/sdn'], []],
    ];
    try {
      for (const [call, pending] of steps) {
        const { rc, stderr } = await here.quick(call);
        assert.is(rc, 0, `${call.join(' ')}: ${stderr}`);
        const names = pending.map((each) =>
          each.replace(/^a/, 'subnets/simp-10.0.0.0-24').replace(/^b/, 'subnets/simp-10.0.1.0-24'),
        );
        assert.equal((await bothWays(here, call.join(' '))).pending, names, call.join(' '));
      }
    } finally {
      here.remove();
    }
  }, 60_000);
