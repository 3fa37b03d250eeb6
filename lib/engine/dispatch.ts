/** The queue: how many hosts are worked on at once. Behind a contract, so that other queues can carry the jobs. */
import type PQueue from 'p-queue';

/** Carries jobs named by plain data; whoever registered the run knows how to advance a host. */
export interface Dispatcher {
  /** Queues one advance of a host; `forks` of them run at a time. */
  dispatch(job: { readonly run: string; readonly host: string }): void;
  /** Resolves when nothing is queued or running. */
  idle(): Promise<void>;
}

export async function createDispatcher(
  forks: number,
  advance: (job: { readonly run: string; readonly host: string }) => Promise<void>,
): Promise<Dispatcher> {
  const { default: Queue } = await import('p-queue');
  const queue: PQueue = new Queue({ concurrency: forks });
  return {
    dispatch(job) {
      queue
        .add(() => advance(job))
        .catch((error: unknown) => {
          // An advance never rejects; if it does all the same, the run must not hang in silence.
          queueMicrotask(() => {
            throw error;
          });
        });
    },
    idle: () => queue.onIdle(),
  };
}
