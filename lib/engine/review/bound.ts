/**
 * A run that is bound to a review: what was read must be what the review rests on, and nothing is written that the
 * review does not hold or does not leave open.
 */
import { formatPlace } from '../../base/problem.ts';
import type { FailureInfo } from '../../model/event.ts';
import type { Key } from '../../model/key.ts';
import type { Change, Difference } from '../../model/resource.ts';
import type { HostReview, OpenPart, ReviewedChange, Seal } from '../../model/review.ts';
import type { Step } from '../../model/runbook.ts';
import { endStep, stepOf } from '../ending.ts';
import { type Life, pendingSteps, statusOf } from '../life.ts';
import { countedFields, countedStates } from './counted.ts';
import { afterPrints } from './record.ts';
import { canonicalText } from './seal.ts';

export interface Bound {
  readonly hosts: ReadonlyMap<string, HostReview>;
  /** Of the key that the review's prints are made with. */
  readonly seal: Seal;
  /** Takes the values of secrets out of what is shown. */
  masked(value: unknown): unknown;
}

/** Ends the host's run when a state is not what the plan was made on; true when it is. */
export function refuseDrift(life: Life): boolean {
  const { bound } = life.context;
  const review = bound?.hosts.get(life.host.name);
  if (!bound || life.readOnly || life.wrote) return false;
  if (!review) return refuse(life, undefined, { message: 'the plan does not hold this host', hint: AGAIN });
  if (review.unreachable !== undefined)
    return refuse(life, undefined, {
      message: 'it could not be reached when the plan was made, so the plan says nothing of it',
      hint: AGAIN,
    });
  const [failed] = review.failed;
  if (failed)
    return refuse(life, stepOf(life, failed.step), {
      message: `it could not be planned to its end: ${failed.message}`,
      hint: AGAIN,
    });
  const found: { readonly key: Key; readonly diff: readonly Difference[] }[] = [];
  for (const [key, { counts, shown }] of countedStates(life)) {
    const known = review.states[key];
    if (known && known.print !== bound.seal.print(counts))
      found.push({ key, diff: fields(known.state, bound.masked(shown)) });
  }
  for (const key of Object.keys(review.states) as Key[]) {
    const why = life.picture.unreadable.get(key);
    if (why !== undefined)
      found.push({
        key,
        diff: [{ kind: 'field', name: 'state', from: 'as planned on', to: `cannot be read: ${why}` }],
      });
  }
  const [first] = found;
  if (!first) return false;
  const others = found.slice(1).map(({ key }) => key);
  return refuse(life, wantedBy(life, review, first.key), {
    message: `${first.key} has changed since the plan was made${others.length > 0 ? `, as have ${others.join(', ')}` : ''}`,
    key: first.key,
    diff: found.flatMap(({ diff, key }) => (others.length > 0 ? diff.map((each) => named(each, key)) : diff)),
    hint: AGAIN,
  });
}

const AGAIN = 'nothing was written on this host; plan again, and have the new plan reviewed';
const SOME = 'what the plan holds up to here was carried out; plan again, and have the rest reviewed';

/** Ends the host's run when a change is not in the review; true when it is. */
export function refuseUnreviewed(life: Life, changes: readonly Change[]): boolean {
  const { bound } = life.context;
  const review = bound?.hosts.get(life.host.name);
  if (!bound || !review) return false;
  const stranger = changes.find(
    (change) => !change.draft.quiet && !admitted(life, change, review, bound.seal, !life.wrote),
  );
  if (!stranger) return false;
  const { key, title, draft } = stranger;
  const expected = review.changes.find((each) => each.step === stranger.step && each.key === key);
  return refuse(life, stepOf(life, stranger.step), {
    message: `${title ?? key}: ${draft.summary}: ${expected ? `the plan says otherwise: ${expected.summary}` : 'this change is not in the plan'}`,
    key,
    diff: draft.diff,
    hint: life.wrote ? SOME : AGAIN,
  });
}

/** What has been planned by now, before the first write. */
export interface Come {
  readonly changes: readonly Change[];
  /** Of steps planned to their end, or found to have nothing to do. */
  readonly steps: ReadonlySet<string>;
  /** Restarts that are owed are planned when all else is. */
  readonly whole: boolean;
}

/**
 * Ends the host's run when a change of the review is not called for any more: the states are the same, so a fact or
 * an output that it rests on is another. True when there is one.
 */
export function refuseMissing(life: Life, { changes, steps, whole }: Come): boolean {
  const { bound } = life.context;
  const review = bound?.hosts.get(life.host.name);
  if (!bound || !review || life.wrote) return false;
  const isMissing = ({ step, key, mayDiffer, action }: ReviewedChange): boolean =>
    mayDiffer === undefined &&
    steps.has(step) &&
    (whole || action !== 'restart') &&
    !changes.some((change) => change.step === step && change.key === key) &&
    !review.open.some((part) => part.step === step && (part.key === undefined || part.key === key));
  const missing = review.changes.find(isMissing);
  if (!missing) return false;
  const { step, key, title, summary, diff } = missing;
  return refuse(life, stepOf(life, step), {
    message: `${title ?? key}: the plan holds "${summary}", and nothing calls for it any more: a fact, or what a query or a guard says, has changed`,
    key,
    diff,
    hint: AGAIN,
  });
}

function admitted(life: Life, change: Change, review: HostReview, seal: Seal, first: boolean): boolean {
  if (review.open.some((part) => covers(part, change))) return true;
  return review.changes.some(
    (each) => each.step === change.step && each.key === change.key && agrees(life, each, change, seal, first),
  );
}

function covers(part: OpenPart, { step, key }: Change): boolean {
  return part.step === step && (part.key === undefined || part.key === key);
}

/** Known parts must be as reviewed. Where the state before was a guess, what the change leaves as it is may be another. */
function agrees(life: Life, reviewed: ReviewedChange, change: Change, seal: Seal, first: boolean): boolean {
  const guess = reviewed.mayDiffer !== undefined || !first;
  if (!guess && reviewed.action !== change.draft.action) return false;
  const before = countedFields(life, change.key, change.before);
  const now = afterPrints(life, change, seal);
  return Object.entries(reviewed.after).every(([name, print]) => {
    const found = now[name] ?? null;
    if (print === null || found === null || found === print) return true;
    return guess && found === seal.print(before[name]);
  });
}

function refuse(life: Life, step: Step | undefined, failure: FailureInfo): true {
  life.drifted = true;
  const at = step ?? pendingSteps(life)[0]?.step;
  if (at) {
    const place = failure.place ?? formatPlace(at.place);
    if (statusOf(life, at.id) !== 'failed') endStep(life, at, 'failed', { failure: { ...failure, place } });
  } else life.context.emit({ kind: 'warning', host: life.host.name, message: failure.message });
  for (const { step: each, handler } of pendingSteps(life))
    endStep(life, each, 'not_started', { met: false, quiet: handler });
  return true;
}

/** The step that changes the thing, else the first one that looks at it. */
function wantedBy(life: Life, review: HostReview, key: Key): Step | undefined {
  const change = review.changes.find((each) => each.key === key);
  if (change) return stepOf(life, change.step);
  return life.order.find(({ step }) => {
    try {
      const view = life.viewer.view(step);
      return view.kind === 'ready' && view.resources.some((resource) => resource.key === key);
    } catch {
      return false;
    }
  })?.step;
}

/** What differs between two states, field by field; long texts as texts. */
function fields(before: unknown, after: unknown): readonly Difference[] {
  const old = (before ?? {}) as Readonly<Record<string, unknown>>;
  const now = (after ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof old.exists === 'boolean' && typeof now.exists === 'boolean' && old.exists !== now.exists)
    return comeOrGone(old.exists ? old : now, old.exists);
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const differing = names.filter((name) => canonicalText(old[name]) !== canonicalText(now[name]));
  if (differing.length === 0)
    return [{ kind: 'field', name: 'state', from: 'as planned on', to: 'another (a secret)' }];
  return differing.map((name): Difference => {
    const [from, to] = [old[name], now[name]];
    if (typeof from === 'string' && typeof to === 'string' && /\n/.test(from + to))
      return { kind: 'text', path: name, before: from, after: to };
    return { kind: 'field', name, from: word(from), to: word(to) };
  });
}

/** Of what is not there the fields say nothing: owner -1, size 0. */
function comeOrGone(there: Readonly<Record<string, unknown>>, gone: boolean): readonly Difference[] {
  const [is, not] = ['there', 'not there'];
  const state = { kind: 'field', name: 'state', from: gone ? is : not, to: gone ? not : is } as const;
  const texts = Object.entries(there).flatMap(([path, text]): readonly Difference[] =>
    typeof text === 'string' && text.includes('\n')
      ? [{ kind: 'text', path, before: gone ? text : null, after: gone ? null : text }]
      : [],
  );
  return [state, ...texts];
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

function named(diff: Difference, key: Key): Difference {
  return diff.kind === 'field' ? { ...diff, name: `${key} ${diff.name}` } : diff;
}
