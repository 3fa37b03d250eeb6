/** Exit codes and the words that go with them, as a table. */
import { type Tally, verdict } from '../../lib/engine/exit.ts';
import type { HostRecap } from '../../lib/model/event.ts';
import { assert, suite } from '../suite.ts';

const test = suite('exit codes');

const host = (change: Partial<HostRecap> = {}): HostRecap => ({
  ok: 1,
  changed: 0,
  failed: 0,
  ignored: 0,
  skipped: 0,
  later: 0,
  unreachable: false,
  readOnly: false,
  roundTrips: 1,
  seconds: 0.1,
  ...change,
});
const fine = host();
const changed = host({ changed: 1 });
const failed = host({ failed: 1 });
const gone = host({ unreachable: true });
const held = host({ locked: true });

const TABLE: readonly [string, Partial<Tally>, number, string][] = [
  ['nothing to do', {}, 0, 'ok'],
  ['no hosts left', { hosts: [] }, 0, 'ok'],
  ['changed', { hosts: [changed] }, 0, 'ok'],
  ['failed', { hosts: [changed, failed] }, 2, 'failed'],
  ['unreachable', { hosts: [fine, gone] }, 4, 'unreachable'],
  ['failed and unreachable', { hosts: [failed, gone] }, 6, 'failed_and_unreachable'],
  ['refused before any write', { hosts: [failed], onlyRefused: true }, 1, 'refused'],
  ['refused, and a host gone', { hosts: [failed, gone], onlyRefused: true }, 6, 'failed_and_unreachable'],
  ['locked', { hosts: [changed, held] }, 7, 'locked'],
  ['locked and unreachable', { hosts: [held, gone] }, 4, 'unreachable'],
  ['locked and failed', { hosts: [held, failed] }, 2, 'failed'],
  ['interrupted wins', { hosts: [failed, gone], interrupted: 'SIGINT' }, 130, 'interrupted'],
  ['terminated wins', { hosts: [failed], interrupted: 'SIGTERM' }, 143, 'terminated'],
  [
    'a read-only host gone hurts only who needs it',
    { hosts: [fine, host({ unreachable: true, readOnly: true })] },
    0,
    'ok',
  ],
  ['dry run, changes, not detailed', { hosts: [changed], dryRun: true }, 0, 'ok'],
  ['dry run, nothing', { dryRun: true, detailed: true }, 0, 'ok'],
  ['dry run, changes', { hosts: [fine, changed], dryRun: true, detailed: true }, 2, 'changes_pending'],
  [
    'dry run, changes to come later',
    { hosts: [host({ later: 1 })], dryRun: true, detailed: true },
    2,
    'changes_pending',
  ],
  ['dry run, failed', { hosts: [changed, failed], dryRun: true, detailed: true }, 1, 'failed'],
  ['dry run, unreachable', { hosts: [changed, gone], dryRun: true, detailed: true }, 4, 'unreachable'],
  ['detailed without dry run', { hosts: [changed], detailed: true }, 0, 'ok'],
];

for (const [name, tally, exit, result] of TABLE) {
  test(name, () => {
    const all: Tally = {
      hosts: [fine],
      interrupted: undefined,
      dryRun: false,
      detailed: false,
      onlyRefused: false,
      ...tally,
    };
    assert.equal(verdict(all), { exit, result });
  });
}
