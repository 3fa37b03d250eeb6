/** A task: parameters in, desired resources out. No I/O, no clock, no chance. */
import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import type { Bytes } from '../base/bytes.ts';
import type { Once } from '../base/once.ts';
import type { Secret } from '../base/secret.ts';
import type { Unknown } from '../base/unknown.ts';
import type { Facts } from './facts.ts';
import type { Lint } from './lint.ts';
import type { AnyResource, At } from './resource.ts';

/** A host as tasks and expressions see it. Facts of hosts not read yet are Unknown wherever one looks. */
export interface HostView {
  readonly name: string;
  readonly address: string;
  readonly groups: readonly string[];
  readonly vars: Readonly<Record<string, unknown>>;
  readonly facts: Facts;
  /** Outputs of steps by step id. */
  readonly steps: Readonly<Record<string, { readonly outputs: Readonly<Record<string, unknown>> }>>;
}

/** A file of the control machine, named by a parameter of schema `format: local-file` or `local-path`. */
export interface LocalFile {
  /** Absolute path. */
  readonly path: string;
  /** Path within the tree that was named, `` for the file itself. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Size in bytes. */
  readonly size: number;
  /** `0644`: permission bits, four octal digits. */
  readonly mode: string;
  /** Lower-case hex SHA-256 of a file's content; empty for others. */
  readonly sha256: string;
  /** Where a symlink points; empty for others. */
  readonly target: string;
  /** The whole content: for templates and small files. */
  content(): Bytes;
}

/** Environment variables by name. */
export type StepEnv = Readonly<Record<string, string | Secret | Unknown>>;

/** What a task sees beside its parameters: the hosts, other steps, local files. What nobody has read yet is Unknown. */
export interface TaskContext {
  readonly host: HostView;
  /** The hosts of a group that a parameter of schema `format: host-group` names. Each such use is an edge. */
  hosts(group: string): readonly HostView[];
  /**
   * The parameters of a step as it has them on a host (default: this one), defaults filled in; undefined where it does
   * not run. For the step itself on its peers, and for steps that parameters of `format: step:TASK` name. Values that
   * rest on facts or outputs nobody has read yet are Unknown within it.
   */
  params(step: string, host?: string): Readonly<Record<string, unknown>> | undefined;
  /**
   * What a task works out of many hosts' parameters, made once for all hosts of the run: `make` is asked only where
   * nobody has asked for this name with the very same `of` (by identity; parameters of `params` keep theirs) before.
   * It must be pure and rest on `of` and the name alone. Begin the name with the task's own.
   */
  readonly once: Once;
  /** Id of this step. */
  readonly stepId: string;
  /** Names as expressions see them (`host`, `vars`, `facts`, `steps`, `hosts`, `groups`, `run`): for templates. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** A local file or tree named by a parameter, sorted by name; a tree's first entry is the folder itself. */
  local(path: string): readonly LocalFile[];
  /** `runbook.step`: a name for what belongs to this step alone. */
  readonly stepName: string;
  /** The environment that the step says: of its changes, and for what its task runs of the user's own. */
  readonly env: StepEnv;
  /** The account the step runs as; undefined: the session's own. */
  readonly user: string | undefined;
  /** The mark that says this handler is owed; undefined when the step is not a handler. */
  readonly owed: `owed:${string}` | undefined;
}

/**
 * JSON Schema 2020-12 of an object's properties; formats of ours: `local-file`, `local-path`, `host-group`,
 * `secret` (may take a secret), `mode` (`"0644"`), `abs-path`, `step:TASK` (id of a step of that task; left out, it
 * is the one step of that task that stands before, if there is just one).
 */
export interface ParamsSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
  readonly description?: string;
  /** Rules across properties (`oneOf`, `not`, `dependentRequired`): checked, but of no effect on the type. */
  readonly allOf?: readonly unknown[];
}

/** The parameters that a schema describes. Asked for late, as the union of all schemas is too much for tsc. */
export type Params<P extends ParamsSchema> =
  Omit<P, 'allOf'> extends infer S ? (S extends JSONSchema ? FromSchema<S> : never) : never;

/** What is wrong with a parameter beyond its schema; `path` leads to it from the top of `with`. */
export interface ParamFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** Outputs of another step that a task looks at: each is an edge. */
export interface OutputUse {
  /** Name of the parameter of `format: step:TASK` that names the step. */
  readonly step: string;
  /** Name of the parameter of `format: host-group` that names the hosts; this host without it. */
  readonly hosts?: string;
}

/** What {@link defineTask} takes: a summary, the schema of the parameters, and what is wanted of a host. */
export interface TaskDefinition<P extends ParamsSchema = ParamsSchema> {
  /** One line for `run tasks`. */
  readonly summary: string;
  readonly params: P;
  /** True: of a project, in the place of the built-in task of the same name, which is refused otherwise. */
  readonly overrides?: boolean;
  /** Steps in YAML, a list each (`- task: …`), as they may stand in a runbook: shown by `run tasks NAME`. */
  readonly examples?: readonly string[];
  /** Typed outputs: name to JSON Schema. Read from the states of the step's resources by `output`. */
  readonly outputs?: Readonly<Record<string, JSONSchema>>;
  readonly reads?: readonly OutputUse[];
  /** What to look for in a runbook that has this task, across its steps and hosts. */
  readonly lints?: readonly Lint[];
  /**
   * What no schema can say: sums, ranges, hosts that contradict each other. Asked for every host before the first
   * connection, and again where a parameter was unknown then. Pure; Unknown values are to be left alone.
   */
  check?(params: Params<P>, ctx: TaskContext): readonly ParamFault[];
  desire(params: Params<P>, ctx: TaskContext): readonly AnyResource[];
  /** The outputs, from the states after the step. Pure; a state it cannot know yet is Unknown. */
  output?(params: Params<P>, at: At, ctx: TaskContext): Readonly<Record<string, unknown>>;
}

// biome-ignore lint/suspicious/noExplicitAny: tasks of different parameters in one table
export type AnyTask = Omit<TaskDefinition<any>, 'desire' | 'output' | 'check'> & {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  check?(params: any, ctx: TaskContext): readonly ParamFault[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  desire(params: any, ctx: TaskContext): readonly AnyResource[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  output?(params: any, at: At, ctx: TaskContext): Readonly<Record<string, unknown>>;
  /** `tasks/x.ts:9:19`: where in a project's sources an error was thrown. Set by the loader, for tasks of a project. */
  placeOf?(error: unknown): string | undefined;
};

/** Identity with inference: the parameters' type is that of the schema, so a misspelt one is a compile error. */
export function defineTask<const P extends ParamsSchema>(task: TaskDefinition<P>): TaskDefinition<P> {
  return task;
}
