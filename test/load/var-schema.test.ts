/** `vars_schema`: every host is asked before anything connects, and told with the place of the value. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { hostVars } from '../../lib/load/inventory/host-vars.ts';
import { loadProject } from '../../lib/load/project.ts';
import type { Project } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('vars_schema');
const scratch: string[] = [];

test.after(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

function load(files: Readonly<Record<string, string>>): Promise<Project> {
  const root = mkdtempSync(join(tmpdir(), 'tightbeam-vars-'));
  scratch.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return loadProject(inputFor(root));
}

async function problems(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const error: unknown = await load(files).catch((thrown: unknown) => thrown);
  if (!(error instanceof RunError)) throw new Error(`it loaded, or failed otherwise: ${String(error)}`);
  return error.problems.map(
    ({ code, message, place, hint }) =>
      `${place?.file}:${place?.line}:${place?.col} ${code} ${message}; ${hint ?? ''}`,
  );
}

const HOSTS = `hosts:
  roz: { vars: { wg_address: 10.1.0.1/32, asn: 65000 } }
  wro: { vars: { wg_address: nonsense, asn: 65000 } }
  kre: { vars: { asn: 0 } }
`;
const STEPS = 'steps:\n  - { task: note, with: { text: x } }\n';

test('one host of many without a value, another with a wrong one: both are told, with their places', async () => {
  const book = `hosts: all
vars_schema:
  wg_address: { type: string, format: cidr }
  asn: { type: integer, minimum: 1 }
${STEPS}`;
  assert.equal(await problems({ 'inventory/prod/hosts.yaml': HOSTS, 'runbooks/provision.yaml': book }), [
    'inventory/prod/hosts.yaml:3:30 bad-value variable "wg_address" must be an address with the length of its prefix, such as 10.1.0.0/16, not "nonsense" (on wro; wanted at runbooks/provision.yaml:3:3); ',
    'inventory/prod/hosts.yaml:4:23 bad-value variable "asn" must be 1 or more, not 0 (on kre; wanted at runbooks/provision.yaml:4:3); ',
    'runbooks/provision.yaml:3:3 missing-variable variable "wg_address" is not set on kre; set it for the host (kre: inventory/prod/hosts.yaml:4:3), for its group, or under vars:; optional: true lets it be left out',
  ]);
});

test('what is optional may be missing; a default is a value; only hosts of the runbook are asked', async () => {
  const book = `hosts: [roz, kre]
vars_schema:
  wg_address: { type: string, optional: true }
  mtu: { type: integer, default: 1500 }
  name: { type: string, pattern: ^r }
vars: { name: "\${{ 'r' + host.name }}" }
steps:
  - { task: note, with: { text: "\${{ host.name }}", count: "\${{ vars.mtu }}" } }
`;
  const inventory = HOSTS.replace('asn: 0', 'asn: 0, mtu: 9000');
  const project = await load({ 'inventory/prod/hosts.yaml': inventory, 'runbooks/provision.yaml': book });
  assert.is(hostVars(project, 'roz').mtu, 1500);
  assert.is(hostVars(project, 'kre').mtu, 9000);
  assert.is(hostVars(project, 'kre').name, 'rkre');
});

test('a runbook that is imported asks the hosts of the import, and its defaults are its own', async () => {
  const part = `vars_schema:
  asn: { type: integer, minimum: 1 }
  mtu: { type: integer, default: 1400 }
steps:
  - { task: note, with: { text: x, count: "\${{ vars.mtu }}" } }
`;
  const book = `hosts: all\nsteps:\n  - { import: part.yaml, hosts: [roz, wro] }\n`;
  const files = { 'inventory/prod/hosts.yaml': HOSTS, 'runbooks/part.yaml': part };
  const project = await load({ ...files, 'runbooks/provision.yaml': book });
  assert.is(hostVars(project, 'roz').mtu, undefined);
  assert.equal(
    await problems({ ...files, 'runbooks/provision.yaml': book.replace(', hosts: [roz, wro]', '') }),
    [
      'inventory/prod/hosts.yaml:4:23 bad-value variable "asn" must be 1 or more, not 0 (on kre; wanted at runbooks/part.yaml:2:3); ',
    ],
  );
});
