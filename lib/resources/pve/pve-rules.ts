/** An ordered list of rules that we own within a list of the firewall of Proxmox. */
import { join, type Sh } from '../../base/sh.ts';
import { type At, type Draft, PlanError, type Ref, type Resource } from '../../model/resource.ts';
import { firewallCuts, withSections } from './pve-back.ts';
import { call } from './pve-call.ts';
import { rulesChanged, rulesUnchanged } from './pve-firewall-file.ts';
import { type FoundRule, firewallEffect, firewallRef } from './pve-firewall-read.ts';
import { pveKind } from './pve-kind.ts';
import { isOwn, type PveRule, ruleOptions, ruleText } from './pve-rule.ts';
import { editRules, type RuleStep } from './pve-rule-edit.ts';
import { type PveHint, type PveState, pveKey, titled } from './pve-state.ts';

export interface RulesWish {
  /** Name of the list: rules of it carry it in their comments. Undefined: all that stands there is ours. */
  readonly owner: string | undefined;
  readonly rules: readonly PveRule[];
  /** Rules that are not ours: left alone, or none may be there. */
  readonly foreign: 'keep' | 'refuse';
  readonly place: 'top' | 'bottom';
  readonly uses?: readonly Ref[];
}

/** `path`: `/cluster/firewall/rules`, `/cluster/firewall/groups/sdn`. */
export function firewallRules(path: string, wish: RulesWish): Resource<PveState, PveHint> {
  return {
    kind: pveKind,
    key: pveKey(path),
    ...titled(path),
    hint: { from: 'path', path, missing: ['no such security group'] },
    uses: wish.uses ?? [],
    reads: groupOf(path) === undefined ? [] : [firewallRef(pveKind)],
    plan: (state, at, now) => planRules(path, wish, state, at, now),
  };
}

const GROUPS = '/cluster/firewall/groups/';

function groupOf(path: string): string | undefined {
  return path.startsWith(GROUPS) ? path.slice(GROUPS.length) : undefined;
}

function planRules(
  path: string,
  wish: RulesWish,
  state: PveState,
  at: At,
  now: number,
): Draft<PveState> | null {
  const list = listOf(state);
  const found = list.map((rule) => ({ text: ruleText(rule), own: isOwn(rule, wish.owner), rule }));
  const foreign = found.filter(({ own }) => !own);
  if (wish.foreign === 'refuse' && foreign.length > 0) {
    throw new PlanError(
      `${path} holds ${foreign.length} ${foreign.length === 1 ? 'rule' : 'rules'} of others: ${foreign.map(({ text }) => text).join('; ')}`,
      'take them into the list, or set `foreign: keep`',
    );
  }
  const wanted = wish.rules.map((rule) => {
    const options = ruleOptions(rule, wish.owner);
    return { text: ruleText(options), rule: options };
  });
  const steps = editRules(found, wanted, wish.place);
  if (steps.length === 0) return null;
  const own = found.filter((each) => each.own);
  const after = wanted.map(({ rule }) => rule as FoundRule);
  const others = foreign.map(({ rule }) => rule);
  const value = (wish.place === 'top' ? [...after, ...others] : [...others, ...after]).map((rule, pos) => ({
    ...rule,
    pos,
  }));
  const group = groupOf(path);
  const empties = own.length > 0 && wanted.length === 0;
  return withSections<Omit<Draft<PveState>, 'inverse'>>(
    {
      action: own.length === 0 ? 'create' : empties ? 'delete' : 'update',
      summary: summaryOf(steps),
      diff: [
        {
          kind: 'text',
          // The node is that of the title.
          path: path.replace('/nodes/@node/', ''),
          before: own.length === 0 ? null : own.map(({ text }) => `${text}\n`).join(''),
          after: empties ? null : wanted.map(({ text }) => `${text}\n`).join(''),
        },
      ],
      after: { ...state, exists: true, value },
      run: join([...steps.map((step) => stepText(path, step)), rulesChanged(path)]),
      ...(state.digest === '' ? {} : { guard: rulesUnchanged(path, state.digest) }),
      effects:
        group === undefined
          ? []
          : firewallEffect(at, (file) => ({ ...file, groups: { ...file.groups, [group]: value } })),
      opaque: false,
      ...firewallCuts(
        path,
        steps.some((step) => step.do === 'delete' || (step.do === 'create' && step.rule.action !== 'ACCEPT')),
      ),
    },
    { firewall: path },
    now,
  );
}

function listOf({ value }: PveState): readonly FoundRule[] {
  if (!Array.isArray(value)) return [];
  return [...(value as readonly FoundRule[])].sort((a, b) => Number(a.pos ?? 0) - Number(b.pos ?? 0));
}

function stepText(path: string, step: RuleStep<ReturnType<typeof ruleOptions>>): Sh {
  switch (step.do) {
    case 'create':
      return call('create', path, step.rule);
    case 'move':
      return call('set', `${path}/${step.from}`, { moveto: step.to });
    case 'delete':
      return call('delete', `${path}/${step.at}`);
  }
}

function summaryOf(steps: readonly RuleStep<unknown>[]): string {
  const count = (what: RuleStep<unknown>['do']): number => steps.filter((step) => step.do === what).length;
  const parts = [
    [count('create'), 'new'],
    [count('delete'), 'gone'],
  ].filter(([number]) => number !== 0);
  return `rules: ${parts.map(([number, what]) => `${number} ${what}`).join(', ')}`;
}
