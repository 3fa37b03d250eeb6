/** What is wrong with the condition of a step: it is neither true nor false, or would show a secret. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Compiled } from '../expression/template.ts';
import { type Type, typeWords } from '../expression/type.ts';
import { typeOfUnknown } from '../expression/typed-unknown.ts';
import type { Condition } from '../runbook/step-when.ts';
import type { Report } from '../source/report.ts';
import type { Attempt } from './trial.ts';
import { looksAtSecrets } from './trial-template.ts';

export function refuseSecrets(template: Compiled | undefined, where: string, report: Report): void {
  for (const use of template?.uses ?? []) {
    if (!looksAtSecrets(use)) continue;
    report.add('secret-exposed', `a secret may not stand in ${where}`, use.spot, SEEN_BY_ITS_EFFECT);
  }
}

const SEEN_BY_ITS_EFFECT = 'whether it holds could be seen from what the run does';

export function checkCondition(value: unknown, host: string, condition: Condition, attempt: Attempt): void {
  if (typeof value === 'boolean') return;
  if (value instanceof Unknown) {
    const { kind } = typeOfUnknown(value);
    if (kind !== 'any' && kind !== 'bool') tellType(typeWords({ kind } as Type), host, condition, attempt);
    return;
  }
  const { node, template } = condition;
  const { report, first } = attempt;
  if (value instanceof Secret) {
    // Where the condition itself looks at a secret, that has been said.
    if (template.uses.some(looksAtSecrets)) return;
    first('secret-exposed', placeKey(node), () =>
      report.add('secret-exposed', 'a secret may not stand in a condition', node, SEEN_BY_ITS_EFFECT),
    );
    return;
  }
  const what = value === null ? 'empty' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  tellType(what, host, condition, attempt);
}

function tellType(what: string, host: string, { node }: Condition, { report, first }: Attempt): void {
  const hint = 'compare it with something: ==, !=, <, in';
  first('when-type', placeKey(node), () =>
    report.add('when-type', `a condition must be true or false, this is ${what} (on ${host})`, node, hint),
  );
}

function placeKey({ file, start }: Condition['node']): string {
  return `when ${start} ${file.path}`;
}
