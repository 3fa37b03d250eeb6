/** A run as JUnit XML: a suite for each host, a case for each step. */
import type { Emit } from '../model/event.ts';
import { differenceLines } from './difference.ts';
import { createPaint } from './paint.ts';
import { settled } from './printable.ts';
import { type ChangeEvent, foldRun, type HostReport, type RunReport, type StepEvent } from './run-report.ts';
import { attributes, element } from './xml.ts';

export function junitRenderer(write: (text: string) => void): Emit {
  return foldRun((report) => write(junitText(report)));
}

interface Case {
  readonly name: string;
  readonly state: 'passed' | 'failure' | 'error' | 'skipped';
  /** Why it has not passed, in a line. */
  readonly message: string;
  readonly detail: string;
  readonly out: string;
}

interface Suite {
  readonly name: string;
  readonly seconds: number;
  readonly cases: readonly Case[];
}

function junitText(report: RunReport): string {
  const hosts = report.hosts.map((host) => hostSuite(host, report.dryRun));
  const suites = [
    ...(report.problems.length > 0 ? [problemSuite(report)] : []),
    ...(report.refusals.length > 0 ? [refusalSuite(report)] : []),
    ...hosts,
  ];
  const name = report.runbook === '' ? 'refused' : report.runbook;
  const body = suites.map((suite) =>
    element(
      'testsuite',
      {
        name: suite.name,
        ...counts([suite]),
        skipped: number(suite, 'skipped'),
        time: suite.seconds.toFixed(3),
      },
      suite.cases.map((each) => caseText(each, suite.name)),
      1,
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes({ name, ...counts(suites) })}>\n${body.join('')}</testsuites>\n`;
}

function counts(suites: readonly Suite[]): {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
} {
  const sum = (of: (suite: Suite) => number): number => suites.reduce((total, suite) => total + of(suite), 0);
  return {
    tests: sum(({ cases }) => cases.length),
    failures: sum((suite) => number(suite, 'failure')),
    errors: sum((suite) => number(suite, 'error')),
  };
}

function number({ cases }: Suite, state: Case['state']): number {
  return cases.filter((each) => each.state === state).length;
}

/** GitLab shows the content of the element, others its message. */
function caseText({ name, state, message, detail, out }: Case, host: string): string {
  const why =
    state === 'passed'
      ? []
      : [element(state, { message }, detail === '' ? message : `${message}\n${detail}`, 3)];
  const printed = out === '' ? [] : [element('system-out', {}, noAttachment(out), 3)];
  return element('testcase', { name, classname: host }, [...why, ...printed], 2);
}

/** GitLab would take a file that the text names for a screenshot. */
function noAttachment(text: string): string {
  return text.replaceAll('[[ATTACHMENT|', '[[ATTACHMENT |');
}

function problemSuite({ problems }: RunReport): Suite {
  const cases = problems.map(
    ({ code, message, place, hint }, at): Case => ({
      name: `${place ?? `problem ${at + 1}`} ${code}`,
      state: 'error',
      message: firstLine(message),
      detail: detailOf({ message, ...(hint === undefined ? {} : { hint }) }),
      out: '',
    }),
  );
  return { name: 'files', seconds: 0, cases };
}

/** What refuses the whole plan. */
function refusalSuite({ refusals }: RunReport): Suite {
  const cases = refusals.map(({ event, hosts }, at): Case => {
    const { guard, message, hint, place, ask } = event;
    const failure = {
      message,
      ...(place === undefined ? {} : { place }),
      ...(hint === undefined ? {} : { hint }),
    };
    return {
      name: `${guard} ${at + 1}`,
      state: ask ? 'skipped' : 'failure',
      message: firstLine(message),
      detail: detailOf(failure),
      out: hosts.length > 0 ? `on ${hosts.join(', ')}` : '',
    };
  });
  return { name: 'guards', seconds: 0, cases };
}

function hostSuite(host: HostReport, dryRun: boolean): Suite {
  const { name, recap, unreachable, locked, steps } = host;
  const absent = unreachable ?? locked;
  const ended = steps.map((step) => stepCase(step, host, dryRun));
  const known = new Set(steps.map(caseName));
  // In a dry run, changes may be told of a step whose end is not, as a handler's.
  const told = new Map([...host.changes, ...host.later].map((each) => [caseName(each), each]));
  const others = [...told].filter(([title]) => !known.has(title));
  const quiet = others.map(([, { step, runbook }]) => {
    const of = runbook === undefined ? {} : { runbook };
    return stepCase(
      { kind: 'step', host: name, step, status: 'changed', handler: true, ...of },
      host,
      dryRun,
    );
  });
  const gone: readonly Case[] = absent
    ? [
        {
          name: unreachable ? 'connect' : 'lock',
          state: 'error',
          message: firstLine(absent.message),
          detail: detailOf(absent),
          out: '',
        },
      ]
    : [];
  return { name, seconds: recap?.seconds ?? 0, cases: [...gone, ...ended, ...quiet] };
}

/** Runbooks that are looked at together may have steps of one name. */
function caseName({ step, runbook }: Pick<StepEvent, 'step' | 'runbook'>): string {
  return runbook === undefined ? step : `${runbook}: ${step}`;
}

/** In a dry run a step that would change something is skipped: it is not done, and nothing is wrong with it. */
function stepCase(event: StepEvent, host: HostReport, dryRun: boolean): Case {
  const { status, reason, failure } = event;
  const title = caseName(event);
  const changes = host.changes.filter((change) => caseName(change) === title);
  const later = host.later.filter((each) => caseName(each) === title);
  const out = [
    ...changes.map((change) => changeText(change)),
    ...later.map(({ reason: why, place }) => `known after apply: it rests on ${why}\n  at ${place}`),
  ].join('\n');
  const base = { name: title, out };
  if ((status === 'failed' || status === 'rolled_back') && failure)
    return { ...base, state: 'failure', message: firstLine(failure.message), detail: detailOf(failure) };
  if (status === 'ignored')
    return {
      ...base,
      state: 'skipped',
      message: `failed, ignored: ${reason ?? ''}`,
      detail: failure ? detailOf(failure) : '',
    };
  if (
    status === 'skipped' ||
    status === 'interrupted' ||
    status === 'not_started' ||
    status === 'unreachable'
  )
    return { ...base, state: 'skipped', message: reason ?? status.replace('_', ' '), detail: '' };
  if (dryRun && changes.length + later.length > 0) return { ...base, ...pending(changes, later.length) };
  return { ...base, state: 'passed', message: '', detail: '' };
}

function pending(changes: readonly ChangeEvent[], later: number): Pick<Case, 'state' | 'message' | 'detail'> {
  const what = changes.map(({ action, key }) => `${action} ${key}`);
  const parts = [...what, ...(later > 0 ? ['known after apply'] : [])];
  const message =
    parts.length > 4 ? `${parts.slice(0, 3).join(', ')} and ${parts.length - 3} more` : parts.join(', ');
  return { state: 'skipped', message: `changes pending: ${message}`, detail: '' };
}

const PLAIN = createPaint(false);

function changeText({ action, key, summary, diff, place, mayDiffer }: ChangeEvent): string {
  const guess = mayDiffer === undefined ? [] : [`  may differ: it rests on step ${mayDiffer}`];
  const at = place === '' ? [] : [`  at ${place}`];
  return [
    `${action} ${key}: ${summary}`,
    ...at,
    ...guess,
    ...differenceLines(diff, PLAIN).map((line) => `  ${line}`),
  ].join('\n');
}

function detailOf({ message, place, diff, output, hint }: NonNullable<StepEvent['failure']>): string {
  return [
    ...settled(message).split('\n').slice(1),
    ...(place === undefined ? [] : [`at ${place}`]),
    ...(diff ? differenceLines(diff, PLAIN) : []),
    ...(output
      ? settled(output)
          .split('\n')
          .map((line) => `| ${line}`)
      : []),
    ...(hint === undefined ? [] : [`→ ${hint}`]),
  ].join('\n');
}

function firstLine(text: string): string {
  return settled(text).split('\n', 1)[0] ?? '';
}
