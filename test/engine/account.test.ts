/** Which account a host's session acts as: what the command line says, against inventory and step. */
import { createOnce } from '../../lib/base/once.ts';
import { accountsOf, type BecomeFlags } from '../../lib/engine/account.ts';
import type { Become, Host } from '../../lib/model/inventory.ts';
import type { Project } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';

const test = suite('account');

const NOBODY: BecomeFlags = { become: false, user: undefined };

function session(flags: Partial<BecomeFlags>, host?: Become | false, step?: Become | false): string {
  const steps = [{ id: 'one', hosts: new Set(['a']), become: step }];
  const project = { runbook: { steps, handlers: [] }, leftOut: new Set() } as unknown as Project;
  const own = { name: 'a', become: host } as unknown as Host;
  const found = accountsOf(project, own, { ...NOBODY, ...flags }, createOnce()).session;
  return found ? `${found.user} by ${found.method}` : 'nobody';
}

test('--become, --become-user and --become-method, where nobody else says anything', () => {
  assert.is(session({}), 'nobody');
  assert.is(session({ user: 'mira', method: 'su' }), 'nobody');
  assert.is(session({ become: true }), 'root by sudo');
  assert.is(session({ become: true, method: 'doas' }), 'root by doas');
  assert.is(session({ become: true, user: 'mira', method: 'su' }), 'mira by su');
});

test('user and method win over the inventory, and not over the step', () => {
  const host = { user: 'root', method: 'doas' } as const;
  assert.is(session({}, host), 'root by doas');
  assert.is(session({ method: 'su' }, host), 'root by su');
  assert.is(session({ user: 'mira' }, host), 'mira by doas');
  assert.is(session({ become: true, method: 'su' }, false), 'nobody');
  assert.is(session({ user: 'mira', method: 'su' }, host, { user: 'db', method: 'sudo' }), 'db by sudo');
});
