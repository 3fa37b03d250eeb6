/** Lints that a task of a project brings: what they see, how often they are asked, what their defects are called. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '../../lib/base/error.ts';
import { formatPlace, type Problem } from '../../lib/base/problem.ts';
import { Unknown } from '../../lib/base/unknown.ts';
import { loadProject } from '../../lib/load/project.ts';
import { createReport } from '../../lib/load/source/report.ts';
import type { Lint, LintFinding } from '../../lib/model/lint.ts';
import { type AnyTask, defineTask } from '../../lib/model/task.ts';
import { assert, suite } from '../suite.ts';
import { inputFor } from './world.ts';

const test = suite('lints of tasks');
const root = mkdtempSync(join(tmpdir(), 'tightbeam-lints-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

const INVENTORY = `hosts:
  roz: { groups: [fabric], vars: { n: 1 } }
  wro: { groups: [fabric], vars: { n: 2 } }
  kre: { address: 192.0.2.9, vars: { n: 3 } }
groups: { fabric: {} }
secrets:
  word: { env: WG_PSK }
`;

/** Tasks with these lints: `spot` and `other` have them, `plain` none. */
function tasksWith(...lints: readonly Lint[]): ReadonlyMap<string, () => Promise<AnyTask>> {
  const task = (own: readonly Lint[]) =>
    defineTask({
      summary: 'Takes a value',
      lints: own,
      params: {
        type: 'object',
        additionalProperties: false,
        properties: {
          value: {},
          word: { type: 'string', format: 'secret' },
          size: { type: 'integer', default: 7 },
        },
      },
      desire: () => [],
    });
  return new Map(
    Object.entries({ spot: task(lints), other: task(lints), plain: task([]) }).map(([name, each]) => [
      name,
      async () => each as AnyTask,
    ]),
  );
}

async function load(steps: string, lints: readonly Lint[]) {
  mkdirSync(join(root, 'inventory/prod'), { recursive: true });
  mkdirSync(join(root, 'runbooks'), { recursive: true });
  writeFileSync(join(root, 'inventory/prod/hosts.yaml'), INVENTORY);
  writeFileSync(join(root, 'runbooks/provision.yaml'), `hosts: all\nsteps:\n${steps}`);
  const report = createReport();
  let errors: readonly Problem[] = [];
  try {
    await loadProject(inputFor(root, { builtinTasks: tasksWith(...lints) }), report);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    errors = error.problems;
  }
  const shown = ({ code, message, place }: Problem) => `${place && formatPlace(place)} ${code}: ${message}`;
  return { errors: errors.map(shown), warnings: report.warnings().map(shown) };
}

/** A lint that finds what `look` gives. */
function lint(tasks: readonly string[], find: Lint['find']): Lint {
  return { tasks, find };
}

const at = (step: string, host: string, rest: Partial<LintFinding> = {}): LintFinding => ({
  code: 'bad-parameter',
  step,
  host,
  path: ['value'],
  item: undefined,
  message: 'odd',
  hint: 'mend it',
  ...rest,
});

test('it is asked once, whatever the steps, tasks and hosts are', async () => {
  let asked = 0;
  const counting = lint(['spot', 'other'], () => {
    asked += 1;
    return [];
  });
  await load('  - { id: a, task: spot }\n  - { id: b, task: other }\n  - { id: c, task: spot }\n', [
    counting,
  ]);
  assert.is(asked, 1);
});

test('a runbook without such a task asks nobody', async () => {
  let asked = 0;
  const counting = lint(['plain'], () => {
    asked += 1;
    return [];
  });
  await load('  - { id: a, task: plain, with: { value: 1 } }\n', [counting]);
  assert.is(asked, 0);
});

test('it sees parameters with defaults, items, actors, and what nobody knows yet', async () => {
  const seen: string[] = [];
  const looking = lint(['spot', 'plain'], (view) => {
    for (const step of view.steps('plain', 'spot'))
      for (const host of step.hosts) {
        const uses = step.uses(host)?.map(({ params, item }) => {
          const value = params.value instanceof Unknown ? 'unknown' : JSON.stringify(params.value);
          const word = params.word instanceof Unknown ? ' secret' : '';
          return `${item ? `${item.label} ` : ''}${value} ${params.size}${word}`;
        });
        seen.push(`${step.id} ${host} by ${step.actor(host)}: ${uses?.join(', ') ?? 'nobody knows'}`);
      }
    return [];
  });
  const { errors } = await load(
    [
      '  - { id: a, task: spot, hosts: roz, with: { value: "${{ host.vars.n }}", word: "${{ secrets.word }}" } }',
      '  - { id: b, task: plain, once: true, hosts: fabric, with: { value: "${{ facts.hostname }}" } }',
      '  - { id: c, task: plain, hosts: wro, foreach: [x, y], with: { value: "${{ item }}", size: 1 } }',
      '  - { id: d, task: plain, hosts: all, when: host.vars.n == 3, with: { value: no } }',
      '  - { id: e, task: plain, hosts: roz, foreach: "${{ [facts.hostname] }}", with: { value: "${{ item }}" } }',
      '',
    ].join('\n'),
    [looking],
  );
  assert.equal(errors, []);
  assert.equal(seen, [
    'a roz by roz: 1 7 secret',
    'b roz by roz: unknown 7',
    'b wro by roz: unknown 7',
    'c wro by wro: item[0] "x" 1, item[1] "y" 1',
    'd roz by roz: ',
    'd wro by wro: ',
    'd kre by kre: "no" 7',
    'e roz by roz: nobody knows',
  ]);
});

test('it sees the inventory', async () => {
  const seen: unknown[] = [];
  const looking = lint(['spot'], (view) => {
    seen.push(
      view.hostNames,
      view.group('fabric'),
      view.group('none'),
      view.host('kre'),
      view.host('nobody'),
    );
    return [];
  });
  await load('  - { id: a, task: spot }\n', [looking]);
  const vars = { n: 3 };
  assert.equal(JSON.parse(JSON.stringify(seen)), [
    ['roz', 'wro', 'kre'],
    ['roz', 'wro'],
    [],
    { name: 'kre', address: '192.0.2.9', vars },
    null,
  ]);
});

test('the same on several hosts is told once, with their names, and warnings end nothing', async () => {
  const steps =
    '  - { id: a, task: spot, with: { value: 1 } }\n  - { id: b, task: plain, once: true, with: { value: 1 } }\n';
  const everywhere = lint(['spot'], (view) => view.hostNames.map((host) => at('a', host)));
  assert.equal((await load(steps, [everywhere])).errors, ['runbooks/provision.yaml:3:41 bad-parameter: odd']);
  const somewhere = lint(['spot'], () => [at('a', 'roz', { warning: true }), at('b', 'roz', { path: [] })]);
  assert.equal(await load(steps, [somewhere]), {
    errors: ['runbooks/provision.yaml:4:45 bad-parameter: odd (on roz)'],
    warnings: ['runbooks/provision.yaml:3:41 bad-parameter: odd (on roz)'],
  });
  const once = lint(['spot'], (view) => view.hostNames.map((host) => at('b', host)));
  assert.equal((await load(steps, [once])).errors, ['runbooks/provision.yaml:4:54 bad-parameter: odd']);
});

test('a step that has a fault of its own is one of which nobody knows', async () => {
  const seen: unknown[] = [];
  const looking = lint(['plain'], (view) => {
    seen.push(view.steps('plain').map((step) => step.uses('roz')));
    return [];
  });
  const steps = '  - { id: a, task: spot }\n  - { id: b, task: plain, with: { size: many } }\n';
  const { errors } = await load(steps, [looking]);
  assert.is(errors.length, 1);
  assert.equal(seen, [[undefined]]);
});

test('a lint that throws, or asks for what it did not name, is a defect of the task', async () => {
  const broken = lint(['spot'], () => {
    throw new Error('no');
  });
  const greedy = lint(['spot'], (view) => {
    view.steps('plain');
    return [];
  });
  const { errors } = await load('  - { id: a, task: spot }\n', [broken, greedy]);
  assert.equal(errors, [
    'runbooks/provision.yaml:3:20 task-fault: a lint of task spot is at fault: Error: no',
    'runbooks/provision.yaml:3:20 task-fault: a lint of task spot is at fault: Error: it does not say that it asks for steps of plain',
  ]);
});

test('a lint that looks into what nobody knows yet says nothing', async () => {
  const curious = lint(['spot'], (view) => {
    const [use] = view.steps('spot')[0]?.uses('roz') ?? [];
    return [at('a', 'roz', { message: `${use?.params.value}` })];
  });
  const steps = '  - { id: a, task: spot, with: { value: "${{ facts.hostname }}" } }\n';
  assert.equal(await load(steps, [curious]), { errors: [], warnings: [] });
});
