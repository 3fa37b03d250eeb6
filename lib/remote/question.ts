/** Questions that servers ask during a login (one-time codes, passwords of PAM), put to a person one server at a time. */
import type { AskServer } from './ssh-auth.ts';
import type { AskAnswer } from './ssh-context.ts';

export function questioner(ask: AskAnswer | undefined): (host: string, notes: string[]) => AskServer {
  let turn: Promise<unknown> = Promise.resolve();
  return (host, notes) => (questions) => {
    const answers = turn.then(async () => {
      const given: string[] = [];
      for (const question of questions) {
        const answer = await ask?.(host, question.trim());
        if (answer === undefined) {
          notes.push(`"${question.trim()}": there was nobody to ask (run it at a terminal)`);
          return undefined;
        }
        given.push(answer.reveal());
      }
      return given;
    });
    turn = answers.catch(() => undefined);
    return answers;
  };
}
