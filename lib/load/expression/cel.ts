/** The expression language: the only module that knows the CEL library. Loaded when an expression is more than a path. */
import {
  Environment,
  EvaluationError,
  Optional,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import { UnknownUsed } from '../../base/unknown.ts';
import { defaultMacro } from './cel-default.ts';
import { ExpressionFault, readTree, type Tree } from './cel-tree.ts';
import { clearWords } from './cel-words.ts';
import type { Expression } from './expression.ts';
import { FACT_NAMES, type FactTable } from './fact-type.ts';
import { functions, NAMESPACE } from './function.ts';
import type { Path } from './path.ts';
import { openWithin, TimeUp } from './time-limit.ts';
import type { Type } from './type.ts';
import { ANY_HOST, type Names, typeNamed } from './type-name.ts';
import { openViews, type Views } from './view.ts';

/** An expression that was read: what it looks at, and how to run it on values that CEL understands. */
export interface Parsed {
  readonly paths: readonly Path[];
  /** Whether a part of it may be left out when it is run. */
  readonly branches: boolean;
  run(scope: Record<string, unknown>): unknown;
  /** The type of the result where the names in scope have these types. Throws {@link ExpressionFault}. */
  type(names: Names): Type;
}

export interface Cel {
  /** Throws {@link ExpressionFault}. */
  parse(text: string): Parsed;
  readonly views: Views;
  /** What has been read already, by its text. */
  readonly read: Map<string, Expression>;
  /** Names of the types of lists and maps that were looked at. */
  readonly typeNames: WeakMap<object, string>;
}

const LIMITS = { maxAstNodes: 2000, maxDepth: 60, maxListElements: 500, maxMapEntries: 500 };
/** Milliseconds for an expression with several loops. */
const LOOP_LIMIT = 500;
/** Characters: a longer text is no expression that somebody wrote. */
const LONGEST = 20_000;

export function openCel(): Cel {
  const within = openWithin();
  const environment = createEnvironment(functions(within));
  const calls = new Set(environment.getDefinitions().functions.map(({ name }) => name));
  return {
    views: openViews(),
    read: new Map(),
    typeNames: new WeakMap(),
    parse(text) {
      if (text.length > LONGEST)
        throw new ExpressionFault(
          `longer than ${LONGEST} characters`,
          undefined,
          undefined,
          'put the text into a file',
        );
      const expression = faults(() => environment.parse(text));
      const { paths, loops, branches } = readTree(expression.ast as unknown as Tree, calls);
      let slow = false;
      const bounded = (scope: Record<string, unknown>): unknown => {
        if (slow) throw new TimeUp(LOOP_LIMIT);
        try {
          return within(LOOP_LIMIT, () => expression(scope));
        } catch (error) {
          slow ||= error instanceof TimeUp;
          throw error;
        }
      };
      const run = loops > 1 ? bounded : expression;
      return {
        paths,
        branches,
        run: (scope) => faults(() => run(scope)),
        type: (names) => faults(() => resultType(environment, text, names)),
      };
    },
  };
}

type Given = ReturnType<typeof functions>;

function createEnvironment(given: Given): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: LIMITS,
  });
  registerNumbers(environment);
  class Space {}
  environment.registerType('Cidr', Space);
  environment.registerConstant(NAMESPACE, 'Cidr', new Space());
  for (const { signature, run } of given) {
    const spaced = signature.startsWith(`${NAMESPACE}.`);
    const act = run as (...args: unknown[]) => unknown;
    const handler = (...args: unknown[]): unknown => told(() => act(...(spaced ? args.slice(1) : args)));
    environment.registerFunction(spaced ? signature.replace(NAMESPACE, 'Cidr') : signature, handler, {
      async: false,
    });
  }
  const held = (value: unknown): unknown =>
    value instanceof Optional ? (value.hasValue() ? value.value() : undefined) : value;
  environment.registerFunction('default(ast, ast): dyn', defaultMacro(held) as never);
  registerHost(environment);
  return environment;
}

/** Whole numbers are ints here; a fraction beside one makes the result a fraction, as people expect. */
function registerNumbers(environment: Environment): void {
  const mixed: readonly [string, (a: number, b: number) => number][] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
  ];
  for (const [sign, act] of mixed) {
    const apply = (a: number | bigint, b: number | bigint): number => act(Number(a), Number(b));
    environment.registerOperator(`int ${sign} double: double`, apply);
    environment.registerOperator(`double ${sign} int: double`, apply);
  }
  environment.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b);
  // Anything may be asked whether it is null.
  for (const type of ['int', 'double', 'string', 'bool', 'list', 'map']) {
    environment.registerOperator(`${type} == null`, () => false);
  }
}

/** What any host has, where an expression chooses one by a computed name. */
function registerHost(environment: Environment): void {
  const declare = (name: string, table: FactTable): string => {
    const fields = Object.entries(table).map(([key, word]) => [
      key,
      typeof word !== 'string' ? declare(`${name}${key}`, word) : (FACT_WORDS[word] ?? 'string'),
    ]);
    environment.registerType(name, { fields: Object.fromEntries(fields) });
    return name;
  };
  const facts = declare('Facts', FACT_NAMES as unknown as FactTable);
  const fields = { name: 'string', address: 'string', groups: 'list<string>', vars: 'map<string, dyn>' };
  environment.registerType(ANY_HOST, { fields: { ...fields, facts, steps: 'dyn' } });
}

const FACT_WORDS: Readonly<Record<string, string>> = { int: 'int', texts: 'list<string>' };

function resultType(environment: Environment, text: string, names: Names): Type {
  const typed = environment.clone();
  let count = 0;
  const declare = (fields: Readonly<Record<string, string>>): string => {
    count += 1;
    const name = `Type${count}`;
    typed.registerType(name, { fields });
    return name;
  };
  for (const [name, type] of names(declare)) typed.registerVariable(name, type);
  const { type, error } = typed.check(text);
  if (error) throw error;
  return typeNamed(type ?? 'dyn');
}

/** A fault of a function of ours, so that the library says where it was called. */
function told<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof UnknownUsed || error instanceof EvaluationError) throw error;
    throw new EvaluationError(error instanceof Error ? error.message : String(error));
  }
}

function faults<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof UnknownUsed || error instanceof ExpressionFault) throw error;
    if (error instanceof ParseError || error instanceof EvaluationError || error instanceof TypeFault) {
      const { message, code, hint } = clearWords(error.summary, error.code);
      throw new ExpressionFault(message, error.range?.start, code, hint);
    }
    if (error instanceof TimeUp)
      throw new ExpressionFault(`its loops take too long: ${error.message}`, undefined);
    if (error instanceof RangeError) throw new ExpressionFault('nested too deeply, or too large', undefined);
    throw new ExpressionFault(error instanceof Error ? error.message : String(error), undefined);
  }
}
