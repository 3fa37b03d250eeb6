/** That a host answers: the account we act as there, and what the host is. */
import { sh } from '../../base/sh.ts';
import type { Facts } from '../../model/facts.ts';
import type { Kind, State } from '../../model/kind.ts';
import type { Resource } from '../../model/resource.ts';
import { type FactsState, factsRef } from '../facts.ts';
import { check, given } from './check.ts';

interface AccountState extends State {
  readonly name: string;
}

const accountKind: Kind<AccountState> = {
  name: 'account',
  limitMs: 10_000,
  absent: { exists: false, name: '' },
  read: () => sh`id -un`,
  parse: (out, wants) =>
    wants.map(({ key }) => ({ key, state: { exists: true, name: out.toString('utf8').trim() } })),
};

/** Always holds; what it sees: `root; debian 12, Linux 6.1.0-25-amd64, x86_64`. */
export function checkLogin(): Resource<AccountState> {
  return check<AccountState, unknown>({
    kind: accountKind,
    key: 'account:own',
    title: 'the account',
    reads: [factsRef()],
    judge: () => undefined,
    seen: ({ name }, at) => {
      const facts = given(at<FactsState>('facts:host'));
      return facts === undefined ? name : `${name}; ${hostWords(facts)}`;
    },
  });
}

function hostWords({ os, kernel, arch }: Facts): string {
  return [`${os.id} ${os.version}`.trim(), `Linux ${kernel}`, arch].filter((word) => word !== '').join(', ');
}
