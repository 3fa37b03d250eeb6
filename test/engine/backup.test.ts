/** What a run replaces without having read it is kept on the host, where nobody else can read it. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('copies');

const BOOK = `
secrets:
  key: { env: KEY }
steps:
  - { id: secret, task: file, with: { path: /srv/secret, content: "\${{ secrets.key }}" } }
  - { id: long, task: file, with: { path: /srv/long, content: "short\\n" } }
  - { id: known, task: file, with: { path: /srv/known, content: "new\\n" } }
  - { id: wall, task: thing, with: { path: /srv/wall, also: "test ! -e /srv/broken" } }
`;

test('of secrets and of long files, by the number of the change, for thirty days', () =>
  withFleet(['a'], async (fleet) => {
    const host = fleet.server('a');
    host.run(
      'rm -rf /var/lib/tightbeam/runs /var/lib/tightbeam/undo; mkdir -p /srv && cd /srv && echo "the key before" >secret && head -c 3000000 /dev/zero | tr "\\000" x >long && echo old >known && touch broken',
    );
    const run = await fleet.run(BOOK, { env: { KEY: 'the key after' } });
    assert.is(run.exit, 2);
    assert.equal(
      run.of('change').map(({ id, step }) => `${id} ${step}`),
      ['1 secret', '2 long', '3 known'],
    );
    const copies = host.run("cd /var/lib/tightbeam/undo/*/1 && stat -c '%n %a %U %s' . *; cat 1");
    // The content of a small file was read: it is in the plan itself.
    assert.match(copies, /^\. 700 root \d+\n1 644 root 15\n2 644 root 3000000\nthe key before\n$/);
    assert.not.match(JSON.stringify(run.events), /the key (before|after)/);
    assert.is(host.run('stat -c %a /var/lib/tightbeam/undo'), '700\n');
    // The second run changes nothing of which a copy would be needed.
    host.run(
      'rm /srv/broken; mkdir /var/lib/tightbeam/undo/old; touch -d "31 days ago" /var/lib/tightbeam/undo/old',
    );
    assert.is((await fleet.run(BOOK, { env: { KEY: 'the key after' } })).exit, 0);
    assert.is(host.run('cd /var/lib/tightbeam/undo; ls -d */* | wc -l; ls -d old 2>/dev/null || :'), '1\n');
  }));
