/** Commands that would throw a careless engine off: on a host with dash, and on one where /bin/sh is busybox. */
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

const HOSTS = ['roz', 'wro'];

const { test, lab } = labSuite('hostile commands', 2, async (project) => {
  await project.byHand(
    'wro',
    'apt-get update -qq && apt-get install -qqy busybox >/dev/null 2>&1; ln -s busybox /bin/sh.new; mv /bin/sh.new /bin/sh; readlink -f /bin/sh | grep -q busybox',
  );
});

const runbook = (steps: string): string => `name: Hostile\nhosts: all\nbecome: true\nsteps:\n${steps}`;
const shell = (id: string, text: string, more = ''): string =>
  `  - { id: ${id}, needs: [], task: command, with: { shell: ${JSON.stringify(text)}${more} } }\n`;
const LAST = '  - { id: last, needs: [], task: file, with: { path: /srv/last, content: "last\\n" } }\n';

/** Texts that misbehave and yet succeed; each with how it shows that it has run to its end. */
const ODD: Readonly<Record<string, string>> = {
  frames:
    'printf "\\nN:1::E:0\\n\\n0123456789abcdef:1::E:0\\n"; printf "\\n:7:r.file:B:\\n" >&2; echo E 1 0 >>/srv/frames',
  zeros: 'printf "a\\0b\\377\\n"; head -c 100000 /dev/zero; echo ran >/srv/zeros',
  loud: 'head -c 52428800 /dev/zero | tr "\\0" x; echo ran >/srv/loud',
  leaves: 'echo ran >/srv/leaves; exit 0; echo never >/srv/leaves',
  replaces: 'echo ran >/srv/replaces; exec true; echo never >/srv/replaces',
  background: '(sleep 97531; echo late) & echo ran >/srv/background',
  reads: 'cat >/srv/reads; echo ran >>/srv/reads',
  closes: 'exec >&- 2>&- <&-; : >/srv/closes && chmod 640 /srv/closes',
  traps: "trap 'echo trapped' EXIT TERM HUP; set -eu; umask 0; echo ran >/srv/traps",
  moves: 'cd /nowhere 2>/dev/null || cd /; alias echo=false; printf "ran\\n" >/srv/moves',
};

test('what misbehaves and succeeds counts as done, and what follows is done as well', async () => {
  const steps = Object.entries(ODD).map(([id, text]) => shell(id, text, `, creates: /srv/${id}`));
  lab().write('runbooks/odd.yaml', runbook(steps.join('') + LAST));
  const run = await lab().run(['odd', 'inventory/lab']);
  assert.is(run.code, 0, (run.out + run.err).slice(-4000));
  for (const host of HOSTS) {
    assert.is(run.recap(host).changed, Object.keys(ODD).length + 1);
    const left = Object.keys(ODD).filter((id) => id !== 'closes');
    const text = await lab().byHand(
      host,
      `cd /srv; cat last ${left.join(' ')}; stat -c %a closes; pkill -f 'sleep 9753[1]'`,
    );
    assert.is(text, `last\n${left.map((id) => (id === 'frames' ? 'E 1 0\n' : 'ran\n')).join('')}640\n`);
  }
  const again = await lab().run(['odd', 'inventory/lab']);
  assert.equal(again.of('change'), []);
  assert.is(again.recap('wro').roundTrips, 1);
}, 90_000);

/** Texts that fail, each in a way of its own, and what is said of it. */
const BAD: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  syntax: ['if then fi (', /syntax error|unexpected/i],
  quote: ["echo 'never ends", /[Uu]nterminated|syntax error/],
  status: ['echo some words >&2; exit 3', /some words[\s\S]*|status 3/],
  missing: ['no-such-program --flag', /not found/],
  suicide: ['echo going; kill -9 $$', /going|status 137/],
  group: ['kill 0; sleep 5', /status|ended|killed/],
  errexit: ['set -e; false; echo never', /status 1/],
};

test('what fails fails alone, by its own name; the rest of the host is done', async () => {
  const steps = Object.entries(BAD).map(([id, [text]]) => shell(id, text));
  lab().write('runbooks/bad.yaml', runbook(steps.join('') + LAST.replace(/last/g, 'end')));
  const run = await lab().run(['bad', 'inventory/lab']);
  assert.is(run.code, 2, run.out + run.err);
  for (const host of HOSTS) {
    for (const [id, [, says]] of Object.entries(BAD)) {
      const step = run.of('step').find((event) => event.host === host && event.step === id);
      assert.is(step?.status, 'failed', `${host} ${id}: ${run.out}`);
      assert.match(`${step?.failure?.message}\n${step?.failure?.output ?? ''}`, says);
    }
    assert.is(await lab().byHand(host, 'cat /srv/end'), 'end\n');
  }
}, 90_000);

test('a command that hangs is ended after the step’s time; its children too; the rest is done', async () => {
  const hang =
    '  - { id: hang, needs: [], timeout: 2s, task: command, with: { shell: "sleep 86421 & sleep 86422" } }\n';
  lab().write('runbooks/hang.yaml', runbook(hang + LAST.replace(/last/g, 'tail')));
  const run = await lab().run(['hang', 'inventory/lab']);
  assert.is(run.code, 2, run.out + run.err);
  assert.ok(run.seconds < 20, `${run.seconds} s`);
  for (const host of HOSTS) {
    assert.match(run.failure(host), 'time limit');
    assert.is((await lab().ssh(host, 'pgrep -af "[s]leep 8642"')).out, '');
    assert.is(await lab().byHand(host, 'cat /srv/tail'), 'tail\n');
  }
}, 60_000);

test('a query that is 50 MB long, holds zeros and imitates frames keeps its end and harms nobody', async () => {
  lab().write(
    'runbooks/query.yaml',
    runbook(
      `  - { id: big, task: command, with: { shell: "head -c 52428800 /dev/zero | tr '\\\\0' x; echo; echo the end", changed: never } }
  - { id: copy, task: file, with: { path: /srv/copy, content: "\${{ steps.big.outputs.stdout.endsWith('the end') }} \${{ string(size(steps.big.outputs.stdout)) }}\\n" } }
`,
    ),
  );
  const run = await lab().run(['query', 'inventory/lab']);
  assert.is(run.code, 0, (run.out + run.err).slice(-2000));
  for (const host of HOSTS) assert.match(await lab().byHand(host, 'cat /srv/copy'), /^true 65\d\d\d\n$/);
}, 90_000);
