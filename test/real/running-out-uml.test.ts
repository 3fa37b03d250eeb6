/** Under a kernel of its own: the clock is wrong by years, and memory runs out until the kernel kills. */
import type { Finished } from '../fixture/lab-run.ts';
import { labSuite } from '../fixture/lab-suite.ts';
import { assert } from '../suite.ts';

const { test, lab } = labSuite('running out, own kernel', 1, undefined, { driver: 'uml' });

const book = (name: string, steps: string): Promise<Finished> => {
  lab().write(`runbooks/${name}.yaml`, `name: ${name}\nhosts: all\nsteps:\n${steps}`);
  return lab().run([name, 'inventory/lab']);
};
const by = (script: string): Promise<string> => lab().byHand('roz', script);
const said = ({ code, out, err }: Finished): string => `exit ${code}\n${out}${err}`;
const now = (): string => `@${Math.round(Date.now() / 1000)}`;

const STEPS = (
  name: string,
): string => `  - { id: note, task: file, with: { path: /srv/${name}, content: "note\\n" } }
  - { id: tool, task: package, with: { name: ${name} } }
`;

test('a clock of long ago: files are written; what a date refuses is told with the clock as the cause; with the right time it goes on', async () => {
  // The mirror of a lab may be a copy whose dates nobody looks at: here they count.
  await by(
    `rm -rf /var/lib/apt/lists/*; printf 'Acquire::Check-Date "true";\\nAcquire::Check-Valid-Until "true";\\n' >/etc/apt/apt.conf.d/zz-dates; date -s 2019-05-01 >/dev/null`,
  );
  const run = await book('past', STEPS('tree'));
  assert.is(run.code, 2, said(run));
  assert.match(run.failure('roz'), /not (valid yet|yet valid)[\s\S]*compare `date -u` on the host/);
  assert.is(run.of('change').length, 1);
  await by(`rm /etc/apt/apt.conf.d/zz-dates; date -s ${now()} >/dev/null`);
  const again = await book('past', STEPS('tree'));
  assert.is(again.code, 0, said(again));
  assert.equal(
    again.of('change').map(({ step }) => step),
    ['tool'],
  );
  assert.equal((await book('past', STEPS('tree'))).of('change'), []);
}, 500_000);

test('a clock of years to come, and one that jumps while a host is held: our own times are not of the clock', async () => {
  await by('date -s 2040-01-01 >/dev/null');
  const jumps = `  - { id: to, task: command, with: { shell: "date -s 2001-01-01; sleep 1" } }
  - { id: seen, task: file, with: { path: /srv/seen, content: "seen\\n" } }
  - { id: back, task: command, with: { shell: "date -s 2040-01-01; sleep 1" } }
  - { id: end, task: file, with: { path: /srv/end, content: "end\\n" } }
`;
  const run = await book('jumps', jumps);
  assert.is(run.code, 0, said(run));
  assert.is(run.of('change').length, 4);
  assert.equal(run.of('warning'), []);
  await by(`date -s ${now()} >/dev/null`);
  assert.is(await by('tail -n 1 /var/lib/tightbeam/lock/*; ls -A /var/lib/tightbeam/runs'), 'free\n');
}, 200_000);

test('memory runs out and the kernel kills the change: told so, with how much there is; a re-run goes on', async () => {
  const steps = `  - { id: first, task: file, with: { path: /srv/first, content: "1\\n" } }
  - id: big
    task: command
    with: { shell: "test -e /srv/less || perl -e 'my @x; push @x, \\"x\\" x 10000000 while 1'; test -e /srv/less && touch /srv/big", creates: /srv/big }
  - { id: last, task: file, with: { path: /srv/last, content: "2\\n" } }
`;
  const run = await book('memory', steps.replace("while 1'; test", "while 1' || exit $?; test"));
  assert.is(run.code, 2, said(run));
  assert.match(
    run.failure('roz'),
    /failed with status 137[\s\S]*killed \(SIGKILL\); memory: \d+ of \d+ MB available; the kernel has killed \d+ processes[\s\S]*journalctl -k/,
  );
  assert.is((await lab().ssh('roz', 'test -e /srv/last')).rc, 1);
  await by('touch /srv/less');
  const again = await book('memory', steps.replace("while 1'; test", "while 1' || exit $?; test"));
  assert.is(again.code, 0, said(again));
  assert.equal(
    again.of('change').map(({ step }) => step),
    ['big', 'last'],
  );
}, 500_000);
