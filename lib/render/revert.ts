/** What came of taking a change back, for people. */
import type { RunEvent } from '../model/event.ts';
import type { Paint } from './paint.ts';
import { printable, settled } from './printable.ts';

/** What did not come back is not to be overlooked. */
export function revertText(event: Extract<RunEvent, { kind: 'revert' }>, paint: Paint): string {
  const about = `${printable(event.key)}  ${paint.dim(`[${event.step}]`)}`;
  const rest = (event.leaves ?? []).map((line) => `\n        ${printable(line)}`).join('');
  if (event.outcome === 'restored') return `${paint.cyan('↶')} ${about}  came back${rest}`;
  const said = event.output ? `\n${settled(event.output).replace(/^/gm, '        | ')}` : '';
  const word = event.outcome === 'stays' ? 'STAYS CHANGED: it has no way back' : 'HAS NOT COME BACK';
  return `${paint.red('↶')} ${about}  ${paint.bold(paint.red(word))}${rest}${said}`;
}
