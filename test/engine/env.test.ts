/** `env`: of commands, their guards and queries, and of every change; secrets are seen by nobody else. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('environment of a step');

test('runbook, group and step: the inner one wins; guards, queries and changes have it', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const book = `
env: { ONE: top, TWO: "\${{ host.name }}", THREE: top }
steps:
  - group: some
    env: { TWO: group }
    steps:
      - { id: query, task: command, env: { ONE: own }, with: { shell: "echo $ONE $TWO $THREE $FOUR", changed: never, env: { FOUR: parameter } } }
      - { id: guard, task: command, env: { WHERE: /srv/guard }, with: { shell: "echo x >$WHERE", unless: "test -e $WHERE", effects: none } }
      - { id: change, task: thing, env: { N: "\${{ 1 + 1 }}" }, with: { path: /srv/change, also: "echo $N $THREE >/srv/seen" } }
      - { id: each, task: command, foreach: [u, v], env: { ITEM: "\${{ item }}" }, with: { shell: "echo $ITEM", changed: never } }
  - { id: all, task: thing, with: { path: /srv/all, value: "\${{ steps.query.outputs.stdout }} \${{ steps.each.outputs.map(o, o.stdout).join('') }}" } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/all /srv/seen'), 'own group top parameter uv\n2 top\n');
    const again = await fleet.run(book);
    assert.equal(again.changes(), []);
  }));

test('a secret is in no list of arguments, no file on the host that others can read, and no event', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; : >/srv/seen');
    const look =
      'for f in /proc/[0-9]*/cmdline; do tr "\\\\0" " " <$f 2>/dev/null | while read -r line; do case $line in *"$TOKEN"*) echo argv $f >>/srv/seen ;; esac; done; done; ' +
      'printf "%s" "$TOKEN" | grep -rlf - /var/lib/tightbeam >>/srv/seen; printf "%s" "$TOKEN" | wc -c >/srv/size; echo $TOKEN';
    const run = await fleet.run(
      `
secrets: { token: { env: TOKEN } }
steps:
  - { id: change, task: thing, env: { TOKEN: "\${{ secrets.token }}" }, with: { path: /srv/change, also: '${look}' } }
  - { id: act, task: command, env: { TOKEN: "x\${{ secrets.token }}" }, with: { shell: 'echo $TOKEN; exit 3' } }
`,
      { env: { TOKEN: 'canary-6f1d0b7e' } },
    );
    assert.is(run.exit, 2, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/size').trim(), '15');
    assert.is(fleet.server('a').run('cat /srv/seen'), '');
    assert.not.match(JSON.stringify(run.events), /canary-6f1d0b7e/);
    // What the command printed itself lies there for root alone.
    assert.is(fleet.server('a').run('find /var/lib/tightbeam -type f -perm /077').trim(), '');
  }));

test('a limit of a step bounds its queries and checks', () =>
  withFleet(['a'], async (fleet) => {
    const started = performance.now();
    const run = await fleet.run(`
steps:
  - { id: query, task: command, timeout: 1s, with: { shell: "sleep 30", changed: never } }
`);
    assert.is(run.exit, 2);
    assert.match(run.failure('query').message, /longer than 1 s/);
    assert.ok(performance.now() - started < 15_000);
  }));
