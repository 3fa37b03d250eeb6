/** No event leaves with a secret in it. */
import { Secret } from '../../lib/base/secret.ts';
import { maskSecrets } from '../../lib/engine/mask.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('masks');

const step = (message: string): RunEvent => ({
  kind: 'step',
  host: 'a',
  step: 's',
  status: 'failed',
  handler: false,
  failure: { message, output: `x ${message}`, diff: [{ kind: 'field', name: 'n', from: message, to: '' }] },
});

function masked(secrets: readonly Secret[], message: string): string {
  const events: RunEvent[] = [];
  maskSecrets((event) => events.push(event), secrets)(step(message));
  return JSON.stringify(events);
}

test('everywhere in an event, the longer secret first, with and without its line end', () => {
  const secrets = [new Secret('short', 'hush'), new Secret('long', 'hush-hush\n')];
  const text = masked(secrets, 'before hush-hush after hush');
  assert.not.match(text, /hush/);
  assert.is(text.split('‹secret long›').length, 4);
  assert.is(text.split('‹secret short›').length, 4);
});

test('each line of a secret of several lines, as output shows lines by themselves', () => {
  const text = masked([new Secret('key', 'BEGIN\nabcdefgh12345678\nEND\n')], 'line abcdefgh12345678 of it');
  assert.not.match(text, /abcdefgh12345678/);
});

test('secrets too short to tell from text are left', () => {
  assert.match(masked([new Secret('tiny', 'a')], 'banana'), /banana/);
});

test('a run in which a command prints a secret', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(
      `
secrets: { psk: { env: PSK } }
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "\${{ secrets.psk }}", mode: "0600" } }
  - { id: leak, task: act, with: { run: "cat /srv/conf; cat /srv/conf >&2; exit 1" } }
`,
      { env: { PSK: 'very-hush-hush' } },
    );
    assert.is(run.exit, 2);
    assert.is(fleet.server('a').run('cat /srv/conf'), 'very-hush-hush');
    assert.match(run.failure('leak').output ?? '', /‹secret psk›/);
    assert.not.match(JSON.stringify(run.events), /hush-hush/);
  }));
