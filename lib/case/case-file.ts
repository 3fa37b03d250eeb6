/**
 * Cases of a task as data: test/cases/<task>.yaml of a project is a list of
 *
 *   name      what the case shows
 *   params    as in a runbook; `{ $secret: text }` is a secret, `{ $unknown: reason }` a value nobody knows yet
 *   host      { name, address, groups, vars, facts } of the host, each with a default
 *   hosts     group: list of such hosts; `steps: { key: { outputs: { … } } }` on any of them: what its steps put out
 *   step      id of the step itself, `step` when left out
 *   steps_params  step: host: the parameters it has there (defaults written out); those of the step itself on other
 *             hosts are laid over the schema's defaults, on this host they are `params`
 *   vars      names for templates
 *   handler   true: the step is a handler that is owed
 *   state     key: what is found; `absent`, or fields laid over those of a thing that is there
 *   changes   list of { key, action, summary?, diff? } in order; [] with `why`
 *   later     part of the reason why it cannot be planned yet
 *   invalid   part of the message with which the parameters are refused
 *   error     part of the message with which planning is refused
 *   faults    list of `path: part of the message`, all that the task's check finds, in order; every other case
 *             shows that it finds none
 *   outputs   the task's outputs afterwards
 *   observed  key: what the check sees there when all is well
 *
 * Local files that parameters name lie in `files/` beside the case file. Keys that are not named are absent, those that a resource only uses or looks at are there.
 */
import { readFileSync } from 'node:fs';
import { type Bytes, sha256, toBytes } from '../base/bytes.ts';
import { invalid } from '../base/error.ts';
import type { Place, Problem } from '../base/problem.ts';
import { Secret } from '../base/secret.ts';
import { didYouMean } from '../base/suggest.ts';
import { Unknown } from '../base/unknown.ts';
import { isMap } from '../load/source/json-schema.ts';
import type { Key } from '../model/key.ts';
import type { State } from '../model/kind.ts';
import type { AnyResource, Difference } from '../model/resource.ts';

export interface HostData {
  readonly name?: string;
  readonly address?: string;
  readonly groups?: readonly string[];
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly steps?: Readonly<Record<string, { readonly outputs: Readonly<Record<string, unknown>> }>>;
}

export interface Expected {
  readonly key: Key;
  readonly action: string;
  readonly summary?: string;
  readonly diff?: readonly Difference[];
}

export interface Case {
  readonly name: string;
  /** Where it begins. */
  readonly place: Place;
  readonly params?: unknown;
  readonly host?: HostData;
  readonly hosts?: Readonly<Record<string, readonly HostData[]>>;
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly step?: string;
  readonly steps_params?: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
  >;
  readonly handler?: boolean;
  readonly state?: Readonly<Record<Key, unknown>>;
  readonly changes?: readonly Expected[];
  readonly why?: string;
  readonly later?: string;
  readonly invalid?: string;
  readonly error?: string;
  readonly faults?: readonly string[];
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly observed?: Readonly<Record<string, string>>;
}

/** What may stand in a case. */
export const CASE_FIELDS: readonly string[] =
  'name params host hosts vars step steps_params handler state changes why later invalid error faults outputs observed'.split(
    ' ',
  );
const ENDS = ['changes', 'later', 'invalid', 'error', 'faults'] as const;

/**
 * The cases of one file; `shown` is its name for people. Throws RunError `invalid` with everything that is wrong with
 * it, a case that could not fail included.
 */
export async function readCases(path: string, shown: string): Promise<readonly Case[]> {
  const { parsePlainList } = await import('../load/source/yaml.ts');
  const { items, faults } = parsePlainList(readFileSync(path, 'utf8'));
  const problems: Problem[] = faults.map(({ message, line, col }) => ({
    code: 'case-yaml',
    message,
    place: { file: shown, line, col },
  }));
  const cases = items.map(({ value, line }) => {
    const place = { file: shown, line, col: 3 };
    problems.push(...caseFaults(value, place));
    return { ...(isMap(value) ? value : {}), place } as unknown as Case;
  });
  if (items.length === 0 && problems.length === 0)
    problems.push({ code: 'no-cases', message: `${shown} holds no cases`, hint: 'write one: - name: …' });
  if (problems.length > 0) throw invalid(problems);
  return cases;
}

function caseFaults(value: unknown, place: Place): readonly Problem[] {
  const fault = (message: string, hint: string): Problem => ({ code: 'case-shape', message, place, hint });
  if (!isMap(value) || typeof value.name !== 'string')
    return [fault('a case is a map with a name', 'write - name: what the case shows')];
  const odd = Object.keys(value).filter((field) => !CASE_FIELDS.includes(field));
  const faults = odd.map((field) => {
    const hint = didYouMean(field, CASE_FIELDS) ?? `known: ${CASE_FIELDS.join(', ')}`;
    return fault(`"${value.name}": no field is called ${field}`, hint);
  });
  if (ENDS.filter((end) => value[end] !== undefined).length !== 1) {
    const message = `"${value.name}" must expect one thing: ${ENDS.join(', ')}`;
    faults.push(fault(message, 'say one of them, and no more'));
  }
  if (Array.isArray(value.changes) && value.changes.length === 0 && !value.why)
    faults.push(fault(`"${value.name}" expects no change: why?`, 'say it: why: the notice stands there'));
  return faults;
}

/** `$secret` and `$unknown` as the values that they stand for. */
export function revive(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(revive);
  if ('$secret' in value) return new Secret('case', String(value.$secret));
  if ('$unknown' in value) return new Unknown(String(value.$unknown));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
}

/** What is found under a key, from its short form. */
export function foundState(kind: AnyResource['kind'], given: unknown): State {
  if (given === undefined || given === 'absent' || given === null) return kind.absent;
  const fields = revive(given) as Readonly<Record<string, unknown>>;
  if (kind.name !== 'file' || fields.exists === false) return { ...kind.absent, exists: true, ...fields };
  return { ...fileBase(fields), ...fields, ...contentFields(fields) } as unknown as State;
}

function fileBase(fields: Readonly<Record<string, unknown>>) {
  const type = fields.type ?? (fields.target === undefined ? 'file' : 'symlink');
  const mode = type === 'directory' ? '0755' : type === 'symlink' ? '0777' : '0644';
  const root = { uid: 0, gid: 0, owner: 'root', group: 'root' };
  return { exists: true, type, mode, ...root, size: 0, sha256: '', target: '' };
}

/** Size and checksum follow the content; `hidden` is content that the reader did not send. */
function contentFields(fields: Readonly<Record<string, unknown>>) {
  const text = fields.content ?? fields.hidden;
  if (typeof text !== 'string') return {};
  const bytes: Bytes = toBytes(text);
  const sums = { size: bytes.length, sha256: sha256(bytes) };
  return fields.hidden === undefined ? { ...sums, content: bytes } : { ...sums, hidden: undefined };
}
