/** What the engine asks of a session on a host. Three carriers: our own ssh (ssh.ts), the system's (openssh.ts), the control machine (local.ts). */
import type { Sh } from '../base/sh.ts';
import type { Upload } from '../model/resource.ts';
import type { Confirmation, Decision } from './confirmation.ts';
import type { LockClaim, LockHolder, TurnedAway } from './lock.ts';
import type { SshContext } from './ssh-context.ts';

export type { Confirmation, Decision, Restore, Returned } from './confirmation.ts';

/** A framed piece of a job: read-only text whose stdout, stderr and status come back apart from all others. */
export interface Part {
  /** `[a-z0-9._-]+`, unique within the job. */
  readonly tag: string;
  readonly script: Sh;
  /** By our clock over the frames, in milliseconds, from the part's begin frame. */
  readonly limitMs: number;
  /** Account to run it as; undefined: the session's own. */
  readonly user?: string;
}

export type PartResult =
  | {
      readonly tag: string;
      readonly ended: 'done';
      readonly rc: number;
      readonly out: Buffer;
      readonly err: Buffer;
    }
  /** hung: over its limit, ended by us. killed: it took its own process group along. not_run: never begun. */
  | {
      readonly tag: string;
      readonly ended: 'hung' | 'killed' | 'not_run';
      readonly out: Buffer;
      readonly err: Buffer;
    };

/**
 * One change of an apply job. Status 75 of `guard`, or of `run` beside a guard, means "changed since it was read"; any other but 0 is a
 * failure of the change. Nothing was written or owed then.
 */
export interface ApplyChange {
  readonly id: number;
  readonly guard?: Sh;
  /** Tries it where it hurts nobody. With status 76 it would lock us out: it is not begun. */
  readonly trial?: Sh;
  /** Keeps in `$TB_BACKUP` what `restore` needs. With any status but 0 the change is not begun, and has failed. */
  readonly save?: Sh;
  readonly run: Sh;
  /** The way back, with the same `$TB_BACKUP`. */
  readonly restore?: Sh;
  /** Run once all changes are restored, in their own order: restarts with the files of before. */
  readonly finish?: Sh;
  readonly limitMs: number;
  readonly user?: string;
  /** It has the host boot again, which is away for up to so long: see reboot-text.ts. */
  readonly reboots?: { readonly delayMs: number; readonly timeoutMs: number };
  /** Names of marks to write under `<state>/owed/` before it begins, and to remove when it has succeeded. */
  readonly owes: readonly string[];
  readonly pays: readonly string[];
  readonly upload?: Upload;
  /** Its stdout (at most 64 KB, its end) is kept apart and given back. */
  readonly captures?: boolean;
  /** A unit whose InvocationID is noted right after the change, for the settling check. */
  readonly unit?: string;
  /** Parts to read right after this change, while the script goes on: outputs that other hosts wait for. */
  readonly then?: readonly Part[];
}

export interface ApplyJob {
  /** Of the run: `[0-9a-z-]+`. The journal lies in `<state>/runs/<run>/<stretch>/` on the host. */
  readonly run: string;
  readonly stretch: number;
  readonly changes: readonly ApplyChange[];
  /** Milliseconds to wait before `verify` when all changes succeeded; units that activate are waited for longer. */
  readonly settleMs: number;
  readonly settleUnits: readonly string[];
  /** Read in the same script after the last change; also when a change failed. */
  readonly verify: readonly Part[];
  readonly confirm?: Confirmation;
  /** Without it nothing keeps others from writing at the same time. */
  readonly lock?: LockClaim;
}

export interface ChangeResult {
  readonly id: number;
  /** done: rc tells. drifted: the guard said no. locked_out: its trial did. hung: over its limit, ended by us. lost: begun, and its end is unknown. */
  readonly ended: 'done' | 'drifted' | 'locked_out' | 'hung' | 'lost' | 'not_run';
  readonly rc: number;
  /** What it printed, both streams in order, at most the last 64 KB; what was captured stands before the rest. */
  readonly output: Buffer;
  readonly captured?: Buffer;
}

export interface ApplyResult {
  readonly changes: readonly ChangeResult[];
  readonly verify: readonly PartResult[];
  /** The attempt that was carried out: it names folders on the host. */
  readonly attempt?: number;
  /** InvocationID noted right after each unit's change, by unit name. */
  readonly invocations: ReadonlyMap<string, string>;
  /** Nothing was begun: read the host again. */
  readonly turnedAway?: TurnedAway;
}

/** Live news of an apply job. */
export interface ApplyWatch {
  /** The job goes to the host now; `top` is the highest number drawn of its lock, as far as is known. */
  sent?(top: number | undefined): void;
  /** A record of an earlier run's changes that the host took back: its name, a space, its lines parted by `;`. */
  found?(record: string): void;
  begin?(id: number): void;
  end?(id: number, result: ChangeResult): void;
  part?(id: number, result: PartResult): void;
  /** All ends are told, and waited for before the host's own record of them is taken away. */
  kept?(): Promise<void>;
  /** What the change that runs now prints: for the eyes only, it may miss lines. */
  output?(id: number, chunk: Buffer): void;
  /** Once it is aborted no further change begins; the one that runs comes to its end. */
  readonly halt?: AbortSignal;
}

/** What the first frame says of the account we act as. */
export interface Hello {
  readonly uid: number;
  readonly user: string;
  /** The login account, before become. */
  readonly login: string;
  /** Where marks, journals and spools lie: `/var/lib/tightbeam` for root, else below the home folder. */
  readonly stateDir: string;
  /** A change on it was neither confirmed nor taken back by then. */
  readonly unconfirmed?: true;
}

/**
 * One shell on one host. Failures of the connection throw RunError `unreachable`; a wrong sudo password or a
 * missing tool throws RunError `failed`. Calls are made one at a time.
 */
export interface Session {
  /** Frames sent whose answer was waited for. The hello travels in the first one. */
  readonly roundTrips: number;
  /** Known after the first answer. */
  readonly hello: Hello | undefined;
  read(parts: readonly Part[], signal?: AbortSignal): Promise<readonly PartResult[]>;
  apply(job: ApplyJob, watch: ApplyWatch, signal?: AbortSignal): Promise<ApplyResult>;
  /**
   * Ends a stretch that was to be confirmed: keeps it by a connection and login of its own, made for nothing else, or
   * takes it back. Waits until that is decided, whoever decides it. Throws RunError `unreachable` when the host stays
   * away until long after its time.
   */
  decide(job: ApplyJob, want: 'confirm' | 'revert', signal?: AbortSignal): Promise<Decision>;
  /** Waits until nobody holds the host, but no longer than `limitMs`; gives who still does. */
  awaitLock(limitMs: number, signal?: AbortSignal): Promise<LockHolder | undefined>;
  /** Run once all before it has come to its end; no answer is waited for, and what goes wrong is not heard of. */
  tell(text: Sh): void;
  /** Ends the shell and the connection; what still runs on the host is ended first. */
  close(): Promise<void>;
}

/** How to get onto a host: everything from inventory, flags and ~/.ssh/config. */
export interface Target {
  readonly name: string;
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly identity?: string;
  readonly jump?: readonly string[];
  readonly connection: 'ssh' | 'local';
  /** Undefined: as the options of `ssh` say, else our own. */
  readonly transport?: 'builtin' | 'openssh';
  /** Undefined: as ssh_config says. */
  readonly forwardAgent?: boolean;
  readonly become?: { readonly user: string; readonly method: 'sudo' | 'su' | 'doas' };
  /** Asked once, before any connection; sent only after our own prompt was seen. */
  readonly becomePassword?: import('../base/secret.ts').Secret;
  readonly connectTimeoutMs: number;
  /** Silence on the connection while an answer is awaited, after which the host counts as gone. */
  readonly silenceTimeoutMs: number;
  /** How long a connection that was cut is tried again (60 s), and how long the host waits for a word from us (10 s). */
  readonly reconnectMs?: number;
  readonly heartbeatMs?: number;
  readonly hostKeyPolicy: 'strict' | 'accept-new';
  readonly knownHosts: readonly string[];
  /** A connection that shares nothing with others to the same host. */
  readonly fresh?: true;
  /** What the connections of this run share: made once by the command line; without it each target stands alone. */
  readonly ssh?: SshContext;
}

export type OpenSession = (target: Target, signal?: AbortSignal) => Promise<Session>;
