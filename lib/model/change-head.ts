/** What is told of a planned change wherever it is kept: in a plan that is reviewed, in the journal of a run. */
import type { Key } from './key.ts';
import type { Action, Difference } from './resource.ts';

export interface ChangeHead {
  /** Number within the run on this host, from 1. */
  readonly id: number;
  /** Id of the step or handler that wants it. */
  readonly step: string;
  readonly key: Key;
  readonly title?: string;
  readonly item?: string;
  readonly action: Action;
  readonly summary: string;
  readonly diff: readonly Difference[];
  /** How well the way back can be planned. */
  readonly inverse: 'yes' | 'approximate' | 'no';
  /** `file:line:col` of what in the runbook causes it. */
  readonly place: string;
}
