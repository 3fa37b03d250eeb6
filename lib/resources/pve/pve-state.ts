/** What is known of an object of Proxmox, and how it is found: the state of a `pve:` key. */
import type { Key } from '../../model/key.ts';
import type { State } from '../../model/kind.ts';

/** As JSON has it: numbers, texts, lists; booleans are 0 and 1. */
export type PveValue = string | number | readonly PveValue[] | { readonly [name: string]: PveValue };

export interface PveState extends State {
  /** The object's fields, or a list of objects (rules); empty where there is none. */
  readonly value: Readonly<Record<string, PveValue>> | readonly Readonly<Record<string, PveValue>>[];
  /** SHA-1 of the file that holds it, as Proxmox wants it back; empty where nobody can tell. */
  readonly digest: string;
}

/** Where an object is found. A path may hold `@node`: the host's own node. */
export type PveHint =
  /**
   * An element of a list: `property` is `name`. `secrets` are known by their checksums alone; `file` holds the list and
   * gives its digest.
   */
  | {
      readonly from: 'list';
      readonly path: string;
      readonly property: string;
      readonly name: string;
      readonly secrets?: readonly string[];
      readonly file?: string;
    }
  /** An element of a list of the SDN, as it will be after the next apply. */
  | { readonly from: 'candidate'; readonly list: SdnList; readonly name: string }
  /** What stands under a path. `missing`: pieces of the error that say that there is nothing. */
  | { readonly from: 'path'; readonly path: string; readonly missing: readonly string[] }
  /** The settings of a VM, and those that wait for it to start anew; `path` ends in `/pending`. */
  | { readonly from: 'guest'; readonly path: string; readonly missing: readonly string[] }
  /** A subnet by its CIDR, of the candidate. */
  | { readonly from: 'subnet'; readonly vnet: string; readonly cidr: string }
  /** Groups of rules and who gets in without rules, as pve-firewall-read.ts has them. */
  | { readonly from: 'firewall' }
  /** The nodes of the cluster: `value.nodes` names them. */
  | { readonly from: 'nodes' }
  /** What the next apply would bring: `value.pending` names the objects. */
  | { readonly from: 'pending' }
  /** An entry of the IPAM that is Proxmox' own: the address of a MAC on a vnet. */
  | { readonly from: 'entry'; readonly vnet: string; readonly mac: string; readonly ip: string }
  /** What the node's next reload would bring: `value.now` and `value.next` are /etc/network/interfaces, and the file that waits. */
  | { readonly from: 'staged' };

/** Lists of the SDN that have a candidate and a running state. */
export type SdnList = 'controllers' | 'zones' | 'vnets';

export const ID_OF: Readonly<Record<SdnList, string>> = {
  controllers: 'controller',
  zones: 'zone',
  vnets: 'vnet',
};

export const NO_PVE: PveState = { exists: false, value: {}, digest: '' };

/** `pve:/cluster/sdn/zones/crossite` */
export function pveKey(path: string): Key {
  return `pve:${path}`;
}

const OWN_NODE = '/nodes/@node/';

/** The key with the host's own node in it, as reading has told its name. */
export function trueKey(key: Key, node: string): Key {
  return node === '' ? key : (key.replace(OWN_NODE, `/nodes/${node}/`) as Key);
}

/** What people are shown of what stands under a path: the host's own node by its name, once that is known. */
export function titled(path: string): {
  readonly title: string;
  readonly titleOf: (name: Key) => string;
} {
  const title = `pve:${path}`;
  return { title, titleOf: (name) => trueKey(title as Key, /^pve:\/nodes\/([^/]+)\//.exec(name)?.[1] ?? '') };
}

/** The fields of a state that is one object; none of a list. */
export function fieldsOf({ value }: PveState): Readonly<Record<string, PveValue>> {
  return Array.isArray(value) ? {} : (value as Readonly<Record<string, PveValue>>);
}
