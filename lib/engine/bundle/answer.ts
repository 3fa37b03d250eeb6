/** What a kept state tells a reader who asks otherwise than the one it was kept for. */
import type { Kind, State } from '../../model/kind.ts';
import { canonicalText } from '../review/seal.ts';

/** Undefined: it does not tell. */
export function answerOf(kind: Kind, state: State, asked: unknown, wanted: unknown): State | undefined {
  const { answer } = kind.keep ?? {};
  if (answer) return answer(state, asked, wanted);
  // Whoever asks for nothing in particular is served by any answer.
  return wanted === undefined || canonicalText(asked) === canonicalText(wanted) ? state : undefined;
}
