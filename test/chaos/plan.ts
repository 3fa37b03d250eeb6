/** Where and how a run is cut: all of it follows from its seed. */
import { random } from '../../lib/cli/prove/order.ts';

export const CUTS = ['link', 'reset', 'sshd', 'controller', 'reboot'] as const;

export type CutKind = (typeof CUTS)[number];

export interface ChaosPlan {
  readonly seed: number;
  readonly cut: CutKind;
  /** Which host is cut: 0 or 1. */
  readonly host: number;
  /** After this share of the host's changes, in [0, 1). */
  readonly share: number;
  /** And after this share of the time that the next one takes, in [0, 1). */
  readonly part: number;
  /** From hosts without any package of the runbook. */
  readonly bare: boolean;
}

/** One seed in ten begins on bare hosts. */
export const BARE_EVERY = 10;

export function planOf(seed: number): ChaosPlan {
  const next = random(seed * 7919);
  const cut = CUTS[Math.floor(next() * CUTS.length)] ?? 'link';
  return {
    ...{ seed, cut },
    host: next() < 0.5 ? 0 : 1,
    share: next(),
    part: next(),
    bare: seed % BARE_EVERY === 0,
  };
}
