/** What is wrong with the condition of a step: it is neither true nor false, or would show a secret. */
import { Secret } from '../base/secret.ts';
import { Unknown } from '../base/unknown.ts';
import { child } from './node.ts';
import type { Report } from './report.ts';
import type { Compiled } from './template.ts';
import type { Attempt } from './trial.ts';
import { looksAtSecrets } from './trial-template.ts';
import { type Type, typeWords } from './type.ts';
import { typeOfUnknown } from './typed-unknown.ts';

export function refuseSecrets(template: Compiled | undefined, where: string, report: Report): void {
  for (const use of template?.uses ?? []) {
    if (!looksAtSecrets(use)) continue;
    report.add('secret-exposed', `a secret may not stand in ${where}`, use.spot, SEEN_BY_ITS_EFFECT);
  }
}

const SEEN_BY_ITS_EFFECT = 'whether it holds could be seen from what the run does';

export function checkCondition(
  value: unknown,
  host: string,
  attempt: Attempt,
  name: 'when' | 'until' = 'when',
): void {
  if (typeof value === 'boolean') return;
  if (value instanceof Unknown) {
    const { kind } = typeOfUnknown(value);
    if (kind !== 'any' && kind !== 'bool') tellType(typeWords({ kind } as Type), host, attempt, name);
    return;
  }
  if (value instanceof Secret) {
    const { built, report, first } = attempt;
    const node = child(built.draft.node, name) ?? built.draft.node;
    // Where the condition itself looks at a secret, that has been said.
    if (built[name]?.uses.some(looksAtSecrets)) return;
    first('secret-exposed', name, () =>
      report.add('secret-exposed', 'a secret may not stand in a condition', node, SEEN_BY_ITS_EFFECT),
    );
    return;
  }
  const what = value === null ? 'empty' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  tellType(what, host, attempt, name);
}

function tellType(
  what: string,
  host: string,
  { built, report, first }: Attempt,
  name: 'when' | 'until',
): void {
  const node = child(built.draft.node, name) ?? built.draft.node;
  const hint = 'compare it with something: ==, !=, <, in';
  first('when-type', name, () =>
    report.add('when-type', `a condition must be true or false, this is ${what} (on ${host})`, node, hint),
  );
}
