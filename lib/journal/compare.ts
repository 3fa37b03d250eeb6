/** What two runs did differently: changes that one of them made, or made otherwise, and steps that ended otherwise. */
import { isDeepStrictEqual } from 'node:util';
import type { RunEvent } from '../model/event.ts';
import { changedSources } from './noted-disk.ts';
import type { RunRecord } from './read.ts';

type ChangeEvent = Extract<RunEvent, { kind: 'change' }>;

export interface ChangeDifference {
  readonly host: string;
  readonly step: string;
  readonly key: string;
  /** What each of them did; undefined: nothing. */
  readonly first?: string;
  readonly second?: string;
}

export interface StepDifference {
  readonly host: string;
  readonly step: string;
  /** How it ended in each; undefined: it was not a part of the run. */
  readonly first?: string;
  readonly second?: string;
}

export interface RunDifference {
  readonly changes: readonly ChangeDifference[];
  readonly steps: readonly StepDifference[];
  /** Files of the project that are not the same. */
  readonly sources: readonly string[];
}

export function compareRuns(first: RunRecord, second: RunRecord): RunDifference {
  const [changesA, changesB] = [changesOf(first), changesOf(second)];
  const [stepsA, stepsB] = [stepsOf(first), stepsOf(second)];
  const sources = (record: RunRecord) => record.resumed.at(-1)?.sources ?? record.head.sources;
  const both = <T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): readonly string[] => [
    ...new Set([...a.keys(), ...b.keys()]),
  ];
  return {
    changes: both(changesA, changesB).flatMap((name) => {
      const [a, b] = [changesA.get(name), changesB.get(name)];
      if (a && b && a.action === b.action && isDeepStrictEqual(a.diff, b.diff) && a.summary === b.summary)
        return [];
      const { host, step, key } = (a ?? b) as ChangeEvent;
      return [
        {
          host,
          step,
          key,
          ...(a ? { first: `${a.action} ${a.summary}` } : {}),
          ...(b ? { second: `${b.action} ${b.summary}` } : {}),
        },
      ];
    }),
    steps: both(stepsA, stepsB).flatMap((name) => {
      const [a, b] = [stepsA.get(name), stepsB.get(name)];
      if (a === b) return [];
      const [host = '', step = ''] = name.split('\0');
      return [
        { host, step, ...(a === undefined ? {} : { first: a }), ...(b === undefined ? {} : { second: b }) },
      ];
    }),
    sources: changedSources(sources(first), sources(second)),
  };
}

/** The last one of each thing, as it is what the run left. */
function changesOf({ events }: RunRecord): ReadonlyMap<string, ChangeEvent> {
  return new Map(
    events.flatMap(({ event }) =>
      event.kind === 'change' && !event.dryRun
        ? [[[event.host, event.step, event.key].join('\0'), event] as const]
        : [],
    ),
  );
}

function stepsOf({ events }: RunRecord): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap(({ event }) =>
      event.kind === 'step' ? [[`${event.host}\0${event.step}`, event.status] as const] : [],
    ),
  );
}
