/** What a run tells of places in files: one finding for each thing at each place, however many hosts it is on. */

import { parsePlace } from '../base/problem.ts';
import { PROBLEM_CODES, type ProblemCode } from '../base/problem-code.ts';
import type { FailureInfo } from '../model/event.ts';
import { type Weight, weightOf } from '../model/review.ts';
import { settled } from './printable.ts';
import type { ChangeEvent, LaterEvent, RefusalEvent, RunReport, Shared } from './run-report.ts';

export type FindingLevel = 'error' | 'warning' | 'note';

export interface Finding {
  /** One of FINDING_RULES, or the code of a problem. */
  readonly rule: string;
  readonly level: FindingLevel;
  readonly weight: Weight;
  /** One line. */
  readonly title: string;
  readonly message: string;
  /** `line` and `col` are missing where no line of a file says it. */
  readonly place?: { readonly file: string; readonly line?: number; readonly col?: number };
  readonly hosts: readonly string[];
  /** What makes it the same finding in the next run: not its line, its words, or its hosts. */
  readonly identity: readonly string[];
}

/** What each rule is about. */
export const FINDING_RULES = {
  'destructive-change': 'A change by which something is lost, or to which there is no way back',
  restart: 'A service is restarted',
  change: 'A change on a host',
  'known-after-apply': 'What is changed here is known only once something before it was carried out',
  failed: 'A step fails',
  refused: 'A limit, a policy or what is protected refuses the plan',
  'not-as-reviewed': 'A host is not as it was when the plan was reviewed',
  unreachable: 'A host cannot be reached',
  locked: 'Another run writes to a host',
  warning: 'Worth knowing',
} as const;

export function ruleText(rule: string): string {
  const texts: Readonly<Record<string, string>> = { ...PROBLEM_CODES, ...FINDING_RULES };
  return texts[rule as ProblemCode] ?? rule;
}

/** Names that are told one by one. */
const MOST_NAMES = 5;

function absence(rule: 'unreachable' | 'locked', { event, hosts }: Shared<FailureInfo>): Finding {
  return {
    rule,
    level: 'error',
    weight: 'plain',
    title: `${rule}: ${few(hosts)}`,
    message: `${few(hosts)}: ${settled(event.message)}${hintOf(event.hint)}`,
    hosts,
    identity: [rule, ...hosts],
  };
}

/** What weighs most first; what weighs the same in the order of the run. */
export function findingsOf(report: RunReport, locate: (file: string) => string): readonly Finding[] {
  const found = [
    ...problems(report),
    ...report.refusals.map(refusal),
    ...failures(report),
    ...report.unreachable.map((each) => absence('unreachable', each)),
    ...report.locked.map((each) => absence('locked', each)),
    ...changes(report),
    ...report.warnings.map(
      ({ event, hosts }): Finding => ({
        rule: 'warning',
        level: 'warning',
        weight: 'plain',
        title: 'warning',
        message: `${hosts.length > 0 ? `${few(hosts)}: ` : ''}${event}`,
        hosts,
        identity: ['warning', event],
      }),
    ),
  ];
  const levels = ['error', 'warning', 'note'];
  const weights = ['destructive', 'restart', 'plain'];
  const rank = ({ level, weight }: Finding): number => levels.indexOf(level) * 3 + weights.indexOf(weight);
  const placed = found.map(({ place, ...rest }): Finding => {
    if (!place || place.file === '') return rest;
    return { ...rest, place: { ...place, file: locate(place.file) } };
  });
  return placed.sort((a, b) => rank(a) - rank(b));
}

function problems({ problems }: RunReport): readonly Finding[] {
  return problems.map(({ code, message, place, hint }) => ({
    rule: code,
    level: 'error',
    weight: 'plain',
    title: code,
    message: `${message}${hintOf(hint)}`,
    ...placeOf(place),
    hosts: [],
    identity: [code, message],
  }));
}

function refusal({ event, hosts }: Shared<RefusalEvent>): Finding {
  const { guard, message, hint, place, policy, ask, step = '', key = '' } = event;
  return {
    rule: 'refused',
    level: ask ? 'warning' : 'error',
    weight: 'plain',
    title: `${ask ? 'to be agreed to' : 'refused'}: ${guard}`,
    message: `${settled(message)}${hosts.length > 0 ? ` (${on(hosts)})` : ''}${hintOf(hint)}`,
    ...placeOf(place ?? policy),
    hosts,
    identity: [guard, policy ?? '', step, key],
  };
}

function failures({ failures, hosts }: RunReport): readonly Finding[] {
  const drifted = new Set(hosts.filter(({ recap }) => recap?.drifted).map(({ name }) => name));
  const groups = new Map<string, RunReport['failures'][number][]>();
  for (const each of failures) {
    const { step, status, failure } = each.event;
    const key = JSON.stringify([step, status, failure.message, failure.place]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group) => failureFinding(group, drifted));
}

/** Of all hosts that say so, whatever else a command has printed there. */
function failureFinding(group: RunReport['failures'], drifted: ReadonlySet<string>): Finding {
  const [{ event }] = group as readonly [RunReport['failures'][number]];
  const { step, status, failure, reason } = event;
  const hosts = group.flatMap((each) => each.hosts);
  const refused = hosts.every((name) => drifted.has(name));
  const ignored = status === 'ignored';
  return {
    rule: refused ? 'not-as-reviewed' : 'failed',
    level: ignored ? 'note' : 'error',
    weight: 'plain',
    title: `${step}: ${ignored ? `failed, ignored: ${reason ?? ''}` : status === 'rolled_back' ? 'taken back' : refused ? 'refused' : 'failed'}`,
    message: `${settled(failure.message)} (${on(hosts)})${hintOf(failure.hint)}`,
    ...placeOf(failure.place),
    hosts,
    identity: [step, failure.key ?? ''],
  };
}

function changes({ work, dryRun }: RunReport): readonly Finding[] {
  const groups = new Map<string, Shared<ChangeEvent | LaterEvent>[]>();
  for (const each of work) {
    const key = JSON.stringify([each.event.place, ...identityOf(each.event)]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((group) => changeFinding(group, dryRun));
}

function identityOf(event: ChangeEvent | LaterEvent): readonly string[] {
  return event.kind === 'change' ? [event.step, event.key, event.action] : [event.step, 'later'];
}

/** Of all hosts on which this is done to this thing, also where each has values of its own. */
function changeFinding(group: readonly Shared<ChangeEvent | LaterEvent>[], dryRun: boolean): Finding {
  const [first] = group as [Shared<ChangeEvent | LaterEvent>];
  const hosts = [...new Set(group.flatMap((each) => each.hosts))];
  const { event } = first;
  const common = { ...placeOf(event.place), hosts, identity: identityOf(event) };
  if (event.kind === 'later')
    return {
      rule: 'known-after-apply',
      level: 'note',
      weight: 'plain',
      title: `${event.step}: known after apply`,
      message: `known after apply: it rests on ${event.reason} (${on(hosts)})`,
      ...common,
    };
  const weights = group.map((each) => weightOf(each.event as ChangeEvent));
  const weight = (['destructive', 'restart'] as const).find((each) => weights.includes(each)) ?? 'plain';
  const summaries = new Set(group.map((each) => (each.event as ChangeEvent).summary));
  const own = group.length > 1 ? `, in ${group.length} ways` : '';
  const said = [...summaries].slice(0, 3).join('; or ');
  const guess = event.mayDiffer === undefined ? '' : `; may differ: it rests on step ${event.mayDiffer}`;
  return {
    rule: weight === 'destructive' ? 'destructive-change' : weight === 'restart' ? 'restart' : 'change',
    level: weight === 'plain' ? 'note' : 'warning',
    weight,
    title: `${event.step}: ${dryRun ? 'would ' : ''}${event.action} ${event.key}`,
    message: `${event.action} ${event.key}: ${settled(said)} (${on(hosts)}${own})${guess}`,
    ...common,
  };
}

function placeOf(text: string | undefined): Pick<Finding, 'place'> {
  return text === undefined || text === '' ? {} : { place: parsePlace(text) };
}

function on(hosts: readonly string[]): string {
  return hosts.length > 1 ? `on ${hosts.length} hosts: ${few(hosts)}` : `on ${few(hosts)}`;
}

function few(hosts: readonly string[]): string {
  const more = hosts.length - MOST_NAMES;
  return more > 0 ? `${hosts.slice(0, MOST_NAMES).join(', ')} and ${more} more` : hosts.join(', ');
}

function hintOf(hint: string | undefined): string {
  return hint === undefined ? '' : `\n→ ${hint}`;
}
