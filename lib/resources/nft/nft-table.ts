/** A table of nftables that is ours alone: running, and brought back at boot and after a restart of nftables.service. */
import { toBytes } from '../../base/bytes.ts';
import { sh } from '../../base/sh.ts';
import { known } from '../../base/unknown.ts';
import { type AnyResource, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { directory } from '../file/directory.ts';
import { file } from '../file/file.ts';
import type { FileHint, FileState } from '../file/file-state.ts';
import { tryFirewall } from '../lockout/firewall-trial.ts';
import { packages } from '../package/package.ts';
import { service } from '../unit/service.ts';
import { nftBack, nftCuts, replacing } from './nft-back.ts';
import { DROP_IN_TEXT, DROP_INS, FOLDER, UNIT, UNIT_TEXT } from './nft-boot.ts';
import { type NftTableHint, type NftTableState, nftTableKey, nftTableKind } from './nft-table-kind.ts';
import { lockoutOf, SSH_PORTS, throughDoor } from './ssh-door.ts';

export interface NftTable {
  readonly family: 'inet' | 'ip' | 'ip6' | 'arp' | 'bridge' | 'netdev';
  /** Letters, digits and `_`. The file is named after it, so no two families may share a name. */
  readonly name: string;
  /** What stands between the braces, as {@link nftChains} makes it. {@link SSH_PORTS} in it are the ports of SSH. */
  readonly rules: string;
  /** CIDRs from which alone SSH is let in, where they are not all: the session's own address must be among them. */
  readonly sshFrom?: readonly string[];
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
  const source = sourceOf(table);
  return [
    ...packages(['nftables'], { state: 'present' }),
    running(table, source),
    directory('/etc/tightbeam', {}),
    directory(FOLDER, {}),
    persistent(table, source),
    file(`/etc/systemd/system/${UNIT}`, { content: toBytes(UNIT_TEXT), ...ROOT }),
    directory(DROP_INS, {}),
    file(`${DROP_INS}/tightbeam.conf`, { content: toBytes(DROP_IN_TEXT), ...ROOT }),
    service(UNIT, { enabled: true, running: true, settleMs: 0 }),
  ];
}

type Named = Pick<NftTable, 'family' | 'name'>;

/** The table gone, now and at boot. */
export function noNftTable(table: Named): readonly AnyResource[] {
  return [absent(table), file(pathOf(table), { absent: true })];
}

const ROOT = { owner: 'root', group: 'root', mode: '0644' } as const;

function pathOf({ name }: Named): string {
  if (!/^[A-Za-z]\w*$/.test(name)) {
    throw new PlanError(`"${name}" cannot name a table of nftables`, 'use letters, digits and _ alone');
  }
  return `${FOLDER}/${name}.nft`;
}

function sourceOf({ family, name, rules }: NftTable): string {
  return `table ${family} ${name} {\n${rules.replace(/\n+$/, '')}\n}`;
}

/** The file for the next boot. What only the host knows, the ports of SSH, comes from the state of the running table. */
function persistent(table: NftTable, source: string): Resource<FileState, FileHint> {
  const path = pathOf(table);
  const head = `# Made by Tightbeam: loaded by ${UNIT}.\n`;
  const wish = (text: string) => file(path, { content: toBytes(head + replacing(table, text)), ...ROOT });
  if (!source.includes(SSH_PORTS)) return wish(source);
  const key = nftTableKey(table.family, table.name);
  return {
    ...wish(source),
    hint: { need: 'content' },
    reads: [{ kind: nftTableKind, key, hint: { source } }],
    plan(state, at, now) {
      const found = at<NftTableState>(key);
      const door = found === undefined ? undefined : known(found).door;
      return wish(throughDoor(source, door)).plan(state, at, now);
    },
  };
}

function running(table: NftTable, source: string): Resource<NftTableState, NftTableHint> {
  return {
    kind: nftTableKind,
    key: nftTableKey(table.family, table.name),
    hint: { source },
    plan(state) {
      const own = state.source === undefined || state.source === source;
      if (state.exists && own && state.text === state.wanted) return null;
      return { ...replacement(table, source, state), ...lockoutOf(state.door, table.sshFrom ?? []) };
    },
  };
}

function absent(table: Named): Resource<NftTableState, NftTableHint> {
  return {
    kind: nftTableKind,
    key: nftTableKey(table.family, table.name),
    hint: { source: undefined },
    plan: (state) => (state.exists ? removal(table, state) : null),
  };
}

function replacement(table: Named, source: string, state: NftTableState): Draft<NftTableState> {
  const { exists, text } = state;
  const filled = throughDoor(source, state.door);
  // Asked first, as an error of the kernel's would not say which line it means.
  const run = sh`tb_nft() { printf '%s\\n' ${replacing(table, filled)} | nft "$@" -f -; }
tb_nft -c && tb_nft`;
  const wanted = state.source === source && state.wanted !== '' ? state.wanted : filled;
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
    after: { ...state, exists: true, text: wanted, wanted, source },
    run,
    // What only lets in or translates shuts nobody out.
    ...(/\b(drop|reject)\b/.test(filled) ? { trial: tryFirewall(run) } : {}),
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: nftBack(table, exists ? text : undefined),
    ...nftCuts(exists ? text : '', wanted),
  };
}

function removal(table: Named, state: NftTableState): Draft<NftTableState> {
  return {
    action: 'delete',
    summary: 'remove the running table',
    diff: [{ kind: 'text', path: `${table.family} ${table.name}`, before: `${state.text}\n`, after: null }],
    after: { ...state, ...nftTableKind.absent },
    run: sh`nft delete table ${table.family} ${table.name}`,
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: nftBack(table, state.text),
    ...nftCuts(state.text, ''),
  };
}

export { type NftTableState, nftTableKey, nftTableRef } from './nft-table-kind.ts';
