/** What a diagnosis is: the probable cause of what does not work, and what to do. */

export interface Fault {
  /** One sentence, the cause named first: `UDP 51820 is closed here: …`. */
  readonly cause: string;
  /** What to do next. */
  readonly hint: string;
  /** Nothing is wrong on this host as far as it can see: the cause is on another one, which will say so itself. */
  readonly elsewhere?: true;
}

/** The first fault of several judgements, in the order of causes before their symptoms. */
export function firstFault(...judgements: readonly (() => Fault | undefined)[]): Fault | undefined {
  for (const judge of judgements) {
    const fault = judge();
    if (fault !== undefined) return fault;
  }
  return undefined;
}
