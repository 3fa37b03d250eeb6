/** An end for what could run for ever: a regular expression that backtracks, a loop in a loop over long lists. */
import { type Context, createContext, Script } from 'node:vm';

/** It took longer than it may. */
export class TimeUp extends Error {
  constructor(ms: number) {
    super(`stopped after ${ms} ms`);
  }
}

/** Runs `act`, which must be pure, for at most `ms` milliseconds at a time. Throws {@link TimeUp}. */
export type Within = <T>(ms: number, act: () => T) => T;

/**
 * node:vm stops whatever runs when the time is up, a regular expression in its middle included. Each use costs some 60 µs,
 * so only what needs it is run this way. The clock is that of the wall: on a machine with much to do the time may go
 * by without us, so there is a second try.
 */
export function openWithin(): Within {
  const script = new Script('run()');
  let context: Context | undefined;
  return <T>(ms: number, act: () => T): T => {
    context ??= createContext({});
    const outer: unknown = context.run;
    let result: T | undefined;
    const once = (): boolean => {
      (context as Context).run = () => {
        result = act();
      };
      try {
        script.runInContext(context as Context, { timeout: ms });
        return true;
      } catch (error) {
        if ((error as { readonly code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
        return false;
      }
    };
    try {
      if (!once() && !once()) throw new TimeUp(ms);
    } finally {
      context.run = outer;
    }
    return result as T;
  };
}
