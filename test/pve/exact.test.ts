/** Every task of Proxmox in one runbook, against the stand-in and what stands beside it: what is foretold is what is done. */
import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { forecast } from '../fixture/forecast.ts';
import {
  ENV,
  everyTask,
  FIRST,
  lifeWithEveryTask,
  NO_MORE,
  SECOND,
  SECRETS,
} from '../fixture/pve/every-task.ts';
import { assert, suite } from '../suite.ts';

const test = suite('Proxmox exactly as foretold');
const here = dirname(fileURLToPath(import.meta.url));
const node = hostname().replace(/\..*/, '');
test('every task of Proxmox is in it', () => {
  const tasks = readdirSync(join(here, '../../tasks')).filter((file) => file.startsWith('pve_'));
  const missing = tasks.filter(
    (file) => !new RegExp(`\\btask: ${file.replace('.ts', '')}\\b`).test(everyTask(node, FIRST)),
  );
  assert.equal(missing, []);
});

for (const version of ['8.4.1', '9.1.1']) {
  test(
    `made, changed and taken away on ${version}: each change is foretold, to the last byte and in its order`,
    () =>
      withFleet(['alpha'], async (fleet: Fleet) => {
        const sh = (script: string): string => fleet.server('alpha').run(script);
        sh(lifeWithEveryTask(version));
        const counts: number[] = [];
        for (const steps of [everyTask(node, FIRST), everyTask(node, SECOND), NO_MORE]) {
          const text = `${SECRETS}steps:\n${steps}`;
          const dry = await fleet.run(text, { dryRun: true, env: ENV });
          assert.is(dry.exit, 0, JSON.stringify(dry.of('step')));
          const real = await fleet.run(text, { env: ENV });
          assert.is(real.exit, 0, JSON.stringify(real.of('step').filter(({ failure }) => failure)));
          const { wrong, made, exact, partly, later } = forecast(dry, real, 'alpha');
          assert.equal([wrong, partly, later], [[], [], []]);
          assert.is(exact, made);
          counts.push(made);
          assert.equal((await fleet.run(text, { env: ENV })).changes('alpha'), []);
        }
        console.log(`Proxmox ${version}: ${counts.join(' + ')} changes, all foretold to the last byte`);
      }),
    300_000,
  );
}
