/** The tree of an expression: which paths it looks at, whether it is costly, and what is refused before it ever runs. */
import type { ProblemCode } from '../../base/problem-code.ts';
import { didYouMean } from '../../base/suggest.ts';
import { NAMESPACE } from './function.ts';
import { PATTERN_FUNCTIONS, readPattern } from './function-pattern.ts';
import type { Path, Segment } from './path.ts';

/** A fault in an expression: `at` is the offset in its text where the library could tell. */
export class ExpressionFault extends Error {
  readonly at: number | undefined;
  readonly code: ProblemCode | undefined;
  readonly hint: string | undefined;
  constructor(message: string, at: number | undefined, code?: ProblemCode, hint?: string) {
    super(message);
    this.at = at;
    this.code = code;
    this.hint = hint;
  }
}

type Pair = readonly [Tree, Tree];

/** A node as the library makes it. */
export type Tree = { readonly start: number } & (
  | { readonly op: 'value'; readonly args: unknown }
  | { readonly op: 'id'; readonly args: string }
  | { readonly op: '.' | '.?'; readonly args: readonly [Tree, string] }
  | { readonly op: '[]' | '[?]'; readonly args: Pair }
  | { readonly op: 'call'; readonly args: readonly [string, readonly Tree[]] }
  | { readonly op: 'rcall'; readonly args: readonly [string, Tree, readonly Tree[]] }
  | { readonly op: 'map'; readonly args: readonly Pair[] }
  | { readonly op: '!_' | '-_'; readonly args: Tree }
  // And every operator between two or three.
  | { readonly op: 'list' | '?:' | '||' | '&&'; readonly args: readonly Tree[] }
);

export interface TreeFacts {
  readonly paths: readonly Path[];
  /** How many macros go through lists or bind names: what several of them do may grow without end. */
  readonly loops: number;
  /** Whether a part of it may be left out when it is run. */
  readonly branches: boolean;
}

/** What takes one way and leaves the other. */
const BRANCHES: ReadonlySet<string> = new Set(['?:', '||', '&&']);
const MACROS = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);
/** Names that are no names of the scope when something is called on them. */
const SPACES = ['optional', 'cel', NAMESPACE];
/** Keys that the library would leave out of a map without a word. */
const LOST_KEYS: readonly unknown[] = ['__proto__', 'constructor', 'prototype'];

/** `calls`: names that can be called. Throws {@link ExpressionFault}. */
export function readTree(tree: Tree, calls: ReadonlySet<string>): TreeFacts {
  const walk: Walk = { calls, paths: [], loops: 0, branches: false };
  collect(tree, new Set(), false, walk);
  return walk;
}

interface Walk {
  readonly calls: ReadonlySet<string>;
  readonly paths: Path[];
  loops: number;
  branches: boolean;
}

/** `bound` holds names that a macro introduces: they are not names of the scope. */
function collect(node: Tree, bound: ReadonlySet<string>, tested: boolean, walk: Walk): void {
  walk.branches ||= BRANCHES.has(node.op);
  const chain = chainOf(node);
  if (chain) {
    walk.branches ||= chain.segments.some(({ optional }) => optional);
    for (const index of chain.computed) collect(index, bound, false, walk);
    if (!bound.has(chain.root)) {
      walk.paths.push({ root: chain.root, segments: chain.segments, at: chain.at, tested });
    }
    return;
  }
  switch (node.op) {
    case 'value':
    case 'id':
      return;
    case '.':
    case '.?':
      collect(node.args[0], bound, tested, walk);
      return;
    case 'call':
      collectCall(node.args, node.start, bound, walk);
      return;
    case 'rcall':
      collectMethod(node.args, node.start, bound, walk);
      return;
    case 'map':
      for (const [key, value] of node.args) {
        if (key.op === 'value' && LOST_KEYS.includes(key.args))
          throw new ExpressionFault(`"${String(key.args)}" cannot be a key of a map here`, key.start);
        collect(key, bound, false, walk);
        collect(value, bound, false, walk);
      }
      return;
    case '!_':
    case '-_':
      collect(node.args, bound, false, walk);
      return;
    default:
      for (const item of node.args) collect(item, bound, false, walk);
  }
}

function collectCall(
  [name, args]: readonly [string, readonly Tree[]],
  start: number,
  bound: ReadonlySet<string>,
  walk: Walk,
): void {
  refuseUnknown(name, start, walk);
  walk.branches ||= name === 'default';
  const pattern = args[1];
  if (PATTERN_FUNCTIONS.has(name) && pattern?.op === 'value' && typeof pattern.args === 'string') {
    try {
      readPattern(pattern.args);
    } catch (error) {
      throw new ExpressionFault((error as Error).message, pattern.start, 'expression-pattern');
    }
  }
  for (const [index, item] of args.entries()) {
    collect(item, bound, name === 'has' || (name === 'default' && index === 0), walk);
  }
}

function refuseUnknown(name: string, start: number, { calls }: Walk): void {
  if (calls.has(name)) return;
  const hint = OTHER_NAMES[name] ?? didYouMean(name, calls) ?? 'docs/runbooks.md lists the functions';
  throw new ExpressionFault(`there is no function ${name}()`, start, 'unknown-function', hint);
}

/** As other tools call them. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  b64encode: 'write base64(text)',
  b64decode: 'write base64decode(text)',
  hash: 'write sha256(text)',
  len: 'write size(list)',
  length: 'write size(list)',
  count: 'write size(list)',
  float: 'write double(text)',
  str: 'write string(number)',
  to_json: 'write json(value)',
  from_json: 'write parse_json(text)',
  combine: 'write a.merge(b)',
  regex_search: 'write re(text, pattern) or re_find(text, pattern)',
  regex_replace: 'write re_replace(text, pattern, by)',
  ipaddr: 'write cidr.address(net), cidr.network(net), cidr.host(net, n)',
  select: 'write list.filter(x, …)',
  match: 'write re(text, pattern)',
};

function collectMethod(
  [name, receiver, args]: readonly [string, Tree, readonly Tree[]],
  start: number,
  bound: ReadonlySet<string>,
  walk: Walk,
): void {
  if (name === 'matches') {
    const message = 'matches() is not offered: a regular expression can run for ever';
    throw new ExpressionFault(
      message,
      start,
      'expression-matches',
      'write re(text, pattern), which has a time limit',
    );
  }
  refuseUnknown(name, start, walk);
  const variable = args[0];
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && variable?.op === 'id') {
    walk.loops += 1;
    if (args[1]) collect(args[1], bound, false, walk);
    if (args[2]) collect(args[2], new Set([...bound, variable.args]), false, walk);
    return;
  }
  if (receiver.op !== 'id' || !SPACES.includes(receiver.args)) collect(receiver, bound, false, walk);
  const macro = MACROS.has(name) && variable?.op === 'id';
  if (macro) walk.loops += 1;
  walk.branches ||= macro;
  const inner = macro ? new Set([...bound, variable.args]) : bound;
  for (const item of macro ? args.slice(1) : args) collect(item, inner, false, walk);
}

interface Chain {
  readonly root: string;
  readonly segments: readonly Segment[];
  readonly computed: readonly Tree[];
  readonly at: number;
}

/** `a.b["c"][d]` as a chain; undefined when it does not begin with a name. */
function chainOf(node: Tree): Chain | undefined {
  const segments: Segment[] = [];
  const computed: Tree[] = [];
  let at = node;
  for (;;) {
    if (at.op === '.' || at.op === '.?') {
      segments.unshift({ name: at.args[1], optional: at.op === '.?' });
      at = at.args[0];
    } else if (at.op === '[]' || at.op === '[?]') {
      const index = at.args[1];
      const literal = index.op === 'value' && typeof index.args !== 'object' ? String(index.args) : undefined;
      if (literal === undefined) computed.push(index);
      segments.unshift({ name: literal, optional: at.op === '[?]' });
      at = at.args[0];
    } else if (at.op === 'id') return { root: at.args, segments, computed, at: at.start };
    else return undefined;
  }
}
