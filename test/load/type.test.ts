/** Types of expressions across hosts: what one host has otherwise is told with its name; what is alike is checked once. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import type { Problem } from '../../lib/base/problem.ts';
import { Unknown } from '../../lib/base/unknown.ts';
import { openCel } from '../../lib/load/expression/cel.ts';
import { typeOfParsed } from '../../lib/load/expression/expression-type.ts';
import { typeOfSchema } from '../../lib/load/expression/type.ts';
import { TypedUnknown } from '../../lib/load/expression/typed-unknown.ts';
import { loadProject } from '../../lib/load/project.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('type');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-type-'));
mkdirSync(join(root, 'runbooks'));
test.after(() => rmSync(root, { recursive: true, force: true }));

async function problems(hosts: string, steps: string): Promise<readonly Problem[]> {
  writeFileSync(join(root, 'hosts.yaml'), `hosts:\n${hosts}`);
  writeFileSync(join(root, 'runbooks/provision.yaml'), `hosts: all\nsteps:\n${steps}`);
  try {
    await loadProject(inputFor(root, { inventory: 'hosts.yaml' }));
    return [];
  } catch (error) {
    if (error instanceof RunError) return error.problems;
    throw error;
  }
}

const fleet = Array.from(
  { length: 60 },
  (_, at) => `  h${at}: { vars: { mtu: 1500, big: false, none: ~ } }\n`,
).join('');

test('the one host of sixty where a value has another type is named, also in a branch that nobody takes', async () => {
  const steps = [
    '  - { id: a, task: note, with: { text: a, count: "${{ vars.mtu - 80 }}" } }\n',
    '  - { id: b, task: note, when: vars.big && vars.mtu > 9000, with: { text: b } }\n',
  ].join('');
  const found = await problems(`${fleet}  odd: { vars: { mtu: "1500", big: false } }\n`, steps);
  assert.equal(
    found.map(({ code, message }) => `${code} ${message}`),
    [
      'expression-type expression: "-" cannot stand between a text and a whole number (on odd)',
      'expression-type expression: ">" cannot stand between a text and a whole number (on odd)',
    ],
  );
  assert.equal(await problems(fleet, steps), []);
});

test('what is well typed loads', async () => {
  const fine = [
    'facts.cpus > 2 && facts.os.family == "debian"',
    'default(vars.opt, 3) > facts.cpus',
    'groups.all.exists(h, hosts[h].facts.cpus > 4)',
    'facts.addresses.filter(a, a.startsWith("10.")).size() > 0',
    'cidr.contains("10.0.0.0/8", facts.addresses[0])',
    're(facts.kernel, "^6\\\\.")',
    '!(facts.os.id in ["debian", "ubuntu"])',
    'vars.none == null || vars.none > 3',
    'dyn(vars.mtu) == "1500" || true',
    'default(vars.?bond.?mtu, 1500) > 1',
    'vars.mtu == null || facts.memory_mb / 1024.0 > 1.5',
    'size(facts.os) == 4',
    'run.dry_run || run.runbook == "x"',
    'int(facts.os.version) >= 12',
    'hosts["h1"].facts.interfaces.indexOf("eth0") == 0',
    'has(vars.nope) ? vars.nope : true',
    'facts.proxmox.split(".").map(p, int(p))[0] > 7',
  ];
  const steps = fine.map(
    (when, at) => `  - { id: s${at}, task: note, when: '${when}', with: { text: a } }\n`,
  );
  assert.equal(await problems(fleet, steps.join('')), []);
});

test('types go through inputs and outputs of an imported runbook', async () => {
  const inner = [
    'inputs: { n: { type: integer } }',
    'outputs: { out: "${{ steps.key.outputs.public_key }}" }',
    'steps:',
    '  - { id: key, task: keygen, with: { path: /etc/key } }',
    '  - { id: fine, task: note, when: inputs.n + 1 > 2, with: { text: "${{ string(inputs.n) }}", count: "${{ inputs.n }}" } }',
    '  - { id: text, task: note, with: { text: "${{ inputs.n }}" } }',
  ];
  writeFileSync(join(root, 'runbooks/inner.yaml'), `${inner.join('\n')}\n`);
  const book = (n: string): string =>
    `  - { id: in, import: inner.yaml, with: { n: "${n}" } }\n  - { id: out, task: note, with: { text: a, count: "\${{ steps.in.outputs.out }}" } }\n`;
  const told = async (n: string): Promise<readonly string[]> =>
    (await problems('  roz: {}\n', book(n))).map(
      ({ code, place }) => `${code} ${place?.file} ${place?.line}`,
    );
  const always = ['wrong-type runbooks/inner.yaml 6', 'wrong-type runbooks/provision.yaml 4'];
  assert.equal(await told('${{ facts.cpus }}'), always);
  assert.equal(await told('${{ facts.kernel }}'), [
    always[0],
    'wrong-type runbooks/provision.yaml 3',
    always[1],
  ]);
});

test('one check for each shape of types', () => {
  const cel = openCel();
  const parsed = cel.parse('vars.n + 1 > vars.m');
  let checks = 0;
  const counted = {
    ...parsed,
    type: (names: Parameters<typeof parsed.type>[0]) => {
      checks += 1;
      return parsed.type(names);
    },
  };
  const type = typeOfParsed(counted, cel.typeNames);
  for (let host = 0; host < 2000; host += 1) {
    const vars = { n: host, m: host % 2 === 0 ? 1.5 : 2, other: host % 3 === 0 ? 'x' : [host] };
    assert.is(type({ vars }).kind, 'bool');
  }
  assert.is(checks, 2);
});

test('schemas of outputs as types', () => {
  const kind = (schema: unknown): string => typeOfSchema(schema).kind;
  assert.equal(
    [
      { type: 'string' },
      { type: 'integer' },
      { type: 'number' },
      { enum: ['a', 'b'] },
      { enum: ['a', 1] },
      { type: ['string', 'null'] },
      { anyOf: [{ type: 'string' }] },
      { type: 'array', items: { type: 'string' } },
      { type: 'object' },
      true,
    ].map(kind),
    ['text', 'int', 'number', 'text', 'any', 'any', 'any', 'list', 'map', 'any'],
  );
  const closed = typeOfSchema({
    type: 'object',
    additionalProperties: false,
    properties: { a: { type: 'integer' } },
  });
  assert.is(closed.kind === 'map' && closed.field('a')?.kind, 'int');
  assert.is(closed.kind === 'map' && closed.field('b'), undefined);
  assert.instance(new TypedUnknown('later', closed), Unknown);
});
