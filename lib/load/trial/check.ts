/** The checks that need the whole picture: secrets, names, values and parameters, for every host. */
import { RunError } from '../../base/error.ts';
import { Secret } from '../../base/secret.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Compiled } from '../expression/template.ts';
import { checkType } from '../expression/trial-type.ts';
import { varsScope } from '../inventory/host-vars.ts';
import type { LoadedInventory } from '../inventory/inventory.ts';
import { fetchSecrets, type SecretSource, secretSources, tellClashes } from '../inventory/secret-source.ts';
import type { StepDraft } from '../runbook/draft.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { isLate, type RunbookVars } from '../runbook/runbook-vars.ts';
import type { RunbookScopes } from '../runbook/scopes.ts';
import { stepParams } from '../runbook/step-param.ts';
import { checkVarSchema } from '../runbook/var-schema.ts';
import type { LoadInput } from '../source/input.ts';
import { child, type MapNode, type Node } from '../source/node.ts';
import { createFirst, type First, type Report } from '../source/report.ts';
import { lint, warnBraces } from './lint.ts';
import type { NameWorld } from './name-check.ts';
import { mainNames, namesByFrame } from './name-world.ts';
import { checkTasks, type OpenChecks } from './task-check.ts';
import { lintedTasks, lintTasks } from './task-lint.ts';
import { type TrialWorld, trySteps } from './trial.ts';
import { tryFrames } from './trial-frame.ts';
import { type ScopeWorld, trialScope } from './trial-scope.ts';
import { checkNames, reportError } from './trial-template.ts';

/** The runbook as it was built, for the checks. */
export interface Built {
  readonly built: readonly BuiltStep[];
  readonly drafts: readonly StepDraft[];
  readonly vars: RunbookVars;
  readonly scopes: RunbookScopes;
  readonly inventory: Inventory;
  readonly hosts: ReadonlySet<string>;
  readonly runbookName: string;
}

/** Where things came from. */
export interface CheckParts {
  readonly path: string;
  readonly top: MapNode;
  readonly loaded: LoadedInventory;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

/** Names in scope on a host before anything was read or fetched. */
export function shamScope(parts: CheckParts, all: Built): (host: string) => Scope {
  const make = (): ScopeWorld => {
    const sources = sourcesOf(parts, all);
    const secrets = shamSecrets(sources);
    const names = mainNames(nameSource(all, sources, secrets, parts.extraVars));
    return { names, inventory: all.inventory, runbookName: all.runbookName, secrets };
  };
  let world: ScopeWorld | undefined;
  return (host) => {
    world ??= make();
    return trialScope(host, world);
  };
}

function sourcesOf({ loaded }: CheckParts, all: Built): ReadonlyMap<string, SecretSource> {
  return secretSources([{ node: loaded.secrets, folder: loaded.folder }, ...runbookSecrets(all)]);
}

function runbookSecrets({
  scopes,
}: Built): readonly { readonly node: Node | undefined; readonly folder: string }[] {
  return scopes.parts.map(({ frame }) => ({ node: child(frame.top, 'secrets'), folder: frame.folder }));
}

function shamSecrets(sources: ReadonlyMap<string, SecretSource>): Readonly<Record<string, Secret>> {
  return Object.fromEntries([...sources.keys()].map((name) => [name, new Secret(name, 'secret')]));
}

export interface Checked {
  /** Those that are used. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Names of all. */
  readonly secretNames: readonly string[];
  readonly openChecks: OpenChecks;
}

/** Every check that needs the whole picture. */
export async function checkAll(
  input: LoadInput,
  parts: CheckParts,
  all: Built,
  report: Report,
): Promise<Checked> {
  tellClashes(runbookSecrets(all), report);
  const sources = sourcesOf(parts, all);
  const used = usedSecrets(all, sources);
  const fetching = input.fetchSecrets !== false && report.size === 0;
  const fetched = fetching ? await fetchSecrets(sources, used, input, report) : {};
  const sham = !fetching || report.size > 0;
  const secrets = sham ? shamSecrets(sources) : fetched;
  const names = mainNames(nameSource(all, sources, secrets, parts.extraVars));
  checkVars(all, names, report);
  const scopes = new Map<string, Scope>();
  const scopeWorld = { names, inventory: all.inventory, runbookName: all.runbookName, secrets };
  const scopeOf = (host: string): Scope => {
    const scope = scopes.get(host) ?? trialScope(host, scopeWorld);
    scopes.set(host, scope);
    return scope;
  };
  const world: TrialWorld = {
    names,
    namesIn: namesByFrame(names, all, scopeOf),
    inventory: all.inventory,
    runbookName: all.runbookName,
    drafts: all.drafts,
    path: parts.path,
    cwd: input.cwd,
    disk: input.disk,
    extraVars: parts.extraVars,
    secrets,
    scopes,
    kept: lookedAt(all.built),
    tried: new Map(),
    values: { values: parts.loaded.values, vars: child(parts.top, 'vars'), extraVars: parts.extraVars },
    shamSecrets: sham,
  };
  tryFrames(all.scopes, world, scopeOf, report);
  for (const { frame } of all.scopes.parts) {
    const { vars } = world.namesIn(frame);
    const hosts = frame.from?.hosts ?? all.hosts;
    checkVarSchema(
      frame.top,
      { hosts, vars, extraVars: parts.extraVars, inventory: all.inventory, values: parts.loaded.values },
      report,
    );
  }
  trySteps(all.built, all.hosts, world, report);
  for (const each of all.built) warnBraces(each, report);
  if (input.lint) lint(all.built, world, report);
  const openChecks = checkTasks(all.built, world, report);
  lintTasks(all.built, world, report);
  return { secrets: fetched, secretNames: [...sources.keys()], openChecks };
}

/** Steps with a check, those of the tasks whose steps their parameters name, and those that lints ask for. */
function lookedAt(built: readonly BuiltStep[]): ReadonlySet<string> {
  const checked = built.filter(({ step }) => step.task.check);
  const named = checked.flatMap(({ step }) => [...stepParams(step.task).values()]);
  const tasks = new Set([...named, ...lintedTasks(built)]);
  const wanted = built.filter(({ step }) => step.task.check || tasks.has(step.taskName));
  return new Set(wanted.map(({ step }) => step.id));
}

function usedSecrets(all: Built, sources: ReadonlyMap<string, SecretSource>): ReadonlySet<string> {
  const templates = [
    ...all.vars.templates.values(),
    ...all.scopes.groups.flatMap(({ variables }) => [...variables.values()]),
    ...all.scopes.parts.flatMap(({ inputs, over, vars, outputs }) => [
      ...[...inputs.values()].flatMap(({ given }) => given ?? []),
      ...over.values(),
      ...(vars?.templates.values() ?? []),
      ...outputs.values(),
    ]),
    ...all.built.flatMap((each) => [
      each.with,
      ...each.conditions.map(({ template }) => template),
      ...(each.vars ? [each.vars.template] : []),
      ...(each.foreach ? [each.foreach.compiled.items] : []),
      ...(each.until ? [each.until.template] : []),
      ...each.env.map(({ template }) => template),
    ]),
  ];
  const paths = templates.flatMap((template) => template.uses.flatMap((use) => use.expression.paths));
  const named = paths.filter((path) => path.root === 'secrets').map((path) => path.segments[0]?.name);
  // A secret chosen by a computed name may be any of them.
  return named.includes(undefined) ? new Set(sources.keys()) : new Set(named.flatMap((name) => name ?? []));
}

function nameSource(
  { built, vars, scopes, inventory }: Built,
  sources: ReadonlyMap<string, SecretSource>,
  secrets: Readonly<Record<string, Secret>>,
  extraVars: Readonly<Record<string, unknown>>,
) {
  return { built, vars, scopes, inventory, secretNames: [...sources.keys()], secrets, extraVars };
}

/** The runbook's own values on every host of the runbook: names first, then whether they have a value at all. */
function checkVars(all: Built, names: NameWorld, report: Report): void {
  const first = createFirst();
  for (const [, template] of all.vars.templates) {
    const late = template.uses.some((use) => use.expression.paths.some(isLate));
    if (template.constant || late) continue;
    for (const host of all.hosts) {
      let sound = true;
      for (const use of template.uses) sound = checkNames(use, host, {}, names, report, first) && sound;
      if (sound) tryValue(template, host, all, names, report, first);
    }
  }
}

function tryValue(
  template: Compiled,
  host: string,
  all: Built,
  names: NameWorld,
  report: Report,
  first: First,
): void {
  const secrets = Object.fromEntries([...names.secrets].map((name) => [name, new Secret(name, 'secret')]));
  const base = varsScope(all.inventory, secrets, {}, host);
  const vars = names.vars(host);
  const scope = { ...base, vars, host: { ...(base.host as object), vars } };
  if (!template.uses.every((use) => checkType(use, scope, host, report, first))) return;
  try {
    template.evaluate(scope);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    reportError(error, host, report, first);
  }
}
