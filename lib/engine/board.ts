/** Where steps that others wait for stand on every host, and what the outputs are: all that hosts know of each other. */
import type { StepStatus } from '../model/event.ts';
import type { Facts } from '../model/facts.ts';

export type Outputs = Readonly<Record<string, unknown>>;

/** How a step ended, for those that need it: `met` lets them go on, `unmet` skips them. */
export interface Ended {
  readonly status: StepStatus;
  readonly met: boolean;
  /** It had counted as met before, and others may have gone on. */
  readonly retracted?: true;
}

export interface Board {
  ended(step: string, host: string): Ended | undefined;
  outputs(step: string, host: string): Outputs | undefined;
  facts(host: string): Facts | undefined;
  end(step: string, host: string, ended: Ended, outputs?: Outputs): void;
  publishFacts(host: string, facts: Facts): void;
  /** Called with the token of what has just become known. */
  onChange(listener: (token: string) => void): void;
  /** Called when a step that had been met is met no more. */
  onRetract(listener: (step: string, host: string) => void): void;
}

/** What a host may wait for: the end of a step on another host, or its facts. */
export function stepToken(step: string, host: string): string {
  return `${step}\0${host}`;
}

export function factsToken(host: string): string {
  return `\0facts\0${host}`;
}

/** What nobody tells on the board: the time of a step's next try. */
export function tryToken(step: string): string {
  return `\0try\0${step}`;
}

/** The host's turn to hold a lock: told by the locks. */
export function lockToken(name: string): string {
  return `\0lock\0${name}`;
}

/** What a step without outputs has. */
export const NO_OUTPUTS: Outputs = {};

/** `watched`: whether hosts wait for this step on that host; the ends of others are no news. */
export function createBoard(watched: (step: string, host: string) => boolean): Board {
  const ended = new Map<string, Ended>();
  const outputs = new Map<string, Outputs>();
  const facts = new Map<string, Facts>();
  const listeners: ((token: string) => void)[] = [];
  const mourners: ((step: string, host: string) => void)[] = [];
  const name = stepToken;
  const tell = (token: string): void => {
    for (const listener of listeners) listener(token);
  };
  return {
    ended: (step, host) => ended.get(name(step, host)),
    outputs: (step, host) => outputs.get(name(step, host)),
    facts: (host) => facts.get(host),
    end(step, host, how, values) {
      if (values && values !== NO_OUTPUTS) outputs.set(name(step, host), values);
      if (!watched(step, host)) return;
      const retracted = ended.get(name(step, host))?.met === true && !how.met;
      ended.set(name(step, host), retracted ? { ...how, retracted } : how);
      tell(name(step, host));
      if (retracted) for (const mourn of mourners) mourn(step, host);
    },
    publishFacts(host, value) {
      facts.set(host, value);
      tell(factsToken(host));
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    onRetract: (listener) => {
      mourners.push(listener);
    },
  };
}
