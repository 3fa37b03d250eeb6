/** A project as a whole: what the engine is handed, and how flags and places of files shape it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { Secret } from '../../lib/base/secret.ts';
import { Unknown } from '../../lib/base/unknown.ts';
import { hostVars } from '../../lib/load/inventory/host-vars.ts';
import { loadProject } from '../../lib/load/project.ts';
import type { LoadInput } from '../../lib/load/source/input.ts';
import { findRunbooks } from '../../lib/load/source/root.ts';
import type { Step } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';
import { fixtures, inputFor } from './world.ts';

const good = join(fixtures, 'good');
const test = suite('project');
const scratch: string[] = [];

test.after(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

/** A throw-away project of these files. */
function project(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tightbeam-load-'));
  scratch.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

async function failure(input: LoadInput): Promise<RunError> {
  try {
    await loadProject(input);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('it loaded');
}

async function codes(input: LoadInput): Promise<readonly string[]> {
  return (await failure(input)).problems.map((problem) => problem.code);
}

const INVENTORY =
  'hosts:\n  roz: { groups: [a], vars: { n: 1 } }\n  wro: { groups: [a, b], vars: { n: 2 } }\n  kre: {}\n';
const STEP = '  - { task: note, with: { text: hello } }\n';
const named = (steps: readonly Step[], id: string): Step => {
  const found = steps.find((step) => step.id === id);
  if (!found) throw new Error(`no step ${id}`);
  return found;
};

test('the inventory: groups, values, settings of hosts', async () => {
  const { inventory, root } = await loadProject(inputFor(good));
  assert.is(root, good);
  assert.equal([...inventory.hosts.keys()], ['roz', 'wro', 'pve-03']);
  assert.equal(inventory.groups.get('fleet'), ['roz', 'wro', 'pve-03']);
  assert.equal(inventory.groups.get('all'), ['roz', 'wro', 'pve-03']);
  const roz = inventory.hosts.get('roz');
  assert.equal(roz?.groups, ['all', 'fleet', 'proxmox']);
  assert.equal(roz?.vars, { region: 'north', site_mtu: 1500, wg_address: '10.1.0.1' });
  assert.is(roz?.identity, join(good, 'inventory/prod/id_lab'));
  assert.equal(roz?.become, { user: 'root', method: 'sudo' });
  const third = inventory.hosts.get('pve-03');
  assert.is(third?.port, 2222);
  assert.equal(third?.jump, ['admin@gate:2200', 'inner']);
  assert.equal(third?.vars.site_mtu, 1400);
  assert.equal(inventory.knownHosts, [join(good, 'inventory/prod/known_hosts')]);
});

test('steps: defaults, edges, conditions, handlers', async () => {
  const { runbook } = await loadProject(inputFor(good));
  assert.equal(
    runbook.steps.map((step) => step.id),
    ['base', 'key', 'mesh', 'greet'],
  );
  assert.equal([...named(runbook.steps, 'key').hosts], ['roz', 'wro']);
  const needs = (id: string) => named(runbook.steps, id).needs.map(({ step, hosts }) => ({ step, hosts }));
  assert.equal(needs('base'), []);
  assert.equal(needs('key'), [{ step: 'base', hosts: 'same' }]);
  assert.equal(needs('mesh'), [{ step: 'key', hosts: ['roz', 'wro'] }]);
  // pve-03 has no mesh and no key: there base is the step before.
  assert.equal(needs('greet'), [
    { step: 'mesh', hosts: 'same' },
    { step: 'base', hosts: 'same' },
  ]);
  const mesh = named(runbook.steps, 'mesh');
  assert.is(mesh.timeoutMs, 90_000);
  assert.equal(mesh.notify, ['report']);
  assert.equal(mesh.scope?.references, [{ kind: 'output', step: 'key', host: 'wro' }]);
  assert.equal(mesh.when?.references, [{ kind: 'facts' }]);
  assert.equal(named(runbook.steps, 'greet').become, { user: 'postgres', method: 'sudo' });
  assert.equal(named(runbook.handlers, 'report').needs, []);
});

test('templates: types are kept, text is joined, unknown and secret values travel', async () => {
  const project = await loadProject(inputFor(good));
  const vars = hostVars(project, 'roz');
  assert.is(vars.next, 65001);
  assert.is(vars.tunnel, 'roz-wg');
  const base = named(project.runbook.steps, 'base').with.evaluate({ vars }) as Record<string, unknown>;
  assert.equal(base, { text: 'mtu 1500 in north', count: 65001, loud: false, level: 'low' });
  const mesh = named(project.runbook.steps, 'mesh');
  const unknown = new Unknown('step key on wro');
  const hosts = { wro: { steps: { key: { outputs: unknown } } } };
  const scope = { hosts, vars, secrets: project.runbook.secrets };
  const own = mesh.scope?.enter(scope).vars as Record<string, unknown>;
  assert.is(own.peer, unknown);
  assert.is(own.next, 65001);
  const params = mesh.with.evaluate(scope) as Record<string, unknown>;
  assert.is(params.text, unknown);
  assert.instance(params.psk, Secret);
  assert.is((params.psk as Secret).reveal(), 'hush');
});

test('only secrets that are used are fetched', async () => {
  const { runbook } = await loadProject(inputFor(good));
  assert.equal(Object.keys(runbook.secrets), ['wg_psk']);
  assert.equal(await codes(inputFor(good, { env: {} })), ['secret-env']);
  const listed = await loadProject(inputFor(good, { env: {}, fetchSecrets: false }));
  assert.equal(listed.runbook.secrets, {});
});

test('a secret file that others may read is refused', async () => {
  const root = project({
    'inventory.yaml': INVENTORY,
    'runbooks/provision.yaml': `hosts: all\nsecrets: { k: { file: ../key } }\nsteps:\n  - task: note\n    with: { text: a, psk: "\${{ secrets.k }}" }\n`,
    key: 'hidden\n',
  });
  const input = inputFor(root, { inventory: 'inventory.yaml' });
  chmodSync(join(root, 'key'), 0o644);
  assert.equal(await codes(input), ['secret-file-open']);
  chmodSync(join(root, 'key'), 0o600);
  const { runbook } = await loadProject(input);
  assert.is(runbook.secrets.k?.reveal(), 'hidden');
});

test('a secret from a command, and what it prints on failure stays out of sight', async () => {
  const runbook = (argv: string): string =>
    `hosts: all\nsecrets: { k: { command: ${argv} } }\nsteps:\n  - task: note\n    with: { text: a, psk: "\${{ secrets.k }}" }\n`;
  const root = project({
    'inventory.yaml': INVENTORY,
    'runbooks/fine.yaml': runbook('[printf, "%s\\n", "two words"]'),
    'runbooks/bad.yaml': runbook('[sh, -c, "echo hunter2; echo no key >&2; exit 3"]'),
  });
  const fine = await loadProject(inputFor(root, { inventory: 'inventory.yaml', runbook: 'fine' }));
  assert.is(fine.runbook.secrets.k?.reveal(), 'two words');
  const error = await failure(inputFor(root, { inventory: 'inventory.yaml', runbook: 'bad' }));
  assert.match(error.message, 'exit 3: no key');
  assert.not.match(error.message, /hunter2(?!;)/);
});

test('--limit: groups, globs, negation, intersection, regular expressions, files', async () => {
  const root = project({
    'inventory.yaml': INVENTORY,
    'runbooks/provision.yaml': `hosts: all\nsteps:\n${STEP}`,
    'list.txt': 'wro # the second\nkre\n',
  });
  const limited = async (...limit: readonly string[]): Promise<readonly string[]> => {
    const loaded = await loadProject(inputFor(root, { inventory: 'inventory.yaml', limit }));
    return [...loaded.limit];
  };
  assert.equal(await limited(), ['roz', 'wro', 'kre']);
  assert.equal(await limited('wro', 'roz'), ['roz', 'wro']);
  assert.equal(await limited('a'), ['roz', 'wro']);
  assert.equal(await limited('a,!b'), ['roz']);
  assert.equal(await limited('!roz'), ['wro', 'kre']);
  assert.equal(await limited('a', '&b'), ['wro']);
  assert.equal(await limited('*r*'), ['roz', 'wro', 'kre']);
  assert.equal(await limited('?ro'), ['wro']);
  assert.equal(await limited('[rk]*'), ['roz', 'kre']);
  assert.equal(await limited('~^(wro|kre)$'), ['wro', 'kre']);
  assert.equal(await limited('@list.txt'), ['wro', 'kre']);
});

test('--tags and --skip-tags leave steps out', async () => {
  const left = async (rest: Partial<LoadInput>): Promise<readonly string[]> => [
    ...(await loadProject(inputFor(good, rest))).leftOut,
  ];
  assert.equal(await left({}), []);
  assert.equal(await left({ tags: ['late'] }), ['base', 'key', 'mesh']);
  assert.equal(await left({ skipTags: ['late'] }), ['greet']);
  assert.equal(await left({ tags: ['base'], skipTags: ['late'] }), ['key', 'mesh', 'greet']);
});

test('--extra-vars win over everything, also within other values', async () => {
  const project = await loadProject(
    inputFor(good, { extraVars: ['{"region": "south", "list": [1, 2]}', 'text=${{ host.name }}'] }),
  );
  // A value given as k=v is text: vars.asn + 1 has no meaning, so the number comes from a map.
  const numbers = await loadProject(inputFor(good, { extraVars: ['{ asn: 7 }'] }));
  assert.is(hostVars(numbers, 'wro').next, 8);
  const vars = hostVars(project, 'wro');
  assert.is(vars.region, 'south');
  assert.equal(vars.list, [1, 2]);
  assert.is(vars.text, '${{ host.name }}');
});

test('--extra-vars: a name nearly one that is known is a typo; one that resembles none is for a template', async () => {
  const refused = await failure(inputFor(good, { extraVars: ['regoin=south'] }));
  assert.equal(
    refused.problems.map(({ code, hint }) => [code, hint]),
    [['unknown-extra-var', 'did you mean "region"?']],
  );
  await loadProject(inputFor(good, { extraVars: ['wholly_other=1'] }));
});

test('a runbook by path, an inventory as one file, relative local files', async () => {
  const root = project({
    'one.yaml': INVENTORY,
    'sub/play.yaml': 'hosts: all\nsteps:\n  - task: note\n    with: { text: a, source: files/motd }\n',
    'sub/files/motd': 'welcome\n',
  });
  const { runbook, root: found } = await loadProject(
    inputFor(root, { runbook: 'sub/play.yaml', inventory: 'one.yaml' }),
  );
  assert.is(found, join(root, 'sub'));
  const params = runbook.steps[0]?.with.evaluate({}) as { readonly source: string };
  assert.is(params.source, join(root, 'sub/files/motd'));
  assert.is(runbook.name, 'play');
});

test('a step may be for a group that has no hosts, alone and beside others; a runbook may not', async () => {
  const steps = `steps:\n  - { id: none, hosts: bare, task: note, with: { text: x } }
  - { id: once, hosts: bare, once: true, task: note, with: { text: x } }
  - { id: some, hosts: [bare, b], task: note, with: { text: x } }
  - { group: within, hosts: bare, steps: [{ id: inner, task: note, with: { text: x } }] }\n${STEP}`;
  const inventory = `${INVENTORY}groups: { bare: {} }\n`;
  const root = (hosts: string): string =>
    project({ 'inventory/lab.yaml': inventory, 'runbooks/site.yaml': `hosts: ${hosts}\n${steps}` });
  const input = (folder: string): LoadInput =>
    inputFor(folder, { runbook: 'site', inventory: 'inventory/lab.yaml' });
  const { runbook } = await loadProject(input(root('all')));
  const hostsOf = (id: string): readonly string[] => [...named(runbook.steps, id).hosts];
  assert.equal([hostsOf('none'), hostsOf('once'), hostsOf('inner'), hostsOf('some')], [[], [], [], ['wro']]);
  assert.equal([...new Set(await codes(input(root('bare'))))], ['no-host']);
});

test('the root is the nearest folder above with runbooks/ or run.yaml', async () => {
  const root = project({
    'runbooks/provision.yaml': `hosts: all\nsteps:\n${STEP}`,
    'inventory/prod.yaml': INVENTORY,
    'deep/er/file': '',
  });
  const loaded = await loadProject(inputFor(join(root, 'deep/er'), { inventory: 'prod' }));
  assert.is(loaded.root, root);
  const elsewhere = await loadProject(inputFor('/', { project: root }));
  assert.is(elsewhere.root, root);
  assert.equal(findRunbooks(root), ['provision']);
});

test('mistyped runbooks and inventories are told from what is there', async () => {
  const runbook = await failure(inputFor(good, { runbook: 'provison' }));
  assert.is(runbook.hint, 'did you mean "provision"?');
  const inventory = await failure(inputFor(good, { inventory: 'inventory/prd' }));
  assert.is(inventory.problems[0]?.hint, 'did you mean "prod"?');
  assert.equal(await codes(inputFor(good, { inventory: '' })), ['no-inventory']);
  const forgotten = await loadProject(inputFor(good, { inventory: '' })).catch((error: unknown) => error);
  assert.match(String(forgotten), /which inventory\?/);
  assert.match((forgotten as RunError).problems[0]?.hint ?? '', /known: prod/);
});

test('group_vars and host_vars: bare values, stray and unknown files refused', async () => {
  const base = {
    'runbooks/provision.yaml': `hosts: all\nsteps:\n${STEP}`,
    'inventory/prod/hosts.yaml': INVENTORY,
  };
  const fine = project({
    ...base,
    'inventory/prod/group_vars/a.yaml': 'x: 1\n',
    'inventory/prod/host_vars/wro.yaml': 'x: 2\n',
  });
  const { inventory } = await loadProject(inputFor(fine));
  assert.is(inventory.hosts.get('roz')?.vars.x, 1);
  assert.is(inventory.hosts.get('wro')?.vars.x, 2);
  const broken = project({
    ...base,
    'inventory/prod/group_vars/aa.yaml': 'x: 1\n',
    'inventory/prod/host_vars/wro.yaml': 'n: 3\n',
    'inventory/prod/host_vars/README': 'hello\n',
  });
  assert.equal(await codes(inputFor(broken)), ['unknown-group', 'stray-file', 'variable-twice']);
});

test('`become` of a runbook reaches hosts that say nothing of it', async () => {
  const root = project({
    'inventory.yaml': 'hosts:\n  a: {}\n  b: { become: false }\n  c: { become: { user: x, method: doas } }\n',
    'runbooks/provision.yaml': `hosts: all\nbecome: true\nbecome_user: deploy\nsteps:\n${STEP}`,
  });
  const { inventory } = await loadProject(inputFor(root, { inventory: 'inventory.yaml' }));
  assert.equal(
    [...inventory.hosts.values()].map((host) => host.become),
    [{ user: 'deploy', method: 'sudo' }, false, { user: 'x', method: 'doas' }],
  );
});

test('two unrelated groups may agree, a nearer group or the host settles what they do not', async () => {
  const root = project({
    'inventory.yaml':
      'hosts:\n  roz: { groups: [a, b], vars: { y: 0 } }\n  wro: { groups: [c] }\ngroups:\n  a: { vars: { x: 1, y: 1, z: 1 }, children: [c] }\n  b: { vars: { x: 1, y: 2 }, children: [c] }\n  c: { vars: { z: 2 } }\n',
    'runbooks/provision.yaml': `hosts: all\nsteps:\n${STEP}`,
  });
  assert.equal(await codes(inputFor(root, { inventory: 'inventory.yaml' })), ['variable-conflict']);
});

test('files from a read-only tree cache are the same project', async () => {
  const first = await loadProject(inputFor(good));
  const second = await loadProject(inputFor(good));
  assert.equal(second.inventory, first.inventory);
  assert.equal(
    second.runbook.steps.map(({ id, place, needs }) => ({ id, place, needs })),
    first.runbook.steps.map(({ id, place, needs }) => ({ id, place, needs })),
  );
});

test('a group and an import say accounts, tags and hosts for the steps within', async () => {
  const root = project({
    'inventory/prod/hosts.yaml': INVENTORY,
    'runbooks/provision.yaml': `hosts: all
become: { user: top }
steps:
  - group: one
    become_user: outer
    tags: outer
    hosts: a
    steps:
      - { id: said, task: note, become: false, tags: [own], with: { text: x } }
      - { id: unsaid, task: note, hosts: b, with: { text: x } }
  - { import: other.yaml, tags: [other] }
  - { import: other.yaml, id: again, become: { user: caller, method: su } }
`,
    'runbooks/other.yaml':
      'become: { user: theirs }\nsteps:\n  - { task: note, tags: [deep], with: { text: x } }\n',
  });
  const { steps } = (await loadProject(inputFor(root))).runbook;
  const seen = steps.map(({ id, become, tags, hosts }) => [
    id,
    become ? become.user : become,
    tags,
    [...hosts],
  ]);
  assert.equal(seen, [
    ['said', false, ['outer', 'own'], ['roz', 'wro']],
    ['unsaid', 'outer', ['outer'], ['wro']],
    ['other.note', 'theirs', ['other', 'deep'], ['roz', 'wro', 'kre']],
    ['again.note', 'caller', ['deep'], ['roz', 'wro', 'kre']],
  ]);
});
