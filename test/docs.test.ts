/** The documentation against the code: examples load, flags exist, tables are complete, links lead somewhere. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CASE_FIELDS } from '../lib/case/case-file.ts';
import { testTasks } from '../lib/case/test-tasks.ts';
import { parseCommandLine } from '../lib/cli/args.ts';
import { builtinTasks } from '../lib/cli/builtin.ts';
import { type Flag, RUN_FLAGS } from '../lib/cli/flag.ts';
import { helpText } from '../lib/cli/help.ts';
import { REFUSED_FLAGS } from '../lib/cli/refused-flag.ts';
import { settle } from '../lib/cli/setting.ts';
import { taskPage } from '../lib/cli/task-page.ts';
import { VERBS, verbNamed } from '../lib/cli/verbs.ts';
import { type Verdict, verdict } from '../lib/engine/exit.ts';
import { FACT_NAMES } from '../lib/load/expression/fact-type.ts';
import { loadProject } from '../lib/load/project.ts';
import { STEP_KEYS } from '../lib/load/runbook/runbook-schema.ts';
import { describeTask } from '../lib/load/task/task-doc.ts';
import { projectTasks } from '../lib/load/task/tasks.ts';
import type { HostRecap, RunEvent } from '../lib/model/event.ts';
import type { Project } from '../lib/model/runbook.ts';
import { fileKind } from '../lib/resources/file/file-kind.ts';
import { codeOf, codeRows, pages, ROOT, readPage, shownFiles } from './fixture/page.ts';
import { assert, suite } from './suite.ts';

const test = suite('docs');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-docs-'));
const REFERENCE = 'docs/reference.md';
const flags: readonly Flag[] = [...RUN_FLAGS, ...VERBS.flatMap((verb) => verb.flags)];

test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** The project that a page shows. */
function lay(page: string): string {
  const root = mkdtempSync(join(scratch, 'page-'));
  for (const [name, text] of shownFiles(page)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  mkdirSync(join(root, 'runbooks'), { recursive: true });
  // A page that shows none is about others.
  if (!existsSync(join(root, 'inventory'))) {
    mkdirSync(join(root, 'inventory'));
    writeFileSync(
      join(root, 'inventory/prod.yaml'),
      'hosts: { roz: {}, wro: {} }\ngroups: { web: { hosts: [roz, wro] }, db: { hosts: [roz] } }\n',
    );
  }
  return root;
}

function load(
  cwd: string,
  runbook: string,
  inventory: string,
  env: Record<string, string> = {},
): Promise<Project> {
  const { tasks, engineUrl, folder } = builtinTasks();
  const none = { limit: [], tags: [], skipTags: [], extraVars: [] };
  return loadProject({
    cwd,
    runbook,
    inventory,
    ...none,
    builtinTasks: tasks,
    builtinFolder: folder,
    engineUrl,
    env,
    home: cwd,
  });
}

const shownRunbooks = pages().flatMap((page) =>
  [...shownFiles(page).keys()]
    .filter((name) => /^runbooks\/[^/]*\.yaml$/.test(name))
    .map((name) => ({ page, runbook: basename(name, '.yaml') })),
);

test('there are examples to try', () => {
  const shown = new Set(shownRunbooks.map(({ page }) => page));
  for (const page of ['README.md', 'docs/editors.md', 'docs/fabric.md', 'docs/runbooks.md'])
    assert.ok(shown.has(page), page);
});

for (const { page, runbook } of shownRunbooks) {
  test(`${page}: ${runbook} loads with its inventory`, async () => {
    const env = { DB_PASSWORD: 'x', FABRIC_PSK: Buffer.alloc(32, 7).toString('base64') };
    const project = await load(lay(page), runbook, 'inventory/prod', env);
    assert.ok(project.runbook.steps.length > 0);
  });
}

test('docs/runbooks.md: the task of the project makes a resource of ours', async () => {
  const project = await load(lay('docs/runbooks.md'), 'site', 'inventory/prod', { DB_PASSWORD: 'x' });
  const step = project.runbook.steps.find(({ taskName }) => taskName === 'login_notice');
  const [resource, ...more] = step?.task.desire({ text: 'a', path: '/etc/issue.net' }, {} as never) ?? [];
  assert.is(resource?.key, 'file:/etc/issue.net');
  assert.is(resource?.kind, fileKind, 'the kind is the engine\u2019s own, not another copy of it');
  assert.equal(more, []);
});

test('docs/authoring.md: its tasks load, refuse before connecting, and check', async () => {
  const root = lay('docs/authoring.md');
  const steps = (number: string): string =>
    `hosts: all\nsteps:\n  - { task: site_notice, with: { number: ${number}, sites: all } }\n  - { task: disk_space, with: { path: /, megabytes: 1 } }\n`;
  writeFileSync(
    join(root, 'inventory/prod.yaml'),
    'hosts: { roz: { vars: { n: 1 } }, wro: { vars: { n: 2 } } }\n',
  );
  writeFileSync(join(root, 'runbooks/any.yaml'), steps('7'));
  const refused = await load(root, 'any', 'prod').catch((error: Error) => error.message);
  assert.match(String(refused), /any\.yaml:3:42: 7 is the number of roz, too \(on wro\)/);
  writeFileSync(join(root, 'runbooks/any.yaml'), steps('"${{ vars.n }}"'));
  const { runbook } = await load(root, 'any', 'prod');
  const space = runbook.steps[1]?.task.desire({ path: '/', megabytes: 5 }, {} as never)[0];
  const wants = [{ key: 'space:/' as const }, { key: 'space:/none' as const }];
  const [root1, none] = space?.kind.parse(Buffer.from('tmpfs 100 1 42 1% /\n\n'), wants) ?? [];
  assert.equal(root1, { key: 'space:/', state: { exists: true, free: 42 } });
  assert.equal(none, { key: 'space:/none', state: { exists: false, free: 0 } });
  assert.is(
    space?.observe?.({ exists: true, free: 42 }, () => undefined),
    '42 MB free in /',
  );
  assert.throws(() => space?.plan({ exists: true, free: 4 }, () => undefined, 1), /only 4 MB are free/);
});

test('docs/authoring.md: the cases that it shows hold, and their fields are all there', async () => {
  const root = lay('docs/authoring.md');
  const { tasks, engineUrl } = builtinTasks();
  const own = projectTasks(root, undefined);
  const source = { builtin: tasks, own, root, cwd: root, engineUrl };
  const [{ cases, problems } = { cases: undefined, problems: [] }] = await testTasks(
    ['timezone'],
    [...own.keys()],
    source,
  );
  assert.equal(problems, []);
  assert.is(cases?.length, 3);
  for (const { name, mismatches } of cases ?? []) assert.equal(mismatches, [], name);
  const [, table = ''] = /## Cases([\s\S]*?)\n## /.exec(readPage('docs/authoring.md')) ?? [];
  const named = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
  assert.equal([...named, 'why'].sort(), [...CASE_FIELDS].sort());
});

test('docs/inventory.md: the inventory loads, and its files count', async () => {
  const root = lay('docs/inventory.md');
  writeFileSync(join(root, 'runbooks/any.yaml'), 'hosts: all\nsteps: [{ task: group, with: { name: a } }]\n');
  const { inventory } = await load(root, 'any', 'prod');
  assert.equal(inventory.hosts.get('pve-03')?.vars, { region: 'north', pool: 'tank' });
  assert.is(inventory.hosts.get('here')?.connection, 'local');
  const cloud = (await load(root, 'any', 'cloud')).inventory;
  assert.is(cloud.hosts.get('wro')?.address, '203.0.113.6');
  assert.equal(cloud.groups.get('db'), ['wro']);
  chmodSync(join(root, 'inventory/cmdb.sh'), 0o755);
  const made = (await load(root, 'any', 'cmdb')).inventory;
  assert.equal(made.hosts.get('roz')?.vars, { rack: 7 });
  const rack = (await load(root, 'any', 'rack')).inventory;
  assert.is(rack.hosts.size, 12 + 6 + 4 * 11);
  assert.is(rack.hosts.get('pve03')?.vars.wg_address, '10.1.0.3');
  assert.is(rack.hosts.get('pve12')?.address, 'pve12.example.net');
  assert.equal(rack.groups.get('odd')?.length, 6);
});

test('every block of YAML is a file that is tried', () => {
  // Those of docs/tasks.md are the examples of the tasks, which test/task/example.test.ts loads.
  for (const page of pages().filter((name) => name !== 'docs/tasks.md')) {
    const blocks = readPage(page).match(/^```ya?ml$/gm)?.length ?? 0;
    const files = [...shownFiles(page).keys()].filter((name) => name.endsWith('.yaml'));
    assert.is(files.length, blocks, page);
  }
});

test('docs/reference.md: its run.yaml is one', async () => {
  const cwd = lay(REFERENCE);
  const { args } = await settle(parseCommandLine(['site'], RUN_FLAGS), RUN_FLAGS, { cwd, env: {} });
  assert.equal([args.value('inventory'), args.value('forks'), args.has('become')], ['prod', '20', true]);
});

test('docs/tasks.md is what the tasks say of themselves: else `npm run docs`', async () => {
  const docs = [...builtinTasks().tasks].map(async ([name, load]) => describeTask(name, await load(), false));
  assert.is(readPage('docs/tasks.md'), taskPage(await Promise.all(docs)));
});

test('docs/editors.md shows the settings that this repository has', () => {
  const shown = shownFiles('docs/editors.md').get('.vscode/settings.json') ?? '{}';
  assert.equal(JSON.parse(shown), JSON.parse(readPage('.vscode/settings.json')));
});

test('the runbooks of this repository load', async () => {
  const folder = mkdtempSync(join(scratch, 'lab-'));
  writeFileSync(join(folder, 'hosts.yaml'), 'hosts: { roz: {}, wro: {} }\n');
  assert.ok((await load(ROOT, 'server', folder)).runbook.steps.length > 5);
  const prod = readPage('inventory/prod/hosts.yaml');
  const plain = (name: string, site: number): string =>
    `  ${name}: { groups: [fabric, linux], vars: { wg_address: 10.${site}.0.1/16, wg_endpoint: ${name}.example.net, gateway: 10.${site}.1.1/24 } }\n`;
  const inventories = {
    'inventory/prod': prod,
    mixed: prod.replace(/^groups:$/m, `${plain('lin', 3)}groups:`),
    linux: `hosts:\n${plain('roz', 1)}${plain('wro', 2)}groups:
  proxmox: {}
  fabric: { vars: { asn: 65000, wg_userspace: false, vrf: vrf_site } }\n`,
  };
  for (const [inventory, text] of Object.entries(inventories)) {
    const made = join(scratch, 'runbooks-load', inventory);
    mkdirSync(made, { recursive: true });
    writeFileSync(join(made, 'hosts.yaml'), text);
    for (const name of ['provision', 'verify'])
      assert.ok((await load(ROOT, name, made)).runbook.steps.length >= 5, `${name} ${inventory}`);
  }
});

/** Words that look like flags of `run`; lines that call another program are left out. */
function flagWords(page: string): readonly string[] {
  const lines = codeOf(page).flatMap((code) => code.split('\n'));
  const ours = lines.filter(
    (line) => !/\b(npm|node|apt-get|git|ssh|bash|vtysh|base64|journalctl|yaml-language-server)\b/.test(line),
  );
  return ours.flatMap((line) => [...line.matchAll(/(?<![\w-])--?[a-zA-Z][\w-]*/g)].map(([word]) => word));
}

test('every flag that a page names is there', () => {
  const known = new Set([
    ...flags.flatMap(({ name, short }) => [`--${name}`, `-${short ?? name}`]),
    // Named to say what to do instead.
    ...REFUSED_FLAGS,
  ]);
  let seen = 0;
  for (const page of pages().filter((name) => !name.startsWith('docs/decisions/'))) {
    const words = flagWords(page).filter((word) => word.startsWith('--') || word.length === 2);
    seen += words.length;
    assert.equal(
      words.filter((word) => !known.has(word)),
      [],
      page,
    );
  }
  assert.ok(seen > 40, `${seen} flags named`);
});

test('the reference has every flag, short ones and aliases included', () => {
  const rows = codeRows(REFERENCE);
  for (const { name, short, alias } of RUN_FLAGS) {
    const row = rows.find(({ names }) => names.includes(`--${name}`));
    assert.ok(row, `--${name} is not in the table`);
    if (short) assert.ok(row?.names.includes(`-${short}`), `-${short} is not beside --${name}`);
    if (alias) assert.ok(row?.names.includes(`--${alias}`), `--${name} is not beside --${alias}`);
  }
});

test('the reference has every verb with its flags', () => {
  for (const verb of VERBS) {
    const row = new RegExp(`^\`run ${verb.name}\` has (.*)$`, 'm').exec(readPage(REFERENCE))?.[1] ?? '';
    for (const { name } of verb.flags) assert.ok(row.includes(`\`--${name}\``), `run ${verb.name} --${name}`);
  }
});

test('every word after `run lab` is one of its commands', () => {
  const verbs = new Set(verbNamed('lab')?.usage.map(([command]) => command.split(' ')[2]));
  assert.ok(verbs.size >= 5);
  for (const page of pages()) {
    const used = codeOf(page).flatMap((code) =>
      [...code.matchAll(/\brun lab ([a-z|]+)/g)].map(([, word = '']) => word),
    );
    for (const word of used.flatMap((words) => words.split('|')))
      assert.ok(verbs.has(word), `${page}: run lab ${word}`);
  }
});

const HOST: HostRecap = {
  ok: 1,
  changed: 0,
  failed: 0,
  ignored: 0,
  skipped: 0,
  later: 0,
  unreachable: false,
  readOnly: false,
  roundTrips: 1,
  seconds: 0,
};

/** Every verdict there can be. */
function verdicts(detailed: boolean): ReadonlySet<string> {
  const found = new Set<string>();
  const flags = [false, true];
  const add = ({ exit, result }: Verdict): unknown => found.add(`${exit} ${result}`);
  for (const interrupted of [undefined, 'SIGINT', 'SIGTERM'] as const)
    for (const onlyRefused of flags)
      for (const failed of [0, 1])
        for (const unreachable of flags)
          for (const changed of [0, 1])
            for (const drifted of [
              {},
              { drifted: true as const },
              { locked: true as const },
              { rolledBack: 1 },
            ])
              add(
                verdict({
                  hosts: [HOST, { ...HOST, failed, unreachable, changed, ...drifted }],
                  interrupted,
                  dryRun: detailed,
                  detailed,
                  onlyRefused,
                }),
              );
  return found;
}

test('the exit codes are those that a run can end with', () => {
  const [, plain = '', detailed = ''] =
    /## Exit codes([\s\S]*?)With `--dry-run([\s\S]*?)\n## /.exec(readPage(REFERENCE)) ?? [];
  const rows = (text: string): readonly string[] =>
    [...text.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(([, exit, result]) => `${exit} ${result}`);
  // Invalid input ends before there is a verdict.
  assert.equal([...rows(plain)].sort(), [...verdicts(false), '1 invalid'].sort());
  const signals = ['130 interrupted', '143 terminated'];
  assert.equal([...rows(detailed), ...signals].sort(), [...verdicts(true)].sort());
  const help = /Exit codes\n([\s\S]*)/.exec(helpText())?.[1] ?? '';
  for (const row of rows(plain)) assert.match(help, new RegExp(`(^|\\s)${row.split(' ')[0]} `));
});

/** Complete by the compiler's word: a kind that is missing here, or is too much, does not compile. */
const KINDS: Readonly<Record<Exclude<RunEvent['kind'], 'stage'>, true>> = {
  start: true,
  connected: true,
  change: true,
  later: true,
  progress: true,
  retry: true,
  output: true,
  check: true,
  step: true,
  unreachable: true,
  locked: true,
  revert: true,
  refusal: true,
  warning: true,
  invalid: true,
  recap: true,
};
const RECAP_FIELDS = Object.keys(HOST);

interface EventSchema {
  readonly oneOf: readonly { readonly $ref: string }[];
  readonly $defs: Readonly<
    Record<
      string,
      {
        readonly properties?: { readonly kind?: { readonly const?: string } };
        readonly required?: readonly string[];
      }
    >
  >;
}

test('every kind of event has its schema, and its line in the reference', () => {
  const schema = JSON.parse(readPage('docs/events.schema.json')) as EventSchema;
  const kinds = schema.oneOf.map(
    ({ $ref }) => schema.$defs[$ref.replace('#/$defs/', '')]?.properties?.kind?.const,
  );
  assert.equal(kinds.sort(), Object.keys(KINDS).sort());
  assert.equal([...(schema.$defs.hostRecap?.required ?? [])].sort(), [...RECAP_FIELDS].sort());
  const [, table = ''] = /## Events([\s\S]*?)\n## /.exec(readPage(REFERENCE)) ?? [];
  const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind = '']) => kind);
  assert.equal(named.sort(), Object.keys(KINDS).sort());
  const [, example = '{}'] = /```json\n(.*)\n```/.exec(table) ?? [];
  const { hosts } = JSON.parse(example) as { readonly hosts: Readonly<Record<string, object>> };
  assert.equal(Object.keys(hosts.roz ?? {}).sort(), [...RECAP_FIELDS].sort());
});

test('docs/runbooks.md: the table of keys is complete', () => {
  const keys = codeRows('docs/runbooks.md').flatMap(({ names }) => names);
  for (const key of Object.keys(STEP_KEYS))
    assert.ok(keys.includes(key), `${key} of a step is not described`);
});

test('docs/runbooks.md: the facts are those that there are', () => {
  const names = (facts: object, above = ''): readonly string[] =>
    Object.entries(facts).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null ? names(value, `${name}.`) : [`${above}${name}`],
    );
  const [, text = ''] = /\*\*Facts\*\*: ([\s\S]*?)\. They/.exec(readPage('docs/runbooks.md')) ?? [];
  assert.equal(
    [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name).sort(),
    [...names(FACT_NAMES)].sort(),
  );
});

/** All our code, in which messages are looked for. */
function sources(): string {
  const folders = ['lib', 'tasks'].map((folder) => join(ROOT, folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return files
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

test('docs/trouble.md: every message is one of the program', () => {
  const text = sources();
  const rows = codeRows('docs/trouble.md');
  assert.ok(rows.length > 10);
  for (const { names } of rows) assert.ok(text.includes(names[0] ?? '?'), `no message has "${names[0]}"`);
});

test('links lead to files that are there', () => {
  let links = 0;
  for (const page of pages()) {
    for (const [, target = ''] of readPage(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^https?:/.test(target)) continue;
      links += 1;
      assert.ok(existsSync(join(ROOT, dirname(page), target)), `${page}: ${target}`);
    }
  }
  assert.ok(links > 8);
});

test('files that pages name are there', () => {
  for (const page of pages()) {
    const shown = shownFiles(page);
    for (const code of codeOf(page)) {
      if (shown.has(code) || !/^(lib|test|tasks|docs)\/[\w/.-]+$/.test(code)) continue;
      assert.ok(existsSync(join(ROOT, code)) || existsSync(join(ROOT, `${code}.ts`)), `${page}: ${code}`);
    }
  }
});

test('README.md: its screens show steps of the runbook, in the words of the program', async () => {
  const screens = [
    ...readPage('README.md').matchAll(/^```\n\$ run server inventory\/lab(.*)\n([\s\S]*?)^```$/gm),
  ];
  assert.is(screens.length, 3);
  const text = readPage('runbooks/server.yaml');
  const steps = new Set([...text.matchAll(/^ {2}- id: (\w+)$/gm)].map(([, id]) => id));
  for (const [, words = '', screen = ''] of screens) {
    const changes = [...screen.matchAll(/^\w+ +[+~▶↻!■-] \w+:\S+ {2}.* {2}\[(\w+)\]/gm)].map(([, id]) => id);
    const later = [...screen.matchAll(/^\w+ +\? (\w+): known after apply: it rests on /gm)].map(
      ([, id]) => id,
    );
    for (const id of [...changes, ...later]) assert.ok(steps.has(id), `no step ${id}`);
    const recap =
      /^\w+ +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=0 +skipped=0 .*\d round trips?, \d+\.\d s$/m.exec(
        screen,
      );
    assert.ok(recap, `a recap in${words}:\n${screen}`);
    assert.is(Number(recap?.[1]) > 0, changes.length > 0);
    assert.is(/RECAP of a dry run/.test(screen), words.includes('--dry-run'));
  }
});
