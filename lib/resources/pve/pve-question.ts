/** Which questions tell of which thing of Proxmox. */
import type { Want } from '../../model/kind.ts';
import { nameOf, type Question } from './pve-answer.ts';
import { FIREWALL_FILE } from './pve-firewall-read.ts';
import { ID_OF, type PveHint, type SdnList } from './pve-state.ts';

const SDN = '/etc/pve/sdn';
export const SUBNETS: Question = { ask: 'file', path: `${SDN}/subnets.cfg` };
export const RUNNING: Question = { ask: 'file', path: `${SDN}/.running-config` };

export const VNETS = configFile('vnets');
export const ZONES = configFile('zones');
export const IPAM: Question = { ask: 'file', path: `${SDN}/pve-ipam-state.json` };
export const INTERFACES: Question = { ask: 'file', path: '/etc/network/interfaces' };
export const STAGED_INTERFACES = '/etc/network/interfaces.new';
export const FIREWALL: Question = { ask: 'file', path: FIREWALL_FILE };
export const NODES: Question = { ask: 'names', path: '/etc/pve/nodes' };
export const STAGED: Question = { ask: 'file', path: STAGED_INTERFACES };

export function pendingList(list: SdnList): Question {
  return { ask: 'get', path: `/cluster/sdn/${list}`, options: ['--pending', '1'] };
}

export function configFile(list: SdnList): Question {
  return { ask: 'file', path: `${SDN}/${list}.cfg` };
}

export function questionsOf(hint: PveHint): readonly Question[] {
  switch (hint.from) {
    case 'list':
      return [
        { ask: 'get', path: hint.path, options: [] },
        ...(hint.file === undefined ? [] : [fileQuestion(hint.file)]),
      ];
    case 'path':
    case 'guest':
      return [{ ask: 'get', path: hint.path, options: [] }];
    case 'candidate':
      return [pendingList(hint.list), configFile(hint.list)];
    case 'subnet':
      return [SUBNETS, VNETS];
    case 'pending':
      return [...(Object.keys(ID_OF) as SdnList[]).map(pendingList), SUBNETS, RUNNING];
    case 'entry':
      return [IPAM, VNETS, ZONES];
    case 'firewall':
      return [FIREWALL];
    case 'nodes':
      return [NODES];
    case 'staged':
      return [INTERFACES, STAGED];
  }
}

export function fileQuestion(path: string): Question {
  return { ask: 'file', path };
}

export function allQuestions(wants: readonly Want<PveHint>[]): readonly Question[] {
  const all = wants.flatMap(({ hint }) => (hint ? questionsOf(hint) : []));
  return [...new Map(all.map((question) => [nameOf(question), question])).values()];
}
