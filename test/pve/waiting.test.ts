/** Settings that a running VM takes when it starts anew: said, not found again as a difference, and taken where a restart is allowed. */
import { hostname } from 'node:os';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('settings of a VM that wait');
const node = hostname().replace(/\..*/, '');

const vm = (memory: number, more = ''): string => `
steps:
  - task: pve_vm
    with: { id: 123, name: sdntest, memory: ${memory}, on_boot: ${memory > 600}, nics: [{ bridge: vmbr0 }], running: true${more} }
`;

for (const version of ['8.4.1', '9.1.1']) {
  test(
    `on ${version}`,
    () =>
      withFleet(['alpha'], async (fleet: Fleet) => {
        const sh = (script: string): string => fleet.server('alpha').run(script);
        const pending = (): string =>
          sh(`pvesh get /nodes/${node}/qemu/123/pending --output-format json 2>/dev/null`);
        sh(lifeAsNode([`version ${version}`]));
        assert.is((await fleet.run(vm(512))).exit, 0);
        const run = await fleet.run(vm(1024));
        assert.is(run.exit, 0, JSON.stringify(run.of('step')));
        assert.equal(run.changes('alpha'), [
          `pve:/nodes/${node}/qemu/123/config update memory 512 → 1024, onboot 0 → 1, in effect once the VM is started anew: memory (restart: true does that)`,
        ]);
        assert.match(pending(), '{"key":"memory","pending":"1024","value":"512"}');
        // It runs with 512 still, and nobody is told so for ever.
        const again = await fleet.run(vm(1024));
        assert.equal([again.exit, again.changes('alpha'), again.turns.alpha], [0, [], 1]);
        // Somebody who allows the restart gets it, also for what has waited before; and back again in one go.
        const dry = await fleet.run(vm(1024, ', restart: true'), { dryRun: true });
        const restarted = await fleet.run(vm(1024, ', restart: true'));
        assert.is(restarted.exit, 0, JSON.stringify(restarted.of('step')));
        assert.equal(restarted.changes('alpha'), [
          `pve:/nodes/${node}/qemu/123/config restart start the VM anew, which memory waits for`,
        ]);
        assert.equal(dry.changes('alpha'), restarted.changes('alpha'));
        assert.match(pending(), '{"key":"memory","value":"1024"}');
        const both = await fleet.run(vm(2048, ', restart: true'));
        assert.equal(both.changes('alpha'), [
          `pve:/nodes/${node}/qemu/123/config update memory 1024 → 2048, start the VM anew, which memory waits for`,
        ]);
        assert.match(pending(), '{"key":"memory","value":"2048"}');
        assert.equal((await fleet.run(vm(2048, ', restart: true'))).changes('alpha'), []);
        // Of one that stands still all is in effect at once.
        const off = (memory: number): string => vm(memory).replace('running: true', 'running: false');
        assert.is((await fleet.run(off(2048))).exit, 0);
        const still = await fleet.run(off(512));
        assert.match(still.changes('alpha')[0] ?? '', /memory 2048 → 512, onboot 1 → 0$/);
        assert.not.match(pending(), '"pending"');
      }),
    90_000,
  );
}
