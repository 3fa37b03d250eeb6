/** A table of nftables that is ours alone: running, and brought back at boot and after a restart of nftables.service. */
import { toBytes } from '../base/bytes.ts';
import { sh } from '../base/sh.ts';
import { type AnyResource, type Draft, PlanError, type Resource } from '../model/resource.ts';
import { directory } from './directory.ts';
import { file } from './file.ts';
import { FOLDER, UNIT, UNIT_TEXT } from './nft-boot.ts';
import { type NftTableHint, type NftTableState, nftTableKey, nftTableKind } from './nft-table-kind.ts';
import { packages } from './package.ts';
import { service } from './service.ts';

export interface NftTable {
  readonly family: 'inet' | 'ip' | 'ip6' | 'arp' | 'bridge' | 'netdev';
  /** Letters, digits and `_`. The file is named after it, so no two families may share a name. */
  readonly name: string;
  /** What stands between the braces, as {@link nftChain} makes it. */
  readonly rules: string;
}

export interface NftChain {
  readonly name: string;
  /** A base chain's type, hook, priority and policy; left out: a chain that rules jump to. */
  readonly base?: {
    readonly type: 'filter' | 'nat' | 'route';
    readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
    readonly priority: number;
    readonly policy: 'accept' | 'drop';
  };
  /** One statement each, without line ends. Written as nft prints it (`-p -y`), reading it costs least. */
  readonly rules: readonly string[];
}

/** The chains of a table as text, laid out as nft does. */
export function nftChains(chains: readonly NftChain[]): string {
  return chains.map(chainText).join('\n\n');
}

function chainText({ name, base, rules }: NftChain): string {
  const head = base
    ? [`type ${base.type} hook ${base.hook} priority ${base.priority}; policy ${base.policy};`]
    : [];
  return [`\tchain ${name} {`, ...[...head, ...rules].map((line) => `\t\t${line}`), '\t}'].join('\n');
}

/** The table now and for good. Installs nftables where it is not there. */
export function nftTable(table: NftTable): readonly AnyResource[] {
  const { path, source } = named(table);
  const content = `# Made by Tightbeam: loaded by ${UNIT}.\n${replacing(table, source)}`;
  const root = { owner: 'root', group: 'root', mode: '0644' };
  return [
    ...packages(['nftables'], { state: 'present' }),
    running(table, source),
    directory('/etc/tightbeam', {}),
    directory(FOLDER, {}),
    file(path, { content: toBytes(content), ...root }),
    file(`/etc/systemd/system/${UNIT}`, { content: toBytes(UNIT_TEXT), ...root }),
    service(UNIT, { enabled: true, running: true, settleMs: 0 }),
  ];
}

/** The table gone, now and at boot. */
export function noNftTable(table: Omit<NftTable, 'rules'>): readonly AnyResource[] {
  const { path } = named({ ...table, rules: '' });
  return [running(table, undefined), file(path, { absent: true })];
}

function named(table: NftTable) {
  if (!/^[A-Za-z]\w*$/.test(table.name)) {
    throw new PlanError(`"${table.name}" cannot name a table of nftables`, 'use letters, digits and _ alone');
  }
  const source = `table ${table.family} ${table.name} {\n${table.rules.replace(/\n+$/, '')}\n}`;
  return { path: `${FOLDER}/${table.name}.nft`, source };
}

/** One transaction: whatever the table held goes as the new one comes. */
function replacing({ family, name }: Omit<NftTable, 'rules'>, source: string): string {
  return `table ${family} ${name}\ndelete table ${family} ${name}\n${source}\n`;
}

function running(
  table: Omit<NftTable, 'rules'>,
  source: string | undefined,
): Resource<NftTableState, NftTableHint> {
  return {
    kind: nftTableKind,
    key: nftTableKey(table.family, table.name),
    hint: { source },
    plan(state) {
      if (source === undefined) return state.exists ? removal(table, state) : null;
      const own = state.source === undefined || state.source === source;
      if (state.exists && own && state.text === state.wanted) return null;
      return replacement(table, source, state);
    },
  };
}

function replacement(
  table: Omit<NftTable, 'rules'>,
  source: string,
  state: NftTableState,
): Draft<NftTableState> {
  const { exists, text } = state;
  const wanted = state.source === source && state.wanted !== '' ? state.wanted : source;
  return {
    action: exists ? 'update' : 'create',
    summary: exists ? 'replace the running table' : 'load the table',
    diff: [
      {
        kind: 'text',
        path: `${table.family} ${table.name}`,
        before: exists ? `${text}\n` : null,
        after: `${wanted}\n`,
      },
    ],
    after: { exists: true, text: wanted, wanted, source },
    // Asked first, as an error of the kernel's would not say which line it means.
    run: sh`tb_nft() { printf '%s\\n' ${replacing(table, source)} | nft "$@" -f -; }
tb_nft -c && tb_nft`,
    effects: [],
    opaque: false,
    inverse: 'yes',
  };
}

function removal(table: Omit<NftTable, 'rules'>, state: NftTableState): Draft<NftTableState> {
  return {
    action: 'delete',
    summary: 'remove the running table',
    diff: [{ kind: 'text', path: `${table.family} ${table.name}`, before: `${state.text}\n`, after: null }],
    after: nftTableKind.absent,
    run: sh`nft delete table ${table.family} ${table.name}`,
    effects: [],
    opaque: false,
    inverse: 'yes',
  };
}

export { type NftTableState, nftTableKey, nftTableRef } from './nft-table-kind.ts';
