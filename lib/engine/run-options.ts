/** What a run is given: the checked project, the flags, and everything it would otherwise have to ask for. */
import type { Secret } from '../base/secret.ts';
import type { Confirm } from '../model/confirm.ts';
import type { Emit } from '../model/event.ts';
import type { Journal } from '../model/journal.ts';
import type { ProvisionOf } from '../model/provision.ts';
import type { Resume } from '../model/resume.ts';
import type { HostReview, Seal } from '../model/review.ts';
import type { Project, Step } from '../model/runbook.ts';
import type { LocalFile } from '../model/task.ts';
import type { OpenSession } from '../remote/contract.ts';
import type { SshContext } from '../remote/ssh-context.ts';
import type { BecomeFlags } from './account.ts';
import type { Keeper } from './bundle/keep.ts';
import type { Recall } from './bundle/recall.ts';
import type { AskStep } from './consent.ts';
import type { Bound } from './review/bound.ts';
import type { Locking } from './turned-away.ts';

export interface RunOptions {
  readonly project: Project;
  readonly version: string;
  readonly dryRun: boolean;
  readonly detailedExitCode: boolean;
  readonly forks: number;
  readonly become: BecomeFlags;
  readonly becomePassword: Secret | undefined;
  readonly user: string | undefined;
  readonly identity: string | undefined;
  readonly connectTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  /** See {@link import('../remote/contract.ts').Target}. */
  readonly reconnectMs?: number;
  readonly heartbeatMs?: number;
  readonly hostKeyPolicy: 'strict' | 'accept-new';
  readonly locking: Locking;
  readonly open: OpenSession;
  /** What all connections of this run share: keys, jumps, limits. */
  readonly ssh?: SshContext;
  readonly emit: Emit;
  /** Of the run; undefined: one is made. */
  readonly id?: string;
  /** Where a run that writes writes down what it is about to do. */
  readonly journal?: Journal;
  /** Asked before a step changes anything, where it is gone through step by step. */
  readonly askStep?: AskStep;
  /** The run that stopped, and that this one goes on with under the same id. */
  readonly resume?: Resume;
  /** Makes the prints of what is recorded. */
  readonly seal?: Seal;
  /** Told of each host of a dry run once it is done: what would be done, and on what. */
  readonly record?: (review: HostReview) => void;
  /** The review that this run must keep to. */
  readonly bound?: Bound | undefined;
  /** What hosts that this run has changed, and brought to a good end, are to remember. */
  readonly provision?: ProvisionOf;
  /** Changes that would lock us out are made all the same. */
  readonly allowLockout?: boolean;
  /** For all steps that do not say `off`; off: for all. Undefined: as steps say, else for what can cut the connection. */
  readonly confirm?: Confirm | undefined;
  /** Told of everything that is read, for a bundle. */
  readonly keep?: Keeper;
  /** States that were kept earlier: the run plans on them and reads nothing. `open` gives a session over the same. */
  readonly recall?: Recall;
  /** What commands print is told, both streams, also where nobody asked for it in a runbook. */
  readonly showOutput?: boolean;
  /** The command line that would do this run on these hosts, for hints and the recap. */
  command(hosts: readonly string[], again?: 'look'): string;
  vars(host: string): Readonly<Record<string, unknown>>;
  local(path: string, step: Step): readonly LocalFile[];
  checkParams(step: Step, params: unknown): unknown;
}
