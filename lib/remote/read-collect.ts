/** Gathers what the parts of a job print, from frames that come on two streams without an order between them. */
import type { Part, PartResult } from './contract.ts';
import type { Frame } from './frame.ts';
import type { Stream } from './supervisor.ts';

/** What has come of one part so far. */
interface Gathered {
  begun: boolean;
  rc: number;
  /** Streams whose E frame has come: a part is over when it is on both. */
  readonly ended: Set<Stream>;
  readonly out: Buffer[];
  readonly err: Buffer[];
}

export interface Collector {
  data(tag: string, stream: Stream, chunk: Buffer): void;
  /** Tells what the frame was for this job, once both streams have said so. */
  frame(frame: Frame, stream: Stream): { readonly begins?: string; readonly ends?: PartResult };
  /** True when every part has ended. */
  complete(): boolean;
  /** Tag of the part that has begun and not ended. */
  running(): string | undefined;
  /** All results; `verdict` is passed on a part that has begun and not ended. Parts not begun are left out. */
  results(verdict: 'hung' | 'killed'): Map<string, PartResult>;
}

export function createCollector(parts: readonly Part[]): Collector {
  const all = new Map(parts.map((part) => [part.tag, blank()]));
  const result = (tag: string, one: Gathered, verdict: 'hung' | 'killed'): PartResult => {
    const streams = { tag, out: Buffer.concat(one.out), err: Buffer.concat(one.err) };
    return isOver(one) ? { ...streams, ended: 'done', rc: one.rc } : { ...streams, ended: verdict };
  };
  return {
    data(tag, stream, chunk) {
      all.get(tag)?.[stream].push(chunk);
    },
    frame({ tag, letter, value }, stream) {
      const one = all.get(tag);
      if (letter === 'B' && stream === 'out' && one) {
        one.begun = true;
        return { begins: tag };
      }
      if (letter !== 'E' || !one) return {};
      one.ended.add(stream);
      one.rc = Number(value);
      return isOver(one) ? { ends: result(tag, one, 'killed') } : {};
    },
    complete: () => [...all.values()].every(isOver),
    running: () => [...all].find(([, one]) => one.begun && !isOver(one))?.[0],
    results(verdict) {
      const begun = [...all].filter(([, one]) => one.begun);
      return new Map(begun.map(([tag, one]) => [tag, result(tag, one, verdict)]));
    },
  };
}

function isOver(one: Gathered): boolean {
  return one.ended.size === 2;
}

function blank(): Gathered {
  return { begun: false, rc: -1, ended: new Set(), out: [], err: [] };
}
