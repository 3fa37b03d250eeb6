/** The host's name: what the kernel calls it now. */
import { sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Kind, Reading, State } from '../../model/kind.ts';
import { type At, type Effect, PlanError, type Resource } from '../../model/resource.ts';
import type { FactsState } from '../facts.ts';

export interface HostnameState extends State {
  readonly name: string;
}

export const hostnameKind: Kind<HostnameState> = {
  name: 'hostname',
  limitMs: 10_000,
  absent: { exists: false, name: '' },
  read: () => sh`uname -n`,
  parse(out, wants) {
    const name = out.toString('latin1').trim();
    return wants.map(({ key }): Reading<HostnameState> => {
      if (name === '') return { key, unreadable: 'uname -n says nothing' };
      return { key, state: { exists: true, name } };
    });
  },
  forth: (_, { state }) => ({ restore: setName(state.name) }),
};

/** The running name. Throws PlanError for what cannot be a host's name. */
export function hostname(name: string): Resource<HostnameState> {
  if (
    !/^(?=.{1,64}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(
      name,
    )
  ) {
    throw new PlanError(
      `"${name}" cannot be a host's name`,
      'use letters, digits and hyphens, at most 64 characters',
    );
  }
  return {
    kind: hostnameKind,
    key: 'hostname:running',
    plan(state, at) {
      if (state.name === name) return null;
      return {
        action: 'update',
        summary: `${state.name} → ${name}`,
        diff: [{ kind: 'field', name: 'hostname', from: state.name, to: name }],
        after: { exists: true, name },
        // The tool where there is one; systemd's daemon would otherwise go on with the old name.
        run: setName(name),
        effects: factsWith(name, at),
        opaque: false,
        inverse: 'yes',
        back: { restore: setName(state.name) },
      };
    },
  };
}

function setName(name: string) {
  return sh`hostname ${name} 2>/dev/null || printf '%s\n' ${name} >/proc/sys/kernel/hostname || exit 1`;
}

function factsWith(name: string, at: At): readonly Effect[] {
  const facts = at<FactsState>('facts:host');
  if (facts === undefined) return [];
  if (facts instanceof Unknown) return [{ key: 'facts:host' }];
  const to: FactsState = { ...facts, hostname: name };
  return [{ key: 'facts:host', to }];
}
