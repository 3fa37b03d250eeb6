/** What steps protect is neither deleted nor stopped nor restarted by any step of the run, unless --allow says so. */
import { formatPlace } from '../../base/problem.ts';
import { didYouMean } from '../../base/suggest.ts';
import { type Key, keyId, keyKind } from '../../model/key.ts';
import type { Change } from '../../model/resource.ts';
import type { Step } from '../../model/runbook.ts';
import { endStep, stepOf } from '../ending.ts';
import { type Life, pendingSteps, statusOf } from '../life.ts';
import { canonical } from '../picture.ts';
import type { StepView } from '../step-view.ts';
import { causeOf } from './cause.ts';

interface Harm {
  readonly change: Change;
  /** What it would harm: its own key, or what goes with it. */
  readonly key: Key;
  readonly protector: Step;
}

/** Ends the steps that would harm what is protected on this host, and with them its run; true when there are any. */
export function refuseProtected(life: Life, changes: readonly Change[]): boolean {
  const saying = life.order.map(({ step }) => step).filter(({ protect }) => protect);
  const protectors = saying.filter((step) => viewOf(life, step)?.kind !== 'skip');
  if (protectors.length === 0) return false;
  for (const step of protectors) warnOfStrangers(life, step);
  const harms = changes.flatMap((change) => harmOf(life, change, protectors));
  if (harms.length === 0) return false;
  life.drifted = true;
  for (const id of new Set(harms.map(({ change }) => change.step))) {
    const step = stepOf(life, id);
    const own = harms.filter(({ change }) => change.step === id);
    if (step && statusOf(life, id) !== 'failed')
      endStep(life, step, 'failed', { failure: failureOf(life, own) });
  }
  for (const { step, handler } of pendingSteps(life))
    endStep(life, step, 'not_started', { met: false, quiet: handler });
  return true;
}

const BREAKS = { delete: 'deleted', stop: 'stopped', restart: 'restarted' } as const;

function harmOf(life: Life, change: Change, protectors: readonly Step[]): readonly Harm[] {
  const { action, effects, quiet } = change.draft;
  const { allowed } = life.context.project;
  if (quiet || !(action in BREAKS) || allowed.has(change.step)) return [];
  const keys = [change.key, ...effects.map(({ key }) => key)];
  for (const protector of protectors) {
    if (allowed.has(protector.id)) continue;
    const key = keys.find((each) => isProtected(life, each, action === 'delete', protector));
    if (key !== undefined) return [{ change, key, protector }];
  }
  return [];
}

/** A folder that is deleted takes with it what is in it. */
function isProtected(life: Life, key: Key, deleted: boolean, step: Step): boolean {
  const { protect } = step;
  if (!protect) return false;
  const named = protect.names === 'all' ? keysOf(life, step) : protect.names;
  const names = [key, canonical(life.picture, key)];
  return named.some((name) => {
    const thing = name.startsWith('/') ? (`file:${name}` as const) : (name as Key);
    const things = thing.includes(':') ? [thing, canonical(life.picture, thing)] : [thing];
    return names.some((each) =>
      things.some(
        (one) => isNamed(each, one) || (deleted && keyKind(each) === 'file' && one.startsWith(`${each}/`)),
      ),
    );
  });
}

function isNamed(key: Key, name: string): boolean {
  return key === name || keyId(key) === name || key === `unit:${name}.service`;
}

/** Keys of all that the step is about here, as far as it can be told. */
function keysOf(life: Life, step: Step): readonly Key[] {
  const view = viewOf(life, step);
  if (!view || view.kind === 'skip') return [];
  return (view.kind === 'ready' ? view.resources : view.perhaps).map(({ key }) => key);
}

/** Undefined: it cannot be viewed, and fails by itself. */
function viewOf(life: Life, step: Step): StepView | undefined {
  try {
    return life.viewer.view(step);
  } catch {
    return undefined;
  }
}

function failureOf(life: Life, harms: readonly Harm[]) {
  const [first] = harms as [Harm];
  const said = harms.map(({ change, key, protector }) => {
    const by = `which step ${protector.id} protects (${formatPlace(protector.protect?.place ?? protector.place)})`;
    const word = BREAKS[change.draft.action as keyof typeof BREAKS];
    return key === change.key
      ? `${change.title ?? key} would be ${word}, ${by}`
      : `${change.title ?? change.key} would be ${word}, and with it ${key}, ${by}`;
  });
  const { change, protector } = first;
  const done = life.wrote ? 'what stands before it was carried out' : 'nothing was written on this host';
  return {
    message: said.join('\n'),
    hint: `${done}; if it is meant: --allow ${protector.id}, or --allow ${change.step}`,
    key: change.key,
    place: causeOf(life, change.step, change.key),
    diff: change.draft.diff,
  };
}

/** A name that nothing here bears protects nothing, which nobody would notice. */
function warnOfStrangers(life: Life, { id, protect }: Step): void {
  if (!protect || protect.names === 'all') return;
  const known = life.order.flatMap(({ step }) => keysOf(life, step));
  for (const name of protect.names) {
    const thing = name.startsWith('/') ? `file:${name}` : name;
    if (known.some((key) => isNamed(key, thing) || key.startsWith(`${thing}/`))) continue;
    life.context.once(`protect ${id} ${name}`, [protect], () => {
      const near = didYouMean(name, known.map(keyId))?.replace(/^known: .*/, '');
      const hint = near ? `: ${near}` : '';
      const message = `${formatPlace(protect.place)}: step ${id} protects "${name}", which no step of this run is about${hint}`;
      life.context.emit({ kind: 'warning', host: life.host.name, message });
      return true;
    });
  }
}
