/** Do the names that an expression uses exist? Found without running it, for each host it is for. */

import { Secret } from '../../base/secret.ts';
import { didYouMean } from '../../base/suggest.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import { FACT_NAMES } from '../expression/fact-type.ts';
import { type Path, type Segment, showPath } from '../expression/path.ts';
import { checkKnown, checkStep, checkTable, missing, type NamedSteps, type NameFault } from './name-known.ts';

/** Names that are there for a while, such as `item`, with their values; `where`: for people, `for item[1]`. */
export interface BoundNames {
  readonly values: Readonly<Record<string, unknown>>;
  readonly where: string;
}

/** What is there to be named. */
export interface NameWorld {
  readonly hosts: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly secrets: Iterable<string>;
  /** Values of a host, runbook and command line included. */
  vars(host: string): Readonly<Record<string, unknown>>;
  readonly steps: NamedSteps;
  readonly bound?: BoundNames;
  /** In a file with inputs: their names, and those that have a value on a host. */
  readonly inputs?: {
    readonly names: readonly string[];
    on(host: string): Readonly<Record<string, unknown>>;
  };
}

const ROOTS = ['host', 'vars', 'facts', 'steps', 'hosts', 'groups', 'secrets', 'run'];
/** Names that are in scope in places of their own. */
const ONLY_THERE: Readonly<Record<string, string>> = {
  item: 'it is there in steps with foreach:',
  index: 'it is there in steps with foreach:',
  key: 'it is there in steps whose foreach: is a map',
  outputs: 'it is there in until:; elsewhere write steps.ID.outputs',
  inputs: 'it is there in a runbook that declares inputs:',
};
/** Words of YAML 1.1, Python and Jinja. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['yes', 'Yes', 'YES', 'on', 'True'].map((word) => [word, 'write true'])),
  ...Object.fromEntries(['no', 'No', 'NO', 'off', 'False'].map((word) => [word, 'write false'])),
  None: 'write null',
  inventory_hostname: 'write host.name',
  ansible_facts: 'write facts',
  ansible_host: 'write host.address',
  hostvars: 'write hosts.NAME.vars',
  group_names: 'write host.groups',
};
const RUN = { id: true, runbook: true, dry_run: true };

/** The first name of the path that does not exist. `local`: values of the step itself; `scope`: with names of its own. */
export function checkPath(
  path: Path,
  host: string,
  local: Readonly<Record<string, unknown>>,
  world: NameWorld,
  scope: Scope = {},
): NameFault | undefined {
  const walk: Walk = { path, host, local, world };
  const { bound } = world;
  if (bound && Object.hasOwn(bound.values, path.root)) {
    const value = bound.values[path.root];
    return checkValue(walk, path.segments, [], value, bound.where);
  }
  if (path.root === 'inputs' && world.inputs) return checkInput(path, host, local, world);
  if (!ROOTS.includes(path.root)) {
    // A name of the step alone (`item`): what lies in it is there to be seen.
    if (Object.hasOwn(scope, path.root)) return checkValue(walk, path.segments, [], scope[path.root], host);
    const hint = OTHER_WORDS[path.root] ?? rootHint(path, host, local, world, scope);
    return { code: 'unknown-name', message: `"${path.root}" is not defined`, hint };
  }
  switch (path.root) {
    case 'host':
      return checkHost(walk, path.segments, host, []);
    case 'hosts':
      return checkHosts(walk);
    case 'groups':
      return checkKnown(path, [...world.groups.keys()], 'unknown-group', 'group');
    case 'secrets':
      return checkKnown(path, [...world.secrets], 'unknown-secret', 'secret');
    case 'run':
      return checkTable(walk.path, path.segments, [], RUN);
    default:
      return checkHost(walk, [{ name: path.root, optional: false }, ...path.segments], host, undefined);
  }
}

function rootHint(
  { root, segments }: Path,
  host: string,
  local: Readonly<Record<string, unknown>>,
  { bound, inputs, vars, steps }: NameWorld,
  scope: Scope,
): string | undefined {
  if (Object.hasOwn(vars(host), root) || Object.hasOwn(local, root)) return `write vars.${root}`;
  if (inputs?.names.includes(root)) return `write inputs.${root}`;
  const roots = [...ROOTS, ...(inputs ? ['inputs'] : []), ...Object.keys(bound?.values ?? scope)];
  if (ONLY_THERE[root] !== undefined) return ONLY_THERE[root];
  if (steps.has(root)) return `write steps.${root}.outputs.NAME`;
  const hint = didYouMean(root, roots);
  // `facts.os.id == debian`: a word that is like no name was meant as text.
  return segments.length === 0 && !hint?.startsWith('did you mean')
    ? `quote it if it is text: "${root}"`
    : hint;
}

function checkInput(
  path: Path,
  host: string,
  local: Readonly<Record<string, unknown>>,
  world: NameWorld,
): NameFault | undefined {
  const unknown = checkKnown(path, world.inputs?.names ?? [], 'unknown-input', 'input');
  return (
    unknown ??
    checkValue({ path, host, local, world }, path.segments, [], world.inputs?.on(host), `on ${host}`)
  );
}

interface Walk {
  readonly path: Path;
  readonly host: string;
  readonly local: Readonly<Record<string, unknown>>;
  readonly world: NameWorld;
}

function checkHosts(walk: Walk): NameFault | undefined {
  const [first, ...rest] = walk.path.segments;
  if (first?.name === undefined) return undefined;
  const name = first.name;
  if (walk.world.hosts.has(name)) return checkHost(walk, rest, name, [name]);
  const message = `no host "${name}"`;
  const hint = didYouMean(name, walk.world.hosts);
  return missing(walk.path, walk.path.segments, 0, () => ({ code: 'unknown-host', message, hint }));
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
      return checkValue(walk, rest, before, '', `on ${host}`);
    case 'groups':
      return undefined;
    case 'vars': {
      const vars = walk.world.vars(host);
      const all = walk.path.root === 'vars' ? { ...vars, ...walk.local } : vars;
      return checkValue(walk, rest, before, all, `on ${host}`);
    }
    case 'facts':
      return checkTable(walk.path, rest, before, FACT_NAMES);
    case 'steps':
      return checkStep(walk.path, rest, walk.world.steps, host);
    default: {
      const fields = ['name', 'address', 'groups', 'vars', 'facts', 'steps'];
      const message = `a host has no "${area.name}"`;
      const near = Object.hasOwn(walk.world.vars(host), area.name)
        ? `write host.vars.${area.name}`
        : undefined;
      const hint = near ?? didYouMean(area.name, fields);
      return missing(walk.path, segments, 0, () => ({ code: 'unknown-name', message, hint }));
    }
  }
}

function checkValue(
  walk: Walk,
  segments: readonly Segment[],
  before: readonly string[],
  top: unknown,
  where: string,
): NameFault | undefined {
  let value = top;
  for (const [at, { name }] of segments.entries()) {
    if (name === undefined || value instanceof Unknown || value instanceof Secret) return undefined;
    const path = (): string =>
      showPath(walk.path.root, [...before, ...segments.slice(0, at + 1).map((each) => each.name)]);
    if (value === null || typeof value !== 'object') {
      const what = value === null ? 'empty' : `a ${typeof value}`;
      const message = `"${path()}": what is before ".${name}" is ${what} ${where}`;
      return { code: 'wrong-type', message, hint: undefined };
    }
    if (!Object.hasOwn(value, name)) {
      const container = value;
      return missing(walk.path, segments, at, () => ({
        code: 'unknown-variable',
        message: `"${path()}" is not defined ${where}`,
        hint:
          didYouMean(name, Object.keys(container)) ??
          `set it in the inventory or under vars:, or write default(${path()}, …)`,
      }));
    }
    value = Reflect.get(value, name);
  }
  return undefined;
}
