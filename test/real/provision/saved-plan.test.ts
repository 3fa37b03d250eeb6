/** A saved plan on real hosts: what was reviewed is what is applied, and what has moved is left alone. */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../../lib/plan/plan.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { checkPlan } from '../../fixture/plan-schema.ts';
import { assert } from '../../suite.ts';

const RUNBOOK = `name: Server
hosts: all
become: true
steps:
  - { id: tools, task: package, with: { names: [cron, jq] } }
  - { id: folder, task: directory, with: { path: /srv/app, owner: nobody, mode: "0750" } }
  - id: config
    task: template
    with: { src: ../files/config.liquid, dest: /srv/app/config, mode: "0640" }
    notify: [told]
  - { id: kernel, task: sysctl, with: { values: { net.ipv4.ip_forward: 1 } } }
  - { id: person, task: user, with: { name: nora, shell: /bin/bash } }
  - { id: link, task: symlink, with: { path: /srv/current, target: app } }
  - { id: made, task: command, with: { argv: [sh, -c, "hostname >/srv/name"], creates: /srv/name } }
  - { id: asked, task: command, with: { argv: [cat, /srv/name], changed: never } }
  - { id: told_name, task: file, with: { path: /srv/told-name, content: "\${{ steps.asked.outputs.stdout }}" } }
  - { id: daemon, task: service, with: { name: cron, enabled: true, running: true } }
handlers:
  - { id: told, task: service, with: { name: cron, restarted: true } }
`;

const { test, lab } = labSuite('saved plan', 2, async (project) => {
  project.write('runbooks/server.yaml', RUNBOOK);
  project.write('files/config.liquid', 'host = {{ host.name }}\n');
});

const named = (run: Finished, host: string): readonly string[] =>
  run
    .of('change')
    .flatMap((change) => (change.host === host ? [`${change.step} ${change.key} ${change.action}`] : []));

test('what was planned on bare hosts is applied, one that has moved is left alone', async () => {
  const dry = await lab().run(['server', 'inventory/lab', '--dry-run', '--out', 'plan.json']);
  assert.is(dry.code, 0, dry.out + dry.err);
  const plan = JSON.parse(readFileSync(join(lab().root, 'plan.json'), 'utf8')) as Plan;
  checkPlan(plan);
  const planned = (host: string): readonly string[] =>
    plan.hosts
      .find((each) => each.host === host)
      ?.changes.map(({ step, key, action }) => `${step} ${key} ${action}`) ?? [];
  assert.ok(planned('roz').length >= 8, planned('roz').join('\n'));
  await lab().byHand('wro', 'mkdir -p /srv/app; echo x >/srv/app/config');
  lab().write('files/config.liquid', 'something else\n');
  renameSync(join(lab().root, 'runbooks'), join(lab().root, 'moved'));
  const strict = await lab().run(['apply', 'plan.json', '--strict']);
  assert.is(strict.code, 3, strict.out + strict.err);
  const run = await lab().run(['apply', 'plan.json']);
  assert.is(run.code, 3, run.out + run.err);
  assert.equal(named(run, 'wro'), []);
  assert.match(run.failure('wro'), /file:\/srv\/app(\/config)? has changed since the plan was made/);
  const open = new Set(plan.hosts[0]?.open.map(({ step }) => step));
  const sure = named(run, 'roz').filter((change) => !open.has(change.split(' ')[0] ?? ''));
  assert.equal(
    sure,
    planned('roz').filter((change) => !open.has(change.split(' ')[0] ?? '')),
  );
  assert.is(await lab().byHand('roz', 'cat /srv/app/config /srv/told-name'), 'host = roz\nroz');
  renameSync(join(lab().root, 'moved'), join(lab().root, 'runbooks'));
}, 60_000);

test('the plan of what is left is applied, and the next holds nothing', async () => {
  lab().write('files/config.liquid', 'host = {{ host.name }}\n');
  const rest = await lab().run(['server', 'inventory/lab', '--dry-run', '--out', 'plan.json']);
  assert.is(rest.code, 0, rest.out + rest.err);
  const run = await lab().run(['apply', 'plan.json', '--strict']);
  assert.is(run.code, 0, run.out + run.err);
  const none = await lab().run([
    'server',
    'inventory/lab',
    '--dry-run',
    '--detailed-exitcode',
    '--out',
    'plan.json',
  ]);
  assert.is(none.code, 0, none.out + none.err);
  const again = await lab().run(['apply', 'plan.json', '--strict']);
  assert.is(again.code, 0, again.out + again.err);
  assert.equal(again.of('change'), []);
}, 60_000);
