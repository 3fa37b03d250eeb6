/** A reboot: an act that is carried out once, and what has to hold when the host is back. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { AnyResource, Draft, Resource } from '../../model/resource.ts';
import { check } from '../network/check.ts';
import { type BootState, bootRef } from './boot-kind.ts';
import { newerKernel } from './kernel-version.ts';

export interface RebootWish {
  /** handler: it is owed, which is reason enough. */
  readonly when: 'needed' | 'always' | 'handler';
  readonly message: string | undefined;
  readonly delayMs: number;
  readonly timeoutMs: number;
}

/** Nothing of it is known to be left when the host goes down. */
const GOING_MS = 60_000;

export function reboot(wish: RebootWish): readonly AnyResource[] {
  // A handler's mark is paid by its last change, which has to be the reboot.
  if (wish.when === 'handler') return [act(wish)];
  return [act(wish), isUp(wish), ...(wish.when === 'needed' ? [isDone()] : [])];
}

function act(wish: RebootWish): Resource<BootState> {
  return {
    ...bootRef(),
    title: 'reboot',
    act: true,
    plan(state) {
      const need = needOf(state);
      return wish.when === 'needed' && need === undefined ? null : draft(wish, state, need);
    },
  };
}

function draft(wish: RebootWish, state: BootState, need: string | undefined): Draft<BootState> {
  const { delayMs, timeoutMs, message } = wish;
  const why = need ?? (wish.when === 'handler' ? 'it was notified' : 'the step says so');
  const words = message === undefined ? [] : [`--message=${message}`];
  return {
    action: 'restart',
    summary: `reboot: ${why}`,
    diff: [],
    after: {
      ...state,
      id: new Unknown('the next boot') as unknown as string,
      asked: false,
      for: [],
      kernel: newerKernel(state.kernel, state.kernels) ?? state.kernel,
      system: 'running',
      units: [],
    },
    run: sh`if [ -d /run/systemd/system ]; then systemctl reboot ${words}; else reboot; fi`,
    effects: [],
    opaque: true,
    reboots: { delayMs, timeoutMs },
    limitMs: delayMs + timeoutMs + GOING_MS,
    inverse: 'no',
  };
}

/** Why a reboot is needed; undefined where it is not. */
export function needOf({ asked, for: packages, kernel, kernels }: BootState): string | undefined {
  const newer = newerKernel(kernel, kernels);
  if (newer !== undefined) return `kernel ${newer} is there, ${kernel} runs`;
  if (!asked) return undefined;
  const names = packages.slice(0, 3).join(', ');
  return `/run/reboot-required is there${names === '' ? '' : ` (${names}${packages.length > 3 ? ', …' : ''})`}`;
}

function isUp({ timeoutMs }: RebootWish): Resource<BootState> {
  return {
    ...check<BootState, unknown>({
      ...bootRef(),
      title: 'the system',
      judge: ({ system, units }) =>
        system === 'starting' || system === 'initializing'
          ? {
              cause: `the system is still ${system}${units.length === 0 ? '' : `: ${units.join(', ')} not done`}`,
              hint: 'look at: systemctl list-jobs; or raise `timeout`',
            }
          : undefined,
      seen: ({ system, kernel, units }) => {
        const failed = units.length === 0 ? '' : ` (failed: ${units.join(', ')})`;
        return `Linux ${kernel}${system === '' ? '' : `, ${system}${failed}`}`;
      },
    }),
    awaits: { ms: timeoutMs, hint: () => undefined },
  };
}

/** What is needed again after each reboot is no work for a second one. */
function isDone(): Resource<BootState> {
  return check<BootState, unknown>({
    ...bootRef(),
    title: 'the need of a reboot',
    judge: (state) => {
      const need = needOf(state);
      return need === undefined
        ? undefined
        : {
            cause: `a reboot is still needed: ${need}`,
            hint: 'where it is the kernel, look at what the boot loader boots; else at what has asked for it since',
          };
    },
    seen: () => undefined,
  });
}
