/** The expression language: the only module that knows the CEL library. Loaded when an expression is more than a path. */
import {
  type ASTNode,
  Environment,
  EvaluationError,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import type { Expression } from './expression.ts';
import type { Path, Segment } from './path.ts';
import { openViews, type Views } from './view.ts';

/** An expression that was read: what it looks at, and how to run it on values that CEL understands. */
export interface Parsed {
  readonly paths: readonly Path[];
  run(scope: Record<string, unknown>): unknown;
}

/** A fault in an expression: `at` is the offset in its text where the library could tell. */
export class ExpressionFault extends Error {
  readonly at: number | undefined;
  constructor(message: string, at: number | undefined) {
    super(message);
    this.at = at;
  }
}

export interface Cel {
  /** Throws {@link ExpressionFault}. */
  parse(text: string): Parsed;
  readonly views: Views;
  /** What has been read already, by its text. */
  readonly read: Map<string, Expression>;
}

const LIMITS = { maxAstNodes: 2000, maxDepth: 60, maxListElements: 500, maxMapEntries: 500 };
const MACROS = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);

export function openCel(): Cel {
  const environment = createEnvironment();
  return {
    views: openViews(),
    read: new Map(),
    parse(text) {
      const expression = faults(() => environment.parse(text));
      const paths: Path[] = [];
      collect(expression.ast, new Set(), false, paths);
      return { paths, run: (scope) => faults(() => expression(scope)) };
    },
  };
}

function createEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: LIMITS,
  });
  // Whole numbers are ints here; a fraction beside one makes the result a fraction, as people expect.
  const mixed: readonly [string, (a: number, b: number) => number][] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
  ];
  for (const [sign, act] of mixed) {
    const apply = (a: number | bigint, b: number | bigint): number => act(Number(a), Number(b));
    environment.registerOperator(`int ${sign} double`, apply);
    environment.registerOperator(`double ${sign} int`, apply);
  }
  return environment;
}

function faults<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ParseError || error instanceof EvaluationError || error instanceof TypeFault) {
      // The library's word for a value whose type it learnt only now.
      throw new ExpressionFault(error.summary.replace(/dyn<([^<>]+)>/g, '$1'), error.range?.start);
    }
    if (error instanceof RangeError) throw new ExpressionFault('nested too deeply', undefined);
    throw error;
  }
}

/** Every path in the tree. `bound` holds names that a macro introduces: they are not names of the scope. */
function collect(node: ASTNode, bound: ReadonlySet<string>, tested: boolean, out: Path[]): void {
  const chain = chainOf(node);
  if (chain) {
    for (const index of chain.computed) collect(index, bound, false, out);
    if (!bound.has(chain.root)) {
      out.push({ root: chain.root, segments: chain.segments, at: chain.at, tested });
    }
    return;
  }
  switch (node.op) {
    case 'value':
    case 'id':
      return;
    case '.':
    case '.?':
      collect(node.args[0], bound, tested, out);
      return;
    case 'call':
      for (const item of node.args[1]) collect(item, bound, node.args[0] === 'has', out);
      return;
    case 'rcall':
      collectCall(node.args, node.start, bound, out);
      return;
    case 'list':
      for (const item of node.args) collect(item, bound, false, out);
      return;
    case 'map':
      for (const [key, value] of node.args) {
        collect(key, bound, false, out);
        collect(value, bound, false, out);
      }
      return;
    case '!_':
    case '-_':
      collect(node.args, bound, false, out);
      return;
    default:
      for (const item of node.args) collect(item, bound, false, out);
  }
}

function collectCall(
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  start: number,
  bound: ReadonlySet<string>,
  out: Path[],
): void {
  if (name === 'matches') {
    const message = 'matches() is not offered: a regular expression can run for ever';
    throw new ExpressionFault(`${message}; use contains(), startsWith() or endsWith()`, start);
  }
  const variable = args[0];
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && variable?.op === 'id') {
    if (args[1]) collect(args[1], bound, false, out);
    if (args[2]) collect(args[2], new Set([...bound, variable.args]), false, out);
    return;
  }
  if (receiver.op !== 'id' || !['optional', 'cel'].includes(receiver.args)) {
    collect(receiver, bound, false, out);
  }
  const inner = MACROS.has(name) && variable?.op === 'id' ? new Set([...bound, variable.args]) : bound;
  for (const item of inner === bound ? args : args.slice(1)) collect(item, inner, false, out);
}

interface Chain {
  readonly root: string;
  readonly segments: readonly Segment[];
  readonly computed: readonly ASTNode[];
  readonly at: number;
}

/** `a.b["c"][d]` as a chain; undefined when it does not begin with a name. */
function chainOf(node: ASTNode): Chain | undefined {
  const segments: Segment[] = [];
  const computed: ASTNode[] = [];
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
