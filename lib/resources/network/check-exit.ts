/** The check of an exit node: what becomes of packets of guests, out and in. Nothing is sent. */
import type { AnyResource } from '../../model/resource.ts';
import { checkHost } from './check-network.ts';
import { type ExitWish, exitFault, exitWords } from './diagnosis-exit.ts';
import { blindFault } from './diagnosis-path.ts';
import { type Target, targetName } from './network-ask.ts';

export function checkExit(params: Omit<ExitWish, 'target'>): AnyResource {
  const target: Target = { to: params.outside, from: params.guest, iif: params.vnet };
  const wish: ExitWish = { ...params, target: targetName(target) };
  return checkHost({
    title: `exit of ${wish.network}`,
    needs: { targets: [target], parts: ['rules'] },
    judge: (evidence) => blindFault(evidence) ?? exitFault(evidence, wish),
    seen: (evidence) => exitWords(evidence, wish),
  });
}
