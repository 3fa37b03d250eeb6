/** A dry run on recorded states says what the dry run on the hosts says, and claims nothing that was not recorded. */

import { createHash } from 'node:crypto';
import { Secret } from '../../lib/base/secret.ts';
import { createRecorder } from '../../lib/engine/bundle/keep.ts';
import type { Bundle } from '../../lib/model/bundle.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import { type Fleet, type Options, type Outcome, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('bundle');

const RICH = `
steps:
  - { id: folder, task: directory, with: { path: /srv/app, mode: "0750" } }
  - { id: conf, task: file, with: { path: /srv/app/conf, content: "a = 1\\n" }, notify: [tell] }
  - { id: same, task: file, with: { path: /srv/same, content: "same\\n" } }
  - { id: line, task: line, with: { path: /srv/shared, line: "x", create: true } }
  - { id: link, task: symlink, with: { path: /srv/link, target: /srv/same } }
  - { id: user, task: user, with: { name: app, home: /srv/app } }
  - { id: group, task: group, with: { name: ops } }
  - { id: facts, task: file, with: { path: /srv/os, content: "\${{ facts.os.id }} \${{ facts.arch }}\\n" } }
  - { id: guarded, task: command, with: { argv: [touch, /srv/made], creates: /srv/made } }
  - { id: guard, task: command, with: { shell: "echo x >/srv/y", unless: "test -e /srv/same" } }
  - { id: act, task: command, with: { argv: ["true"] } }
  - { id: after, task: line, with: { path: /srv/shared, line: "z" } }
  - { id: kernel, task: sysctl, with: { file: /etc/sysctl.d/90-app.conf, values: { net.ipv4.ip_forward: 1 } } }
  - { id: absent, task: file, with: { path: /srv/old, state: absent } }
handlers:
  - { id: tell, task: command, with: { argv: ["true"] } }
`;

async function record(fleet: Fleet, book: string, options: Options = {}, secrets: readonly Secret[] = []) {
  const recorder = createRecorder();
  const live = await fleet.run(book, { ...options, dryRun: true, keep: recorder.keep });
  const head = { engine: '0.0.0', created: '2026-01-01T00:00:00.000Z', runbooks: ['book'] };
  const text = JSON.stringify(recorder.bundle(head, new Map(), secrets));
  return { live, text, bundle: JSON.parse(text) as Bundle };
}

function reviewed({ reviews }: Outcome): readonly unknown[] {
  return [...reviews]
    .sort((a, b) => (a.host < b.host ? -1 : 1))
    .map(({ host, changes, open }) => ({ host, changes, open }));
}

/** Without what differs between any two runs, host by host. */
function told({ events }: Outcome): readonly unknown[] {
  const hostOf = (event: RunEvent): string => ('host' in event ? (event.host ?? '') : '');
  return [...events]
    .sort((a, b) => (hostOf(a) < hostOf(b) ? -1 : hostOf(a) > hostOf(b) ? 1 : 0))
    .filter(({ kind }) => kind !== 'connected')
    .map((event: RunEvent) => {
      if (event.kind === 'start') return { ...event, run: '' };
      if (event.kind !== 'recap') return event;
      const hosts = Object.entries(event.hosts).map(([name, recap]) => [
        name,
        { ...recap, seconds: 0, roundTrips: 0 },
      ]);
      return { ...event, hosts: Object.fromEntries(hosts) };
    });
}

const prepare = (fleet: Fleet, hosts: readonly string[]): void => {
  for (const host of hosts)
    fleet
      .server(host)
      .run(
        'mkdir -p /srv/app; echo old >/srv/app/conf; echo same >/srv/same; echo y >/srv/shared; echo o >/srv/old',
      );
};

test('it says the same, event by event, and no turn is taken', () =>
  withFleet(['a', 'b'], async (fleet) => {
    prepare(fleet, ['a']);
    const { bundle, live } = await record(fleet, RICH);
    const plain = await fleet.run(RICH, { dryRun: true });
    assert.equal(told(live), told(plain));
    const offline = await fleet.run(RICH, { dryRun: true, against: bundle });
    assert.equal(told(offline), told(plain));
    assert.equal(offline.turns, { a: 0, b: 0 });
    assert.is(offline.changes('a').length > 5, true);
    assert.equal(reviewed(offline), reviewed(plain));
  }));

test('a runbook that was changed since is planned as on the host', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a']);
    const { bundle } = await record(fleet, RICH);
    const changed = RICH.replace('content: "same\\n"', 'content: "other\\n"')
      .replace('line: "x"', 'line: "y"')
      .replace('mode: "0750"', 'mode: "0700"');
    const plain = await fleet.run(changed, { dryRun: true });
    const offline = await fleet.run(changed, { dryRun: true, against: bundle });
    assert.equal(told(offline), told(plain));
    const same = offline.of('change', 'a').find(({ step }) => step === 'same');
    assert.match(JSON.stringify(same?.diff), /"before":"same\\n","after":"other\\n"/);
  }));

test('what was not recorded is known after apply, unless its folder is known not to be there', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a']);
    const base = RICH.replace(/ {2}- \{ id: (?:act|guard|guarded|user|group),.*\n/g, '');
    const gone = '  - { id: gone, task: directory, with: { path: /srv/gone } }\n';
    const { bundle } = await record(fleet, base.replace('handlers:', `${gone}handlers:`));
    const [steps = ''] = base.split('handlers:');
    const more = `${steps.replace(', notify: [tell]', '')}
  - { id: fresh, task: file, with: { path: /srv/fresh, content: "f" } }
  - { id: beneath, task: file, with: { path: /srv/gone/b, content: "b" }, ignore_errors: it must fail }
${gone}  - { id: within, task: file, with: { path: /srv/gone/c, content: "c" } }
`;
    fleet.server('a').run('echo here already >/srv/fresh');
    const offline = await fleet.run(more, { dryRun: true, against: bundle });
    assert.equal(
      offline.of('later').map(({ step, reason }) => `${step}: ${reason}`),
      ['fresh: file:/srv/fresh is not in the bundle: record it again'],
    );
    const changes = offline.changes('a').join('\n');
    assert.not.match(changes, /\/srv\/fresh/);
    assert.match(changes, /file:\/srv\/gone\/c create/);
    assert.match(offline.failure('beneath').message, /needs file \/srv\/gone, which is not there/);
  }));

test('a host that was not recorded, or could not be, is unreachable; the others are planned', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    prepare(fleet, ['a']);
    const { bundle } = await record(fleet, RICH, { limit: ['a'] });
    const hosts = { ...bundle.hosts, b: { unreachable: 'no route' } };
    const offline = await fleet.run(RICH, { dryRun: true, against: { ...bundle, hosts } });
    assert.is(offline.exit, 4);
    assert.is(offline.host('a').unreachable, false);
    assert.match(
      offline.of('unreachable', 'b')[0]?.failure.message ?? '',
      /could not be read when .*: no route/,
    );
    assert.match(offline.of('unreachable', 'c')[0]?.failure.message ?? '', /c is not in the bundle/);
  }));

const CANARY = 'ca"na/ry+ü 17';
const SECRETS = `
secrets: { word: { env: WORD } }
steps:
  - { id: psk, task: file, with: { path: /srv/psk, content: "\${{ secrets.word }}" } }
  - { id: plain, task: file, with: { path: /srv/plain, content: "no secret\\n" } }
  - { id: line, task: line, with: { path: /srv/pem, line: "x" } }
  - { id: both, task: file, with: { path: /srv/both, content: "\${{ facts.arch }}-\${{ secrets.word }}" } }
  - { id: ask, task: command, with: { argv: [cat, /srv/plain], changed: never } }
`;

test('no secret is in it, in whatever form; what is left out is said to be', () =>
  withFleet(['a'], async (fleet) => {
    const server = fleet.server('a');
    const forms = [
      CANARY,
      Buffer.from(CANARY).toString('base64'),
      Buffer.from(CANARY).toString('hex'),
      encodeURIComponent(CANARY),
      JSON.stringify(CANARY).slice(1, -1),
    ];
    const plain = `${forms.join('\n')}\n`;
    server.run(`mkdir -p /srv; printf %s '${CANARY}' >/srv/psk; printf %s '${plain}' >/srv/plain`);
    server.run("printf '%s\\n' '-----BEGIN OPENSSH PRIVATE KEY-----' c29tZWtleQ >/srv/pem");
    // What was the secret before: nobody knows its value any more, and the wish is known only with the facts.
    server.run("printf %s 'a former word' >/srv/both");
    const { text, bundle } = await record(fleet, SECRETS, { env: { WORD: CANARY } }, [
      new Secret('word', CANARY),
    ]);
    for (const form of [...forms, JSON.stringify(CANARY).slice(1, -1), 'c29tZWtleQ', 'PRIVATE KEY', 'former'])
      assert.not.ok(text.includes(form), form);
    for (const each of [CANARY, plain])
      assert.not.ok(text.includes(createHash('sha256').update(each).digest('hex')), each);
    // As in a fork: nobody knows the secrets there.
    const offline = await fleet.run(SECRETS, { dryRun: true, against: bundle });
    assert.is(offline.exit, 0);
    assert.equal(
      offline.of('later').map(({ step, reason }) => `${step}: ${reason}`),
      [
        'psk: the secret word, which is not known here',
        'plain: a secret, which is left out of the bundle',
        'line: a secret, which is left out of the bundle',
        'both: the secret word, which is not known here',
        'ask: step psk, after which it looks',
      ],
    );
  }));

test('a state of a project’s own kind that no file can hold is said not to be there', () =>
  withFleet(['a'], async (fleet) => {
    for (const [name, extra] of [
      ['mapped', 'seen: new Map()'],
      ['plain', 'seen: 1'],
    ])
      fleet.file(
        `tasks/${name}.ts`,
        `import { defineKind, defineTask, sh } from 'tightbeam';
const kind = defineKind({
  name: '${name}', limitMs: 5000, absent: { exists: false, ${extra} }, read: () => sh\`:\`,
  parse: (_, wants) => wants.map(({ key }) => ({ key, state: { exists: true, ${extra} } })),
});
const task = defineTask({
  summary: 'x', params: { type: 'object', additionalProperties: false, properties: {} },
  desire: () => [{ kind, key: '${name}:it' as const, plan: () => null }],
});
export default task;
`,
      );
    const book = 'steps:\n  - { id: one, task: mapped }\n  - { id: two, task: plain }\n';
    const { bundle } = await record(fleet, book);
    const offline = await fleet.run(book, { dryRun: true, against: bundle });
    assert.equal(
      offline.of('later').map(({ step, reason }) => `${step}: ${reason}`),
      ['one: mapped:it: a state that is no plain data, and cannot be kept in a bundle'],
    );
  }));

const ACROSS = `

steps:
  - { id: made, task: thing, with: { path: /srv/made, value: "\${{ host.name }}" } }
  - { id: all, task: thing, needs: [made@all], with: { path: /srv/all, value: "\${{ hosts['a'].steps.made.outputs.value }}" } }
  - { id: first, task: thing, once: true, with: { path: /srv/first } }
  - { id: each, task: file, foreach: "\${{ ['x', 'y'] }}", with: { path: "/srv/\${{ item }}", content: "\${{ hosts['b'].facts.arch }}" } }
`;

/** When a step is said to have ended rests on when other hosts were heard of. */
/** Which of two steps without an edge a host plans first may rest on when others are ready: so do their numbers. */
const anyOrder = (run: Outcome): readonly string[] =>
  told(run)
    .map((event) => JSON.stringify({ ...(event as object), id: 0 }))
    .sort();

test('hosts that wait for each other are planned as they are, with --limit too', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.server('a').run("mkdir -p /srv; printf 'a\\n' >/srv/made");
    const { bundle } = await record(fleet, ACROSS);
    for (const limit of [[], ['a'], ['b']]) {
      const live = await fleet.run(ACROSS, { dryRun: true, limit });
      const offline = await fleet.run(ACROSS, { dryRun: true, limit, against: bundle });
      assert.equal(anyOrder(offline), anyOrder(live), limit.join());
      assert.equal(offline.turns, { a: 0, b: 0 });
    }
    assert.ok((await fleet.run(ACROSS, { dryRun: true, against: bundle })).changes().length > 5);
  }));

test('batches of a rollout are recorded and planned, all of them', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    const book = `rollout: { batch: 1 }\n${ACROSS.replace('needs: [made@all], ', '')}`;
    const { bundle, live } = await record(fleet, book);
    assert.equal(Object.keys(bundle.hosts), ['a', 'b', 'c']);
    const offline = await fleet.run(book, { dryRun: true, against: bundle });
    assert.equal(anyOrder(offline), anyOrder(live));
  }));
