/** The one way to write a test file: uvu underneath, its ways of being green without running closed off. */
import { suite as uvuSuite } from 'uvu';

export * as assert from 'uvu/assert';

type Body = () => void | Promise<void>;

interface Hooks {
  before(hook: Body): void;
  after(hook: Body): void;
}

/** Registers a test. `limitMs` bounds it (default 20 s): a hanging test fails instead of hanging the run. */
export type Test = ((name: string, body: Body, limitMs?: number) => void) & Hooks;

export interface Registered {
  readonly run: () => void;
  readonly counts: { registered: number; ran: number; ended: number; readonly failures: string[] };
}

/** Every suite of the file that was loaded; one.ts runs them, so that no file can forget to. */
export const registry: Registered[] = [];

export function suite(name: string): Test {
  const inner = uvuSuite(name);
  const counts = { registered: 0, ran: 0, ended: 0, failures: [] as string[] };
  const test = (title: string, body: Body, limitMs = 20_000): void => {
    counts.registered += 1;
    inner(title, async () => {
      counts.ran += 1;
      try {
        await bounded(body, limitMs);
      } finally {
        counts.ended += 1;
      }
    });
  };
  // A hook that throws would leave uvu green with 0 tests: it is noted and fails the file.
  const guarded = (hook: Body) => async () => {
    try {
      // A first lab on a new machine builds its base system, and modules for user-mode Linux.
      await bounded(hook, 600_000);
    } catch (error) {
      counts.failures.push(`hook of "${name}": ${error instanceof Error ? error.stack : String(error)}`);
      throw error;
    }
  };
  test.before = (hook: Body): void => {
    inner.before(guarded(hook));
  };
  test.after = (hook: Body): void => {
    inner.after(guarded(hook));
  };
  registry.push({ run: () => inner.run(), counts });
  return test;
}

async function bounded(body: Body, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still running after ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([Promise.resolve().then(body), late]);
  } catch (error) {
    // uvu takes a thrown non-Error for success.
    throw error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
