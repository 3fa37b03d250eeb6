/** Tries every step on every host it is for, as far as it can be known before connecting: names, types, parameters. */
import type { Secret } from '../../base/secret.ts';
import { findUnknown, Unknown } from '../../base/unknown.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Item } from '../../model/item.ts';
import type { Scope } from '../../model/runbook.ts';
import { type InputMemo, inputMemoIn } from '../expression/input-memo.ts';
import type { StepDraft } from '../runbook/draft.ts';
import type { Frame } from '../runbook/frame.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import type { Disk } from '../source/disk.ts';
import { createFirst, type First, type Report } from '../source/report.ts';
import type { NameWorld } from './name-check.ts';
import { refuseSecrets } from './trial-condition.ts';
import { itemTrial } from './trial-item.ts';
import { optionTrial } from './trial-option.ts';
import { paramCheck } from './trial-param.ts';
import { quickTrial } from './trial-quick.ts';
import { trialScope } from './trial-scope.ts';
import { tryOn } from './trial-step.ts';
import type { ValueWorld } from './value-place.ts';

/** The parameters of a step on a host; none where its condition is known to be false. */
export interface Tried {
  readonly params: Readonly<Record<string, unknown>> | undefined;
  /** Something within them is not known yet. */
  readonly open: boolean;
  /** Of a step with `foreach`: what each item has. */
  readonly items?: readonly { readonly item: Item; readonly tried: Tried }[];
}

export interface TrialWorld {
  readonly names: NameWorld;
  /** What is there to be named in a file of the runbook. */
  namesIn(frame: Frame): NameWorld;
  readonly inventory: Inventory;
  readonly runbookName: string;
  readonly drafts: readonly StepDraft[];
  /** Absolute path of the runbook. */
  readonly path: string;
  readonly cwd: string;
  readonly disk: Disk | undefined;
  readonly extraVars: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Scopes by host, filled as they are asked for. */
  readonly scopes: Map<string, Scope>;
  /** Where values of variables come from. */
  readonly values: ValueWorld;
  /** Steps whose parameters somebody's check may look at. */
  readonly kept: ReadonlySet<string>;
  /** Parameters of those by step and host, as the trial finds them; those with a fault are not in it. */
  readonly tried: Map<string, Map<string, Tried>>;
  /** The secrets are stand-ins: an error of an expression that looks at one means nothing. */
  readonly shamSecrets: boolean;
}

/** What the trial of a value is about, on all its hosts. */
export interface Trial {
  readonly world: TrialWorld;
  /** Of the file in which it stands. */
  readonly names: NameWorld;
  readonly report: Report;
  /** Each fault is told once, for the first host that has it. */
  readonly first: First;
  /** Which item of a step with `foreach`. */
  readonly item?: Item;
}

/** What the trial of a step is about. */
export interface Attempt extends Trial {
  readonly built: BuiltStep;
}

/** The trial of one step: of what is the same on all hosts at once, of the rest on one host after the other. */
export interface StepTrial {
  readonly hosts: ReadonlySet<string>;
  on(host: string, scope: Scope): void;
}

/** Host after host, as all steps look at the same values of a host; `hosts`: all of the runbook, in order. */
export function trySteps(
  built: readonly BuiltStep[],
  hosts: ReadonlySet<string>,
  world: TrialWorld,
  report: Report,
): void {
  const trials = built.flatMap((each) =>
    [stepTrial(each, world, report), optionTrial(each, world, report)].flatMap((trial) => trial ?? []),
  );
  if (trials.length === 0) return;
  for (const host of hosts) {
    const scope = world.scopes.get(host) ?? trialScope(host, world);
    world.scopes.set(host, scope);
    for (const trial of trials) if (trial.hosts === hosts || trial.hosts.has(host)) trial.on(host, scope);
  }
}

/** Undefined where nothing differs from host to host. */
function stepTrial(built: BuiltStep, world: TrialWorld, report: Report): StepTrial | undefined {
  const names = world.namesIn(built.draft.frame);
  const attempt = { built, world, names, report, first: createFirst() };
  if (built.foreach) return eachTrial(attempt);
  const sound = paramCheck(attempt);
  for (const { template } of built.conditions) refuseSecrets(template, 'a condition', report);
  const { constant } = built.with;
  const fixed = constant ? built.with.evaluate({}) : undefined;
  const fixedSound = constant && sound(fixed, undefined);
  const kept = world.kept.has(built.step.id);
  const results = new Map<string, Tried>();
  if (kept) world.tried.set(built.step.id, results);
  else if (constant && built.conditions.length === 0 && !built.vars) return undefined;
  const fixedTried = kept && fixedSound ? tried(fixed) : undefined;
  const memo = memoOf(built);
  const quick = kept ? undefined : quickTrial(built);
  let sure = fixedSound;
  const tryHost = (host: string, scope: Scope): Tried | undefined => {
    if (sure && quick?.(scope)) return NOT_THERE;
    const { params, there } = tryOn(host, scope, attempt);
    if (constant) return there ? fixedTried : NOT_THERE;
    if (params instanceof Unknown || !sound(params, host)) return undefined;
    sure = true;
    return there && kept ? tried(params) : NOT_THERE;
  };
  return {
    hosts: built.step.hosts,
    on(host, scope) {
      const result = memo(scope, () => tryHost(host, scope));
      if (kept && result) results.set(host, result);
    },
  };
}

function eachTrial(attempt: Attempt): StepTrial {
  const { built, world, report } = attempt;
  for (const { template } of built.conditions) refuseSecrets(template, 'a condition', report);
  const results = new Map<string, Tried>();
  const kept = world.kept.has(built.step.id);
  if (kept) world.tried.set(built.step.id, results);
  const tryHost = itemTrial(attempt);
  return {
    hosts: built.step.hosts,
    on(host, scope) {
      const result = tryHost(host, scope);
      if (kept && result) results.set(host, result);
    },
  };
}

function memoOf({ with: params, scope, conditions, vars }: BuiltStep): InputMemo<Tried | undefined> {
  const parts = [{ template: params, scope }, ...conditions, ...(vars ? [vars] : [])];
  return inputMemoIn(
    parts.map((part) => ({
      paths: part.template.uses.flatMap(({ expression }) => expression.paths),
      enter: part.scope.attempt,
    })),
  );
}

const NOT_THERE: Tried = { params: undefined, open: false };

function tried(params: unknown): Tried {
  return { params: params as Tried['params'], open: findUnknown(params) !== undefined };
}
