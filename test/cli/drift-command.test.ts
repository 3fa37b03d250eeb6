/** `run drift` in a process of its own: what hosts remember, what differs, exit codes, and that nothing is touched. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../../lib/model/event.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { checkEvent } from '../fixture/event-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('drift command');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function cli(fleet: Fleet, ...argv: readonly string[]): Promise<Ran> {
  const child = spawn(RUN, argv, {
    cwd: fleet.dir,
    env: { PATH: process.env.PATH, HOME: join(fleet.dir, 'home'), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    text.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...text })));
}

function eventsOf({ out }: Ran): readonly RunEvent[] {
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  for (const event of events) checkEvent(event);
  return events;
}

const APP = `name: App
hosts: [a, b]
steps:
  - { id: greet, task: command, with: { argv: [touch, /srv/greeted] } }
  - { id: folder, task: directory, with: { path: /srv/app } }
  - id: conf
    task: file
    tags: [conf]
    with: { path: /srv/app/conf, mode: "0640", content: "a = 1\\n" }
`;
const MOTD = `name: Words
hosts: [a, b, c]
steps:
  - { id: motd, task: file, with: { path: /srv/motd, mode: "0644", content: "\${{ vars.word }}\\n" } }
vars: { word: hello }
`;

async function provisioned(fleet: Fleet): Promise<void> {
  fleet.file('runbooks/app.yaml', APP);
  fleet.file('runbooks/words.yaml', MOTD);
  for (const host of ['a', 'b', 'c']) fleet.server(host).run('mkdir -p /srv');
  for (const argv of [['app'], ['words', '-l', 'a,b']]) {
    const ran = await cli(fleet, ...argv, 'lab');
    assert.is(ran.code, 0, ran.out + ran.err);
  }
}

test(
  'all runbooks that hosts remember, one login each; what was changed by hand is named with what mends it',
  () =>
    withFleet(['a', 'b', 'c'], async (fleet) => {
      await provisioned(fleet);
      const before = ['a', 'b', 'c'].map((host) => fleet.server(host).written());
      const clean = await cli(fleet, 'drift', 'lab');
      assert.is(clean.code, 0, clean.out + clean.err);
      assert.is(clean.out, '3 hosts: 2 as declared, 1 without a record\n');
      assert.match(clean.err, /warning: c: no record of this project/);
      const logins = fleet.server('a').logins();
      const quiet = await cli(fleet, 'drift', 'lab', '-q');
      assert.equal(quiet, { code: 0, out: '', err: '' });
      assert.is(
        fleet.server('a').logins(),
        logins + 1,
        'one connection for what is remembered and both runbooks',
      );
      assert.equal(
        ['a', 'b', 'c'].map((host) => fleet.server(host).written()),
        before,
        'nothing is touched',
      );

      fleet.server('a').run('echo "a = 2" >/srv/app/conf; chmod 600 /srv/motd');
      const found = await cli(fleet, 'drift', 'lab', '-q');
      assert.is(found.code, 2, found.err);
      const lines = found.out.trimEnd().split('\n');
      assert.is(lines.length, 3, found.out);
      assert.match(
        lines[0] ?? '',
        /^a +~ file:\/srv\/app\/conf .*\[conf\] +runbooks\/app\.yaml:9:19 +→ run app lab --limit a$/,
      );
      assert.match(
        lines[1] ?? '',
        /^a +~ file:\/srv\/motd .*mode.*runbooks\/words\.yaml:\d+:\d+ +→ run words lab --limit a$/,
      );
      assert.is(lines[2], '3 hosts: 1 drifted, 1 as declared, 1 without a record');

      const events = eventsOf(await cli(fleet, 'drift', 'lab', '--json'));
      assert.equal(
        events.flatMap((event) =>
          event.kind === 'change' ? [[event.host, event.runbook, event.key, event.dryRun]] : [],
        ),
        [
          ['a', 'runbooks/app.yaml', 'file:/srv/app/conf', true],
          ['a', 'runbooks/words.yaml', 'file:/srv/motd', true],
        ],
      );
      assert.is(events.filter(({ kind }) => kind === 'start').length, 1);
      const last = events.at(-1);
      assert.ok(last?.kind === 'recap' && last.result === 'changes_pending' && last.hosts.a?.changed === 2);
      assert.is(last.hosts.b?.changed, 0, 'an act is no drift');
      assert.is(last.hosts.b?.later, 1);

      const junit = await cli(fleet, 'drift', 'lab', '--format', 'junit');
      assert.is(junit.code, 2);
      assert.match(junit.out, '<testcase name="runbooks/app.yaml: greet" classname="a"/>');
      assert.match(
        junit.out,
        /name="runbooks\/words\.yaml: motd" classname="a">\s*<skipped message="changes pending/,
      );
      for (const argv of [['app'], ['words']]) await cli(fleet, ...argv, 'lab', '-l', 'a');
      assert.is((await cli(fleet, 'drift', 'lab', '-q')).code, 0);
    }),
  120_000,
);

test(
  'a runbook that is named, one that is gone, one that is forgotten, one that does not load',
  () =>
    withFleet(['a', 'b', 'c'], async (fleet) => {
      await provisioned(fleet);
      const named = await cli(fleet, 'drift', 'lab', '--runbook', 'words');
      assert.is(named.code, 2, named.err);
      assert.match(named.out, /^c +\+ file:\/srv\/motd/);
      assert.match(named.out, /3 hosts: 1 drifted, 2 as declared/);
      const slip = await cli(fleet, 'drift', 'lab', '--runbook', 'wrods');
      assert.is(slip.code, 1);
      assert.match(slip.err, /did you mean "words"/);

      rmSync(join(fleet.dir, 'runbooks/words.yaml'));
      const gone = await cli(fleet, 'drift', 'lab', '-q');
      assert.is(gone.code, 0, gone.out + gone.err);
      assert.match(
        gone.err,
        /a, b: runbooks\/words\.yaml is not in the project any more; run drift --forget --runbook/,
      );
      const forgets = await cli(fleet, 'drift', 'lab', '--forget');
      assert.is(forgets.code, 1);
      assert.match(forgets.err, /which runbook/);
      const forgot = await cli(fleet, 'drift', 'lab', '--forget', '--runbook', 'words');
      assert.is(forgot.code, 0, forgot.out + forgot.err);
      assert.match(forgot.out, /- provisioned:host +forget runbooks\/words\.yaml/);
      assert.equal(await cli(fleet, 'drift', 'lab', '-q'), { code: 0, out: '', err: '' });

      fleet.file('runbooks/app.yaml', `${APP}  - { id: x, task: fiel }\n`);
      const broken = await cli(fleet, 'drift', 'lab');
      assert.is(broken.code, 1, broken.out);
      assert.match(broken.err, /did you mean "file"/);
      assert.match(broken.out, /2 failed, 1 without a record/);
      rmSync(join(fleet.dir, 'runbooks/app.yaml'));
      const none = await cli(fleet, 'drift', 'lab', '-l', 'c', '-q');
      assert.is(none.code, 1, 'nothing was looked at, which is not the same as nothing found');
      assert.match(none.err, /no record of this project/);
    }),
  120_000,
);

test(
  'a part is looked at as a part; a run that was given other values says so; a host that is away is 4',
  () =>
    withFleet(['a', 'b', 'c'], async (fleet) => {
      fleet.file('runbooks/app.yaml', APP);
      fleet.file('runbooks/words.yaml', MOTD);
      fleet.server('a').run('mkdir -p /srv/app');
      fleet.server('b').run('mkdir -p /srv');
      assert.is((await cli(fleet, 'app', 'lab', '-l', 'a', '--tags', 'conf')).code, 0);
      assert.is((await cli(fleet, 'words', 'lab', '-l', 'b', '-e', 'word=bye')).code, 0);
      fleet.server('a').run('chmod 700 /srv/app; chmod 600 /srv/app/conf');
      const part = await cli(fleet, 'drift', 'lab', '-l', 'a');
      assert.is(part.code, 2, part.out + part.err);
      assert.match(part.err, /only a part was run \(--tags conf\)/);
      assert.match(
        part.out,
        /^a +~ file:\/srv\/app\/conf .* → run app lab --tags conf --limit a\n1 host: 1 drifted\n$/,
      );
      const other = await cli(fleet, 'drift', 'lab', '-l', 'b');
      assert.is(other.code, 2);
      assert.match(other.err, /was run with --extra-vars word/);
      const same = await cli(fleet, 'drift', 'lab', '-l', 'b', '-e', 'word=bye');
      assert.is(same.code, 0, same.out + same.err);
      const listed = JSON.parse(readFileSync(join(fleet.dir, 'inventory/lab/hosts.yaml'), 'utf8'));
      listed.hosts.b.port = 1;
      fleet.file('inventory/lab/hosts.yaml', JSON.stringify(listed));
      const away = await cli(fleet, 'drift', 'lab', '-l', 'b');
      assert.is(away.code, 4, away.out);
      assert.is((away.out.match(/UNREACHABLE/g) ?? []).length, 1);
    }),
  120_000,
);

test('a record cannot name a file outside the project, and another project is only named', () =>
  withFleet(['a'], async (fleet) => {
    fleet.file('runbooks/app.yaml', APP.replace('[a, b]', 'all'));
    fleet.server('a').run('mkdir -p /srv');
    assert.is((await cli(fleet, 'app', 'lab')).code, 0);
    fleet.server('a').run(`cd /var/lib/tightbeam/provisioned
for f in *.json; do sed 's,runbooks/app.yaml,../../etc/passwd,' $f >aa11.json; sed 's,"project":"[^"]*","example.net/other",' $f >bb22.json; done
sed -i 's,"example.net/other","project":"example.net/other",; s/"id":"[0-9a-f]*"/"id":"bb22"/' bb22.json
sed -i 's/"id":"[0-9a-f]*"/"id":"aa11"/' aa11.json`);
    const ran = await cli(fleet, 'drift', 'lab');
    assert.is(ran.code, 0, ran.out + ran.err);
    assert.match(ran.err, /\.\.\/\.\.\/etc\/passwd lies outside the project, and is not read/);
    assert.match(ran.err, /a: provisioned by the project example\.net\/other, too/);
  }));
