/** Every built-in task shows how it is used, and what it shows loads, as it stands, in a runbook. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { builtinTasks } from '../../lib/cli/builtin.ts';
import { loadProject } from '../../lib/load/project.ts';
import type { Project } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';

const test = suite('examples of tasks');
const scratch = mkdtempSync(join(tmpdir(), 'tightbeam-examples-'));
const builtin = builtinTasks();

test.after(() => rmSync(scratch, { recursive: true, force: true }));

const INVENTORY = `
hosts:
  roz: { groups: [fabric], vars: { wg_address: 10.1.0.1/32, gateway: 10.1.1.1/24 } }
  wro: { groups: [fabric], vars: { wg_address: 10.2.0.1/32, gateway: 10.2.1.1/24 } }
groups: { fabric: {} }
`;

/** What a runbook with secrets has at its top. */
const SECRETS = 'secrets: { netbox: { env: NETBOX_TOKEN }, powerdns: { env: POWERDNS_KEY } }\n';

function load(example: string): Promise<Project> {
  const cwd = mkdtempSync(join(scratch, 'project-'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  };
  write('inventory/prod/hosts.yaml', INVENTORY);
  write(
    'runbooks/book.yaml',
    `hosts: all\n${example.includes('secrets.') ? SECRETS : ''}steps:\n${example.replace(/^(?=.)/gm, '  ')}`,
  );
  for (const [, name = ''] of example.matchAll(/src: ([\w/.]+)/g)) write(`runbooks/${name}`, 'text\n');
  return loadProject({
    cwd,
    runbook: 'book',
    inventory: 'prod',
    limit: [],
    tags: [],
    skipTags: [],
    extraVars: [],
    builtinTasks: builtin.tasks,
    engineUrl: builtin.engineUrl,
    env: { NETBOX_TOKEN: 'of a test', POWERDNS_KEY: 'of a test' },
    home: cwd,
  });
}

for (const [name, make] of builtin.tasks) {
  test(`${name}: its examples load`, async () => {
    const { examples = [] } = await make();
    assert.ok(examples.length > 0, 'there is one');
    for (const example of examples) {
      const { runbook } = await load(example);
      assert.ok(
        runbook.steps.some(({ taskName }) => taskName === name),
        `it uses ${name}`,
      );
    }
  });
}

test('an example that would not load is found', async () => {
  const wrong = await load('- task: file\n  with: { pth: /etc/motd }\n').catch(
    (error: Error) => error.message,
  );
  assert.match(String(wrong), /unknown key "pth"|unknown parameter "pth"/);
});
