/** The SDN as it will be after the next apply (the candidate), and what that apply would bring. */
import { ID_OF, NO_PVE, type PveHint, type PveState, type PveValue, type SdnList } from './pve-state.ts';
import { parseSections, type Section } from './section-config.ts';

type Record_ = Readonly<Record<string, PveValue>>;

/** An element of a list with pending states as the candidate has it. */
export function candidateOf(
  list: readonly Record_[],
  { list: name, name: id }: Extract<PveHint, { from: 'candidate' }>,
  digest: string,
): PveState {
  const found = list.find((each) => each[ID_OF[name]] === id);
  if (!found || found.state === 'deleted') return { ...NO_PVE, digest };
  const { pending, state: _, digest: __, ...running } = found;
  const changes = pending && typeof pending === 'object' ? Object.entries(pending as Record_) : [];
  const gone = new Set(changes.flatMap(([field, value]) => (value === 'deleted' ? [field] : [])));
  const value = Object.fromEntries(
    [...Object.entries(running), ...changes].filter(([field]) => !gone.has(field)),
  );
  return { exists: true, value, digest };
}

/** Objects of the candidate that are not as they run, by list and id: `zones/crossite changed`. */
export function pendingOf(
  lists: readonly { readonly list: SdnList; readonly records: readonly Record_[] | undefined }[],
  subnets: string,
  running: string,
): PveState | string {
  const pending: string[] = [];
  for (const { list, records } of lists) {
    if (!records) return `pvesh get /cluster/sdn/${list} did not print a list`;
    for (const each of records)
      if (typeof each.state === 'string') pending.push(`${list}/${String(each[ID_OF[list]])} ${each.state}`);
  }
  const config = runningConfig(running);
  if (typeof config === 'string') return config;
  const now = new Map(parseSections(subnets).map((section) => [section.id, section]));
  for (const [id, section] of now) {
    const before = config.subnets.get(id);
    if (!before) pending.push(`subnets/${id} new`);
    else if (fingerprint(properties(section)) !== fingerprint(before)) pending.push(`subnets/${id} changed`);
  }
  for (const id of config.subnets.keys()) if (!now.has(id)) pending.push(`subnets/${id} deleted`);
  return {
    exists: true,
    value: { pending: pending.sort(), version: config.version, bgp: config.bgp ? 1 : 0 },
    digest: '',
  };
}

/** A subnet of the candidate, from the file that holds them all; its zone is that of the vnet. */
export function subnetOf(
  file: { readonly text: string; readonly sha1: string },
  vnets: string,
  { vnet, cidr }: Extract<PveHint, { from: 'subnet' }>,
): PveState {
  const zone = parseSections(vnets).find(({ id }) => id === vnet)?.properties.zone?.[0] ?? '';
  const wanted = `-${cidr.replace('/', '-')}`;
  const found = parseSections(file.text).find(
    ({ id, properties: all }) => id.endsWith(wanted) && all.vnet?.[0] === vnet,
  );
  if (!found) return { ...NO_PVE, value: { zone }, digest: file.sha1 };
  return { exists: true, value: { id: found.id, zone, ...properties(found) }, digest: file.sha1 };
}

/** Fields as a list call gives them: what may stand there several times is a list. */
function properties({ properties: all }: Section): Record_ {
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [
      name,
      name === 'dhcp-range' ? values : (values.at(-1) ?? ''),
    ]),
  );
}

interface RunningConfig {
  readonly version: number;
  /** Whether a controller runs that has FRR speak BGP. */
  readonly bgp: boolean;
  readonly subnets: ReadonlyMap<string, Record_>;
}

function runningConfig(text: string): RunningConfig | string {
  if (text.trim() === '') return { version: 0, bgp: false, subnets: new Map() };
  try {
    const {
      version = 0,
      controllers,
      subnets,
    } = JSON.parse(text) as {
      readonly version?: number;
      readonly controllers?: { readonly ids?: Readonly<Record<string, Record_>> };
      readonly subnets?: { readonly ids?: Readonly<Record<string, Record_>> };
    };
    const all = Object.entries(subnets?.ids ?? {}).filter(
      ([, each]) => typeof each === 'object' && each !== null,
    );
    const bgp = Object.values(controllers?.ids ?? {}).some((each) => each?.type === 'evpn');
    return { version, bgp, subnets: new Map(all) };
  } catch {
    return '/etc/pve/sdn/.running-config is not JSON';
  }
}

/** Equal for equal settings: `type` is said once more in the running one, 0 is as good as nothing, numbers may be texts. */
function fingerprint(fields: Record_): string {
  const told = Object.entries(fields)
    .filter(([name]) => name !== 'type')
    .map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String).sort()] as const)
    .filter(([, values]) => values.length > 0 && values.join() !== '0')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(told);
}
