/** `run prove` on lab hosts of its own: three tasks that are wrong in three ways are found, and one that is right is not. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labDown } from '../../../lib/lab/down.ts';
import { copyBundle, type Finished, startRun } from '../../fixture/lab-run.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('run prove');
const world: { root: string; cli: string } = { root: '', cli: '' };

/** It wants something else each time it is asked. */
const STAMP = `import { defineTask, file } from 'tightbeam';
export default defineTask({
  summary: 'A file with the time in it.',
  params: { type: 'object', properties: { path: { type: 'string', format: 'abs-path', description: 'Path' } }, required: ['path'], additionalProperties: false },
  desire: ({ path }) => [file(path, { content: \`\${process.hrtime.bigint()}\\n\` })],
});
`;

/** What shows that it was made is made first in `unpack`: half done looks like done. */
const STEPS = {
  good: `
  - { id: conf, task: file, with: { path: /srv/conf, content: "a = 1\\n", mode: "0640" } }
  - { id: once, task: command, with: { shell: "sleep 0.3; echo x >/srv/.part && mv /srv/.part /srv/once", creates: /srv/once, effects: none } }`,
  stamp: `
  - { id: stamped, task: stamp, with: { path: /srv/stamp } }`,
  unpack: `
  - { id: unpacked, task: command, with: { shell: "mkdir /srv/app && sleep 1 && echo data >/srv/app/data", creates: /srv/app, effects: none } }`,
  hidden: `
  - { id: first, task: file, with: { path: /srv/a, content: "a\\n" } }
  - { id: second, task: command, needs: [], with: { shell: "cat /srv/a >/srv/b 2>/dev/null || echo none >/srv/b", creates: /srv/b, effects: none } }`,
};

test.before(async () => {
  world.root = mkdtempSync(join(tmpdir(), 'tightbeam-prove-'));
  world.cli = await copyBundle(join(world.root, '.package'));
  for (const [name, steps] of Object.entries(STEPS)) {
    mkdirSync(join(world.root, 'runbooks'), { recursive: true });
    writeFileSync(
      join(world.root, 'runbooks', `${name}.yaml`),
      `name: ${name}\nhosts: all\nbecome: true\nsteps:${steps}\n`,
    );
  }
  mkdirSync(join(world.root, 'tasks'));
  writeFileSync(join(world.root, 'tasks/stamp.ts'), STAMP);
});

test.after(async () => {
  const slots = join(world.root, '.run/prove');
  for (const name of existsSync(slots) ? readdirSync(slots) : [])
    if (name.startsWith('slot-')) await labDown({ root: join(slots, name), log: () => undefined });
  rmSync(world.root, { recursive: true, force: true });
});

const prove = (runbook: string, ...flags: readonly string[]): Promise<Finished> =>
  startRun(world.cli, ['prove', runbook, 'lab', '--hosts', '1', ...flags], { cwd: world.root, events: false })
    .done;

test('a runbook whose tasks can be killed anywhere passes for every change', async () => {
  const run = await prove('good');
  assert.is(run.code, 0, run.out + run.err);
  assert.match(run.out, /6 of 6 trials in .* 6 kills at 2 changes/);
  assert.match(run.out, /\n6 ended in the same state, 0 did not/);
  assert.match(run.out, /no other order \(an edge orders every pair of steps\)/);
}, 240_000);

test('what was tried is not tried again', async () => {
  const again = await prove('good', '--continue');
  assert.is(again.code, 0, again.out + again.err);
  assert.match(again.out, /6 of 6 trials/);
  assert.not.match(again.out, /1\.began/);
  const other = await prove('good', '--continue', '--sample', '2', '-e', 'a=1');
  assert.match(other.out, /2 of 2 trials/);
  assert.match(other.out, /^ok {3}\d\.(began|middle|ended) {2}/m);
}, 120_000);

test('a task that is not idempotent is found', async () => {
  const run = await prove('stamp');
  assert.is(run.code, 2, run.out + run.err);
  assert.match(run.out, /FAIL/);
  assert.match(run.out, /step stamped/);
}, 120_000);

test('a task that is not crash-safe is found: killed in its middle, it looks done', async () => {
  const run = await prove('unpack');
  assert.is(run.code, 2, run.out + run.err);
  assert.match(run.out, /^FAIL 1\.middle {3}differs .* unpacked .*: not crash-safe$/m);
  assert.match(run.out, /roz: - tree \/srv\/app\/data /);
  assert.match(run.out, /^ok {3}1\.began /m);
  assert.match(run.out, /^ok {3}1\.ended /m);
}, 120_000);

test('a hidden dependency is found: no edge orders the steps, and the other order ends elsewhere', async () => {
  const run = await prove('hidden', '--at', 'order', '--orders', '2');
  assert.is(run.code, 2, run.out + run.err);
  assert.match(run.out, /^FAIL order\.1 .* a hidden dependency$/m);
  assert.match(run.out, /roz: \+ tree \/srv\/b /);
  assert.match(run.out, /1 pairs of steps are free/);
}, 120_000);

test('it leaves no lab behind', () => {
  for (const name of readdirSync(join(world.root, '.run/prove')).filter((each) => each.startsWith('slot-')))
    assert.not.ok(existsSync(join(world.root, '.run/prove', name, 'inventory')), name);
  const lines = readFileSync(join(world.root, '.run/prove/good.jsonl'), 'utf8');
  assert.match(lines, /"kind":"reference"/);
});
