/**
 * How objects of Proxmox are read: whole lists, one call each, all at once, in the same frame as everything else. What
 * the SDN's next apply would bring is told by the lists' pending states and, for subnets (which have a list per vnet), by
 * the files in /etc/pve/sdn.
 */
import type { Kind, Reading, Ref, Want } from '../../model/kind.ts';
import {
  type Answers,
  askScript,
  fileOf,
  jsonOf,
  nameOf,
  PATIENCE,
  type Question,
  readAnswers,
} from './pve-answer.ts';
import { firewallOf } from './pve-firewall-read.ts';
import { guestOf } from './pve-guest-read.ts';
import { entryOf } from './pve-ipam-read.ts';
import { stagedOf } from './pve-network-read.ts';
import {
  allQuestions,
  configFile,
  FIREWALL,
  fileQuestion,
  INTERFACES,
  IPAM,
  NODES,
  pendingList,
  questionsOf,
  RUNNING,
  STAGED,
  SUBNETS,
  VNETS,
  ZONES,
} from './pve-question.ts';
import { candidateOf, pendingOf, subnetOf } from './pve-sdn-read.ts';
import { hidden, secretsOf, summed } from './pve-secret.ts';
import {
  ID_OF,
  NO_PVE,
  type PveHint,
  type PveState,
  type PveValue,
  pveKey,
  type SdnList,
  trueKey,
} from './pve-state.ts';

export const pveKind: Kind<PveState, PveHint> = {
  name: 'pve',
  limitMs: 120_000,
  absent: NO_PVE,
  read: (wants) => askScript(allQuestions(wants)),
  parse(out, wants) {
    const answers = readAnswers(out, allQuestions(wants));
    if (typeof answers === 'string') return wants.map(({ key }) => ({ key, unreadable: answers }));
    return wants.map((want) => reading(want, answers));
  },
  review: (state, hint) => ({
    counts: state,
    shown: secretsOf(hint).length === 0 ? state : hidden(state, hint),
  }),
  keep: { secret: (_, hint) => (secretsOf(hint).length === 0 ? [] : 'all') },
};

function reading({ key, hint }: Want<PveHint>, answers: Answers): Reading<PveState> {
  if (!hint) return { key, unreadable: 'nobody says where it is found' };
  for (const question of questionsOf(hint)) {
    const why = failureOf(question, hint, answers);
    if (why !== undefined) return { key, unreadable: why };
  }
  const state = stateOf(hint, answers);
  if (typeof state === 'string') return { key, unreadable: state };
  const name = trueKey(key, answers.node);
  return name === key ? { key, state } : { key, state, canonical: name };
}

/** Why a question has no answer; undefined when it has one, also where the answer is that there is nothing. */
function failureOf(question: Question, hint: PveHint, answers: Answers): string | undefined {
  const answer = answers.of(question);
  const name = nameOf(question).replace('/nodes/@node/', `/nodes/${answers.node}/`);
  if (!answer) return `${name} on node ${answers.node} gave no answer`;
  if (question.ask !== 'get' || answer.rc === 0) return undefined;
  if (answer.rc === 124 || answer.rc === 143)
    return `pvesh get ${name} on node ${answers.node} gave no answer within ${PATIENCE} seconds: see whether the cluster has quorum (pvecm status) and pve-cluster runs`;
  const text = answer.lines.join('\n');
  if ('missing' in hint && hint.missing.some((piece) => text.includes(piece))) return undefined;
  return `pvesh get ${name} on node ${answers.node}: ${answer.lines.at(-1) ?? `status ${answer.rc}`}`;
}

/** A text: why it cannot be told. */
function stateOf(hint: PveHint, answers: Answers): PveState | string {
  switch (hint.from) {
    case 'list': {
      const list = recordsOf(answers, { ask: 'get', path: hint.path, options: [] });
      if (!list) return `pvesh get ${hint.path} did not print a list`;
      const found = list.find((each) => String(each[hint.property]) === hint.name);
      const digest =
        hint.file === undefined ? digestOf(list[0]) : file(answers, fileQuestion(hint.file)).sha1;
      return found ? { ...objectState(summed(found, secretsOf(hint))), digest } : { ...NO_PVE, digest };
    }
    case 'path': {
      const answer = answers.of({ ask: 'get', path: hint.path, options: [] });
      if (answer?.rc !== 0) return NO_PVE;
      const value = jsonOf(answer);
      if (Array.isArray(value)) {
        const records = value.filter(isRecord);
        return { exists: true, value: records, digest: digestOf(records[0]) };
      }
      return isRecord(value) ? objectState(value) : `pvesh get ${hint.path} did not print JSON`;
    }
    case 'guest': {
      const question: Question = { ask: 'get', path: hint.path, options: [] };
      if (answers.of(question)?.rc !== 0) return NO_PVE;
      const list = recordsOf(answers, question);
      return list ? guestOf(list) : `pvesh get ${hint.path} did not print a list`;
    }
    case 'candidate': {
      const list = recordsOf(answers, pendingList(hint.list));
      if (!list) return `pvesh get /cluster/sdn/${hint.list} did not print a list`;
      return candidateOf(list, hint, file(answers, configFile(hint.list)).sha1);
    }
    case 'subnet':
      return subnetOf(file(answers, SUBNETS), file(answers, VNETS).text, hint);
    case 'entry':
      return entryOf(
        {
          ipam: file(answers, IPAM).text,
          vnets: file(answers, VNETS).text,
          zones: file(answers, ZONES).text,
        },
        hint,
      );
    case 'firewall': {
      const { text, sha1 } = file(answers, FIREWALL);
      return firewallOf(text, sha1);
    }
    case 'nodes': {
      const nodes = [...(answers.of(NODES)?.lines ?? [])].sort();
      return { exists: nodes.length > 0, value: { nodes }, digest: '' };
    }
    case 'staged':
      return stagedOf(file(answers, INTERFACES).text, file(answers, STAGED));
    case 'pending': {
      const lists = (Object.keys(ID_OF) as SdnList[]).map((list) => ({
        list,
        records: recordsOf(answers, pendingList(list)),
      }));
      return pendingOf(lists, file(answers, SUBNETS).text, file(answers, RUNNING).text);
    }
  }
}

function objectState(record: Readonly<Record<string, PveValue>>): PveState {
  const { digest: _, ...value } = record;
  return { exists: true, value, digest: digestOf(record) };
}

function isRecord(value: unknown): value is Readonly<Record<string, PveValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function digestOf(record: Readonly<Record<string, PveValue>> | undefined): string {
  return typeof record?.digest === 'string' ? record.digest : '';
}

function recordsOf(
  answers: Answers,
  question: Question,
): readonly Readonly<Record<string, PveValue>>[] | undefined {
  const answer = answers.of(question);
  const value = answer && jsonOf(answer);
  return Array.isArray(value) ? value.filter(isRecord) : undefined;
}

function file(answers: Answers, question: Question): { readonly text: string; readonly sha1: string } {
  const answer = answers.of(question);
  return answer ? fileOf(answer) : { text: '', sha1: '' };
}

/** The object under a path, for `reads` and `uses`. */
export function pveRef(path: string, hint: PveHint): Ref<PveState, PveHint> {
  return { kind: pveKind, key: pveKey(path), hint };
}

export const pendingRef: Ref<PveState, PveHint> = pveRef('/cluster/sdn', { from: 'pending' });
