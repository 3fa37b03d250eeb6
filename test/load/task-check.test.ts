/** Steps that name steps, edges of tasks that read outputs, and the tasks' own checks: all before connecting. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { formatPlace, type Problem } from '../../lib/base/problem.ts';
import { loadProject } from '../../lib/load/project.ts';
import type { Project, Step } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';
import { type Asked, linkTasks } from './link-task.ts';
import { inputFor } from './world.ts';

const test = suite('tasks that look at other steps');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-check-'));

test.after(() => rmSync(root, { recursive: true, force: true }));

const INVENTORY = `hosts:
  roz: { groups: [fabric], vars: { address: 10.1.0.1, group: fabric, key: key } }
  wro: { groups: [fabric], vars: { address: 10.2.0.1, group: fabric, key: key } }
  kre: { vars: { address: 10.3.0.1, group: all, key: other } }
groups:
  fabric: { vars: { mtu: 1420 } }
`;
const KEY = '  - { id: key, task: keygen, with: { path: /k } }\n';

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

function load(steps: string, asked?: Asked, inventory = INVENTORY, extraVars: readonly string[] = []) {
  write({
    'inventory/prod/hosts.yaml': inventory,
    'runbooks/provision.yaml': `name: Book\nhosts: all\n${/^(vars|handlers|steps):/m.test(steps) ? steps : `steps:\n${steps}`}`,
  });
  return loadProject(inputFor(root, { builtinTasks: linkTasks(asked), extraVars }));
}

async function problems(steps: string, inventory?: string, asked?: Asked): Promise<readonly Problem[]> {
  try {
    await load(steps, asked, inventory);
  } catch (error) {
    if (error instanceof RunError) return error.problems;
    throw error;
  }
  return [];
}

const shown = (found: readonly Problem[]): readonly string[] =>
  found.map(({ code, message, place, hint }) => {
    const at = place ? formatPlace(place).replace('runbooks/provision.yaml', 'book') : '';
    return `${at} ${code}: ${message}${hint === undefined ? '' : ` → ${hint}`}`;
  });
const step = (project: Project, id: string): Step => {
  const found = project.runbook.steps.find((each) => each.id === id);
  if (!found) throw new Error(`no step ${id}`);
  return found;
};
const needs = (project: Project, id: string) =>
  step(project, id).needs.map(
    ({ step: other, hosts }) => `${other} ${hosts === 'same' ? 'same' : hosts.join()}`,
  );

test('a step left out is the one of that task before, in constant parameters and in others', async () => {
  const project = await load(
    `${KEY}  - { id: one, task: link, with: { address: 10.0.0.1 } }\n  - { id: top, task: overlay, with: { mtu: 1370 } }\n`,
  );
  assert.equal(step(project, 'one').with.evaluate({}), { address: '10.0.0.1', key: 'key', mtu: 1420 });
  assert.equal(step(project, 'top').with.evaluate({}), { mtu: 1370, link: 'one' });
  const other = await load(`${KEY}  - { id: one, task: link, with: { address: "\${{ vars.address }}" } }\n`);
  assert.equal(step(other, 'one').with.evaluate({ vars: { address: 'x' } }), {
    address: 'x',
    key: 'key',
    mtu: 1420,
  });
});

test('a step that is for other hosts does not count', async () => {
  const [only] = shown(
    await problems(
      `  - { id: key, task: keygen, hosts: roz, with: { path: /k } }\n  - { id: one, task: link, with: { address: a } }\n`,
    ),
  );
  assert.is(
    only,
    'book:5:34 missing-parameter: link: "key" is missing → put a step of task keygen before this one',
  );
});

test('two of them are an error, unless one is named', async () => {
  const two = `${KEY}  - { id: spare, task: keygen, with: { path: /s } }\n`;
  const [first] = shown(await problems(`${two}  - { id: one, task: link, with: { address: a } }\n`));
  assert.is(
    first,
    'book:6:34 ambiguous-step: several steps of task keygen stand before: key, spare → name one with key: key',
  );
  const project = await load(`${two}  - { id: one, task: link, with: { address: a, key: spare } }\n`);
  assert.is((step(project, 'one').with.evaluate({}) as { key: string }).key, 'spare');
});

test('a step that is named must be there, of that task, before this one, on these hosts', async () => {
  const named = (id: string, rest = ''): Promise<readonly Problem[]> =>
    problems(
      `${KEY}  - { id: roz_key, task: keygen, hosts: roz, with: { path: /r } }\n  - { id: base, task: note, with: { text: a } }\n  - { id: one, task: link, hosts: wro, with: { address: a, key: ${id} } }\n  - { id: after, task: keygen, with: { path: /s } }\n${rest}`,
    );
  const texts = async (id: string) =>
    (await named(id)).map(({ code, message, hint }) => `${code}: ${message} → ${hint}`);
  assert.equal(await texts('kye'), ['unknown-step: no step "kye" → did you mean "key"?']);
  assert.equal(await texts('base'), [
    'wrong-step: step "base" is of task note, not of keygen → known: key, roz_key',
  ]);
  assert.equal(await texts('after'), [
    'wrong-step: step "after" does not stand before this one → move it up, or name another',
  ]);
  assert.match((await texts('roz_key'))[0] ?? '', /^wrong-step: step "roz_key" runs on no host/);
  assert.equal(await texts('key'), []);
});

test('a step named by an expression is checked on each host', async () => {
  const found = await problems(
    `${KEY}  - { id: one, task: link, with: { address: a, key: "\${{ vars.key }}" } }\n`,
  );
  assert.equal(
    found.map(({ code, message }) => `${code}: ${message}`),
    ['unknown-step: no step "other"'],
  );
});

test('outputs that a task reads are edges and references, as in an expression', async () => {
  const project = await load(
    `${KEY}  - { id: base, task: note, with: { text: a } }\n  - { id: one, task: link, with: { address: "\${{ vars.address }}", peers: fabric } }\n`,
  );
  assert.equal(needs(project, 'one'), ['base same', 'key roz,wro', 'key same']);
  assert.equal(step(project, 'one').with.references, [
    { kind: 'output', step: 'key', host: 'roz' },
    { kind: 'output', step: 'key', host: 'wro' },
    { kind: 'output', step: 'key' },
  ]);
});

test('a group that differs from host to host counts as all of them; only hosts that the step runs on', async () => {
  const book = (hosts: string) =>
    `  - { id: key, task: keygen, hosts: ${hosts}, with: { path: /k } }\n  - { id: one, task: link, hosts: [roz, kre], with: { address: "\${{ vars.address }}", key: key, peers: "\${{ vars.group }}" } }\n`;
  assert.equal(needs(await load(book('all')), 'one'), ['key same', 'key roz,wro,kre']);
  assert.equal(needs(await load(book('[roz, kre]')), 'one'), ['key same', 'key roz,kre']);
  const later = book('all').replace('vars.group', 'facts.hostname');
  assert.equal(needs(await load(later), 'one'), ['key same', 'key roz,wro,kre']);
});

test('a ring through such an edge is found', async () => {
  const found = await problems(
    `  - { id: key, task: keygen, needs: [one@wro], with: { path: /k } }\n  - { id: one, task: link, needs: [], with: { address: "\${{ vars.address }}", peers: fabric } }\n`,
  );
  assert.equal(
    found.map(({ code }) => code),
    ['needs-cycle'],
  );
  assert.match(found[0]?.message ?? '', /one on wro needs key on (roz|wro)/);
});

test('a fault is told once, at its parameter, without a host where all have it', async () => {
  assert.equal(
    shown(
      await problems(`${KEY}  - { id: one, task: link, with: { address: a, mtu: 9000, names: [a, bad] } }\n`),
    ),
    ['book:5:53 bad-parameter: 9000 is too much → take 1420', 'book:5:70 bad-parameter: a bad name'],
  );
});

test('a fault of one host names it, and the place in the inventory from which the value comes', async () => {
  const twice = INVENTORY.replace('10.2.0.1', '10.1.0.1');
  const book = (value: string): string =>
    `vars: { fixed: 10.9.9.9, mtus: { roz: 9000 } }\nsteps:\n${KEY}  - { id: one, task: link, hosts: fabric, with: { address: "\${{ ${value} }}", peers: fabric } }\n`;
  for (const value of ['host.vars.address', 'vars.address']) {
    assert.equal(shown(await problems(book(value), twice)), [
      'book:6:60 bad-parameter: 10.1.0.1 is the address of roz, too (on wro, set at inventory/prod/hosts.yaml:3:45)',
    ]);
  }
  assert.equal(shown(await problems(book('vars.fixed'))), [
    'book:6:60 bad-parameter: 10.9.9.9 is the address of roz, too (on wro, set at runbooks/provision.yaml:3:16)',
  ]);
  const group = INVENTORY.replace('mtu: 1420', 'mtu: 9000');
  const mtu = `${KEY}  - { id: one, task: link, hosts: fabric, with: { address: a, mtu: "\${{ vars.mtu }}" } }\n`;
  assert.equal(shown(await problems(mtu, group)), [
    'book:5:68 bad-parameter: 9000 is too much (set at inventory/prod/hosts.yaml:6:26) → take 1420',
  ]);
});

test('what breaks the schema says where the value comes from, too', async () => {
  const book = `${KEY}  - { id: one, task: link, hosts: fabric, with: { address: a, mtu: "\${{ vars.mtu }}" } }\n`;
  assert.equal(shown(await problems(book, INVENTORY.replace('mtu: 1420', 'mtu: large'))), [
    'book:5:68 wrong-type: "mtu" must be a whole number, not "large" (on roz, set at inventory/prod/hosts.yaml:6:26)',
  ]);
});

test('many hosts with one fault are counted, many faults of one parameter cut', async () => {
  const hosts = Array.from({ length: 9 }, (_, index) => `h${index}`);
  const inventory = `hosts:\n${hosts.map((name) => `  ${name}: { groups: [fabric], vars: { a: same, m: 9000 } }`).join('\n')}\n  free: { groups: [fabric], vars: { a: own, m: 1400 } }\n`;
  const found = await problems(
    `${KEY}  - { id: one, task: link, with: { address: "\${{ vars.a }}", mtu: "\${{ vars.m }}", peers: fabric } }\n`,
    inventory,
  );
  const texts = found.map(({ message }) => message);
  assert.ok(
    texts.includes('9000 is too much (on h0, h1 and 7 more, set at inventory/prod/hosts.yaml:2:47)'),
    texts.join('\n'),
  );
  assert.ok(texts.includes('and 3 more like these'), texts.join('\n'));
  assert.is(found.length, 7);
});

test('parameters of another step, and of a step whose condition is false', async () => {
  const book = (when = ''): string =>
    `${KEY}  - { id: one, task: link, ${when}with: { address: a, mtu: 1400 } }\n  - { id: top, task: overlay, with: { mtu: 1360 } }\n`;
  assert.equal(shown(await problems(book())), ['book:6:44 bad-parameter: 1360 does not fit into 1400']);
  assert.equal(shown(await problems(book('when: vars.address == "none", '))), []);
});

test('what the parameters break of their schema is told, and no check is asked', async () => {
  const asked: Asked = { checks: [] };
  const found = await problems(
    `${KEY}  - { id: one, task: link, with: { address: 1, mtu: 9000 } }\n`,
    undefined,
    asked,
  );
  assert.equal(
    found.map(({ code }) => code),
    ['wrong-type'],
  );
  assert.equal(asked.checks, []);
});

test('a check that throws is an error with the name of its task', async () => {
  const found = await problems(`${KEY}  - { id: one, task: link, with: { address: boom } }\n`);
  assert.equal(
    found.map(({ code, message }) => `${code}: ${message}`),
    ['task-fault: the check of task link is at fault: TypeError: no such thing (on roz)'],
  );
});

test('what rests on facts or outputs is asked again during the run, the rest is not', async () => {
  const again = async (params: string) => {
    const project = await load(`${KEY}  - { id: one, task: link, with: { ${params}, peers: all } }\n`);
    return [...step(project, 'one').checkAgain];
  };
  assert.equal(await again('address: "${{ vars.address }}"'), []);
  assert.equal(await again('address: "${{ facts.hostname }}"'), ['roz', 'wro', 'kre']);
  // Of roz nothing is open until another one looks at kre, whose address nobody knows.
  const late = 'address: "${{ host.name == \'wro\' ? facts.hostname : host.name }}"';
  assert.equal(await again(late), ['wro', 'kre']);
  const own = `${KEY}  - { id: one, task: link, hosts: kre, with: { address: facts } }\n`;
  assert.equal([...step(await load(own), 'one').checkAgain], ['kre']);
});

test('two hundred hosts that all look at each other take no time', async () => {
  const asked: Asked = { checks: [] };
  const hosts = Array.from(
    { length: 200 },
    (_, index) => `  h${index}: { groups: [fabric], vars: { a: 10.0.0.${index} } }`,
  );
  const book = `${KEY}  - { id: one, task: link, with: { address: "\${{ vars.a }}", peers: fabric } }\n`;
  const inventory = `hosts:\n${hosts.join('\n')}\n`;
  await load(book, undefined, inventory);
  const before = performance.now();
  await load(book, asked, inventory);
  assert.is(asked.checks.length, 200);
  assert.ok(performance.now() - before < 2_000, `${performance.now() - before} ms`);
});
