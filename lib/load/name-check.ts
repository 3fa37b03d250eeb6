/** Do the names that an expression uses exist? Found without running it, for each host it is for. */

import { Secret } from '../base/secret.ts';
import { didYouMean } from '../base/suggest.ts';
import { Unknown } from '../base/unknown.ts';
import { FACT_NAMES } from './fact-type.ts';
import { type Path, type Segment, showPath } from './path.ts';

/** What is there to be named. */
export interface NameWorld {
  readonly hosts: readonly string[];
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly secrets: Iterable<string>;
  /** Values of a host, runbook and command line included. */
  vars(host: string): Readonly<Record<string, unknown>>;
  /** Steps by id: the hosts they run on, and the outputs their tasks declare (undefined: the task is not known). */
  readonly steps: ReadonlyMap<
    string,
    { readonly hosts: ReadonlySet<string>; readonly outputs: readonly string[] | undefined }
  >;
}

export interface NameFault {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

const ROOTS = ['host', 'vars', 'facts', 'steps', 'hosts', 'groups', 'secrets', 'run'];
const RUN = { id: true, runbook: true, dry_run: true };

/** The first name of the path that does not exist. `local`: values of the step itself. */
export function checkPath(
  path: Path,
  host: string,
  local: Readonly<Record<string, unknown>>,
  world: NameWorld,
): NameFault | undefined {
  if (!ROOTS.includes(path.root)) {
    const named = Object.hasOwn(world.vars(host), path.root) || Object.hasOwn(local, path.root);
    const hint = named ? `write vars.${path.root}` : didYouMean(path.root, ROOTS);
    return { code: 'unknown-name', message: `"${path.root}" is not defined`, hint };
  }
  const walk: Walk = { path, host, local, world };
  switch (path.root) {
    case 'host':
      return checkHost(walk, path.segments, host, []);
    case 'hosts':
      return checkHosts(walk);
    case 'groups':
      return checkKnown(walk, path.segments, [], [...world.groups.keys()], 'unknown-group', 'group');
    case 'secrets':
      return checkKnown(walk, path.segments, [], [...world.secrets], 'unknown-secret', 'secret');
    case 'run':
      return checkTable(walk, path.segments, [], RUN);
    default:
      return checkHost(walk, [{ name: path.root, optional: false }, ...path.segments], host, undefined);
  }
}

interface Walk {
  readonly path: Path;
  readonly host: string;
  readonly local: Readonly<Record<string, unknown>>;
  readonly world: NameWorld;
}

function missing(
  walk: Walk,
  segments: readonly Segment[],
  at: number,
  fault: () => NameFault,
): NameFault | undefined {
  // `has(a.b)` asks; `a.?b` takes what is there.
  const asked = walk.path.tested && at === segments.length - 1;
  return asked || segments[at]?.optional ? undefined : fault();
}

function checkHosts(walk: Walk): NameFault | undefined {
  const [first, ...rest] = walk.path.segments;
  if (first?.name === undefined) return undefined;
  const name = first.name;
  if (walk.world.hosts.includes(name)) return checkHost(walk, rest, name, [name]);
  const message = `no host "${name}"`;
  const hint = didYouMean(name, walk.world.hosts);
  return missing(walk, walk.path.segments, 0, () => ({ code: 'unknown-host', message, hint }));
}

/** `shown`: names before the segments; undefined when the first segment is itself the root (`vars.x`). */
function checkHost(
  walk: Walk,
  segments: readonly Segment[],
  host: string,
  shown: readonly string[] | undefined,
): NameFault | undefined {
  const [area, ...rest] = segments;
  if (area?.name === undefined) return undefined;
  const before = shown === undefined ? [] : [...shown, area.name];
  switch (area.name) {
    case 'name':
    case 'address':
      return checkValue(walk, rest, before, '', host);
    case 'groups':
      return undefined;
    case 'vars': {
      const own = walk.path.root === 'vars' ? walk.local : {};
      return checkValue(walk, rest, before, { ...walk.world.vars(host), ...own }, host);
    }
    case 'facts':
      return checkTable(walk, rest, before, FACT_NAMES);
    case 'steps':
      return checkStep(walk, rest, host);
    default: {
      const fields = ['name', 'address', 'groups', 'vars', 'facts', 'steps'];
      const message = `a host has no "${area.name}"`;
      const near = Object.hasOwn(walk.world.vars(host), area.name)
        ? `write host.vars.${area.name}`
        : undefined;
      const hint = near ?? didYouMean(area.name, fields);
      return missing(walk, segments, 0, () => ({ code: 'unknown-name', message, hint }));
    }
  }
}

function checkValue(
  walk: Walk,
  segments: readonly Segment[],
  before: readonly string[],
  top: unknown,
  host: string,
): NameFault | undefined {
  let value = top;
  const names = [...before];
  for (const [at, { name }] of segments.entries()) {
    if (name === undefined || value instanceof Unknown || value instanceof Secret) return undefined;
    names.push(name);
    const path = showPath(walk.path.root, names);
    if (value === null || typeof value !== 'object') {
      const what = value === null ? 'empty' : `a ${typeof value}`;
      const message = `"${path}": what is before ".${name}" is ${what} on ${host}`;
      return { code: 'wrong-type', message, hint: undefined };
    }
    if (!Object.hasOwn(value, name)) {
      const container = value;
      return missing(walk, segments, at, () => ({
        code: 'unknown-variable',
        message: `"${path}" is not defined on ${host}`,
        hint:
          didYouMean(name, Object.keys(container)) ??
          'set it in the inventory or under vars:, or write .?name.orValue(…)',
      }));
    }
    value = Reflect.get(value, name);
  }
  return undefined;
}

function checkTable(
  walk: Walk,
  segments: readonly Segment[],
  before: readonly string[],
  table: object,
): NameFault | undefined {
  let at: unknown = table;
  const names = [...before];
  for (const [index, { name }] of segments.entries()) {
    if (name === undefined || at === null || typeof at !== 'object') return undefined;
    names.push(name);
    if (!Object.hasOwn(at, name)) {
      const known = Object.keys(at);
      const message = `"${showPath(walk.path.root, names)}" does not exist`;
      const code = walk.path.root === 'run' ? 'unknown-name' : 'unknown-fact';
      return missing(walk, segments, index, () => ({
        code,
        message,
        hint: didYouMean(name, known) ?? `known: ${known.join(', ')}`,
      }));
    }
    at = Reflect.get(at, name);
  }
  return undefined;
}

function checkKnown(
  walk: Walk,
  segments: readonly Segment[],
  _before: readonly string[],
  known: readonly string[],
  code: string,
  what: string,
): NameFault | undefined {
  const name = segments[0]?.name;
  if (name === undefined || known.includes(name)) return undefined;
  const hint = didYouMean(name, known) ?? `there is no ${what} at all`;
  return missing(walk, segments, 0, () => ({ code, message: `no ${what} "${name}"`, hint }));
}

function checkStep(walk: Walk, segments: readonly Segment[], host: string): NameFault | undefined {
  const [id, field, output] = segments;
  if (id?.name === undefined) return undefined;
  const step = walk.world.steps.get(id.name);
  const { name } = id;
  if (!step) {
    const hint = didYouMean(name, walk.world.steps.keys());
    return missing(walk, segments, 0, () => ({ code: 'unknown-step', message: `no step "${name}"`, hint }));
  }
  if (!step.hosts.has(host)) {
    const message = `step "${name}" does not run on ${host}`;
    const hint = `it runs on ${[...step.hosts].slice(0, 5).join(', ')}`;
    return missing(walk, segments, 0, () => ({ code: 'output-host', message, hint }));
  }
  if (field?.name !== undefined && field.name !== 'outputs') {
    const hint = step.outputs?.includes(field.name) ? `write outputs.${field.name}` : 'write outputs.NAME';
    return { code: 'unknown-name', message: `a step has no "${field.name}"`, hint };
  }
  const wanted = output?.name;
  if (wanted === undefined || step.outputs === undefined || step.outputs.includes(wanted)) return undefined;
  const hint = didYouMean(wanted, step.outputs) ?? 'its task declares no outputs';
  return missing(walk, segments, 2, () => ({
    code: 'unknown-output',
    message: `step "${name}" has no output "${wanted}"`,
    hint,
  }));
}
