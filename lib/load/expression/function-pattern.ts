/** Regular expressions, each under a time limit: `re(text, "^v[0-9]+")`. */
import type { CelFunction } from './function.ts';
import { TimeUp, type Within } from './time-limit.ts';

/** Milliseconds. What matches at all does so in far less than one. */
const LIMIT = 20;

export const PATTERN_FUNCTIONS: ReadonlySet<string> = new Set(['re', 're_find', 're_replace']);

export function patternFunctions(within: Within): readonly CelFunction[] {
  // A pattern that has run for too long once is not tried on the next two thousand hosts.
  const slow = new Set<string>();
  const limited = <T>(name: string, pattern: string, act: (expression: RegExp) => T): T => {
    const expression = readPattern(pattern);
    const fault = (): Error =>
      new Error(
        `${name}(): the pattern takes more than ${LIMIT} ms: it looks at the same text again and again`,
      );
    if (slow.has(pattern)) throw fault();
    try {
      return within(LIMIT, () => act(expression));
    } catch (error) {
      if (!(error instanceof TimeUp)) throw error;
      slow.add(pattern);
      throw fault();
    }
  };
  return [
    {
      signature: 're(string, string): bool',
      run: (text: string, pattern: string) => limited('re', pattern, (each) => each.test(text)),
    },
    {
      signature: 're_find(string, string): string',
      run: (text: string, pattern: string) => limited('re_find', pattern, (each) => find(text, each)),
    },
    {
      signature: 're_replace(string, string, string): string',
      run: (text: string, pattern: string, by: string) =>
        limited('re_replace', pattern, ({ source, flags }) =>
          text.replace(new RegExp(source, `${flags}g`), by),
        ),
    },
  ];
}

/** What the first group matched, or all of it without groups; empty where nothing did. */
function find(text: string, pattern: RegExp): string {
  const match = pattern.exec(text);
  return match?.[1] ?? match?.[0] ?? '';
}

/** `(?i)`, `(?m)` and `(?s)` may stand in front. Throws an Error that says what is wrong with it. */
export function readPattern(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  try {
    return new RegExp(flags ? pattern.slice(flags[0].length) : pattern, [...new Set(flags?.[1])].join(''));
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : '';
    throw new Error(`the pattern is wrong: ${message.slice(-120)}`);
  }
}
