/** The record on a host of what it was provisioned with: left by a run that changed it and ended well, and by no other. */
import type { ProvisionOf, ProvisionRecord } from '../../lib/model/provision.ts';
import { provisionKind } from '../../lib/resources/provision/provision-kind.ts';
import { recordText } from '../../lib/resources/provision/provision-text.ts';
import { withFleet } from '../fixture/engine.ts';
import type { SshServer } from '../fixture/ssh-server.ts';
import { assert, suite } from '../suite.ts';

const test = suite('provision record');

const BOOK = `
steps:
  - { id: folder, task: directory, with: { path: /srv/app } }
  - { id: conf, task: file, with: { path: /srv/app/conf, content: "a = 1\\n" } }
`;

const named =
  (id: string, runbook = 'runbooks/book.yaml', more: object = {}): ProvisionOf =>
  () => ({ id, project: 'example.net/fleet', runbook, name: 'Böök', inventory: 'inventory/lab', ...more });

function recordsOn(server: SshServer): readonly ProvisionRecord[] {
  const out = Buffer.from(
    server.run('TB_STATE=/var/lib/tightbeam; cat $TB_STATE/provisioned/*.json 2>/dev/null; echo; echo @end'),
  );
  const [reading] = provisionKind.parse(out, [{ key: 'provisioned:host' }]);
  if (!reading || !('state' in reading)) throw new Error('no reading');
  return reading.state.records;
}

const filesOn = (server: SshServer): string =>
  server.run('ls -A /var/lib/tightbeam/provisioned 2>/dev/null || echo none').trim();

test('a run that changed the host and ended well leaves one, in no round trip of its own', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const dry = await fleet.run(BOOK, { dryRun: true, provision: named('aa11') });
    assert.is(dry.exit, 0);
    assert.is(filesOn(fleet.server('a')), 'none');
    const run = await fleet.run(BOOK, { provision: named('aa11') });
    assert.is(run.exit, 0);
    assert.is(run.host('a').roundTrips, 2);
    const [record, ...more] = recordsOn(fleet.server('a'));
    assert.equal(more, []);
    assert.is(record?.runbook, 'runbooks/book.yaml');
    assert.is(record?.name, 'Böök');
    assert.is(record?.host, 'a');
    assert.ok(Math.abs(Date.parse(record?.time ?? '') - Date.now()) < 60_000, record?.time);
    assert.is(filesOn(fleet.server('a')), 'aa11.json', 'nothing is left of how it was written');
    assert.match(fleet.server('a').run('stat -c %a /var/lib/tightbeam/provisioned/aa11.json'), '644');
    const before = fleet.server('a').written();
    const again = await fleet.run(BOOK, { provision: named('bb22') });
    assert.is(again.host('a').roundTrips, 1);
    assert.equal(fleet.server('a').written(), before, 'a run that changes nothing writes nothing');
  }));

test('none by a run that failed, before or after its first write; an earlier one stays', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv');
    const failing = `${BOOK}  - { id: bad, hosts: a, task: command, with: { argv: ["false"] } }\n`;
    const run = await fleet.run(failing, { provision: named('aa11') });
    assert.is(run.exit, 2);
    assert.is(filesOn(fleet.server('a')), 'none');
    assert.is(filesOn(fleet.server('b')), 'aa11.json');
    fleet.server('b').run('rm -r /srv/app');
    const skipping = `${BOOK}  - { id: bad, task: command, with: { argv: ["false"] } }\n`;
    const [earlier] = recordsOn(fleet.server('b'));
    assert.is((await fleet.run(skipping, { provision: named('aa11') })).exit, 2);
    assert.equal(recordsOn(fleet.server('b')), [earlier]);
  }));

test('none by runs that are no runbook’s', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run('steps:\n  - { id: x, task: command, with: { argv: [touch, /srv-x] } }\n');
    assert.is(run.exit, 0);
    assert.is(filesOn(fleet.server('a')), 'none');
  }));

test('one for each runbook; a part gives way to the whole, and adds nothing to it', () =>
  withFleet(['a'], async (fleet) => {
    const server = fleet.server('a');
    const touch = (name: string): string =>
      `steps:\n  - { id: x, task: file, with: { path: /${name}, content: "x" } }\n`;
    const narrowed = { narrowed: { tags: ['web'] } };
    await fleet.run(touch('one'), { provision: named('aa11.cc', undefined, narrowed) });
    await fleet.run(touch('two'), { provision: named('bb22', 'runbooks/other.yaml') });
    assert.is(filesOn(server), 'aa11.cc.json\nbb22.json');
    assert.equal(recordsOn(server)[0]?.narrowed, { tags: ['web'] });
    await fleet.run(touch('three'), { provision: named('aa11') });
    assert.is(filesOn(server), 'aa11.json\nbb22.json');
    await fleet.run(touch('four'), { provision: named('aa11.cc', undefined, narrowed) });
    assert.is(filesOn(server), 'aa11.json\nbb22.json');
  }));

test('what a host says is not believed to be a record unless it looks like one', () => {
  const good = { v: 1, host: 'a', time: '2026-01-01T00:00:00Z', run: 'r', ...named('aa11')() };
  const lines = [
    good,
    { ...good, id: '../../x' },
    { ...good, runbook: 7 },
    { ...good, v: 2 },
    { ...good, time: '2025-01-01T00:00:00Z', name: 'older' },
  ].map((line) => JSON.stringify(line));
  const [reading] = provisionKind.parse(Buffer.from(`x\n{\n${lines.join('\n')}\n@end\n`), [
    { key: 'provisioned:host' },
  ]);
  assert.equal(reading, { key: 'provisioned:host', state: { exists: true, records: [good] } });
  const [broken] = provisionKind.parse(Buffer.from('{'), [{ key: 'provisioned:host' }]);
  assert.ok(broken && 'unreadable' in broken);
});

test('quotes, line ends and other scripts in a name cannot leave the text', () => {
  const text = recordText({
    v: 1,
    host: "a'; touch /x; '",
    time: '',
    run: '',
    ...named('aa11')(),
    name: 'Bö\n"ö"',
  } as ProvisionRecord).text;
  assert.match(text, "a'\\''; touch /x; '\\''");
  assert.match(text, 'B\\u00f6\\n\\"\\u00f6\\"');
});
