/** `default(vars.x, 1)`: the last name of the path may be missing. The other value is looked at only where it is. */
import type { Tree } from './cel-tree.ts';

interface Runner {
  run(node: Tree, context: unknown): unknown;
}

interface Checker {
  check(node: Tree, context: unknown): { readonly name: string };
  getType(name: string): unknown;
}

/** A macro as the library wants it. `held`: what lies in one of its optional values (undefined: nothing), any other as it is. */
export function defaultMacro(held: (value: unknown) => unknown): unknown {
  return ({ args }: { readonly args: readonly [Tree, Tree] }): object => ({
    async: false,
    evaluate(runner: Runner, _: unknown, context: unknown): unknown {
      const value = find(args[0], runner, context, held);
      return value === undefined || value === null ? runner.run(args[1], context) : value;
    },
    typeCheck(checker: Checker, _: unknown, context: unknown): unknown {
      const [given, other] = args.map((each) => checker.check(each, context));
      const name = given?.name.replace(/^optional<(.+)>$/, '$1');
      return checker.getType(name !== undefined && name === other?.name ? name : 'dyn');
    },
  });
}

function find(node: Tree, runner: Runner, context: unknown, held: (value: unknown) => unknown): unknown {
  if (node.op !== '.' && node.op !== '[]') return held(runner.run(node, context));
  const around = runner.run(node.args[0], context);
  const inside = held(around);
  if (inside === undefined) return undefined;
  const name = node.op === '.' ? node.args[1] : runner.run(node.args[1] as Tree, context);
  // A text or a number has no names: the library says so.
  if (inside === null || typeof inside !== 'object') return held(runner.run(node, context));
  if (inside instanceof Map) return inside.get(name);
  const key = String(name);
  return Object.hasOwn(inside, key) ? Reflect.get(inside, key) : undefined;
}
