/** What many hosts have in common is worked out once: counted, on sessions that answer from memory. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sh } from '../../lib/base/sh.ts';
import { startRun } from '../../lib/engine/run.ts';
import { hostVars } from '../../lib/load/inventory/host-vars.ts';
import { loadProject } from '../../lib/load/project.ts';
import { paramChecker } from '../../lib/load/task/param.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import type { Kind, State } from '../../lib/model/kind.ts';
import { type AnyTask, defineTask, type TaskContext } from '../../lib/model/task.ts';
import type { Session } from '../../lib/remote/contract.ts';
import { inputFor } from '../load/world.ts';
import { assert, suite } from '../suite.ts';

const test = suite('what hosts share');
const HOSTS = 60;

/** Always as it should be. */
function cellKind(counts: Counts): Kind<State> {
  return {
    name: 'cell',
    limitMs: 1000,
    absent: { exists: false },
    read() {
      counts.reads += 1;
      return sh`:`;
    },
    parse: (_, wants) => wants.map(({ key }) => ({ key, state: { exists: true } })),
  };
}

interface Counts {
  desires: number;
  makes: number;
  reads: number;
}

interface Looked {
  readonly counts: Counts;
  readonly recap: Extract<RunEvent, { kind: 'recap' }>;
}

/** Runs one step of a task on all hosts; `look` is what the task does with its context. */
async function run(text: string, look: (ctx: TaskContext, counts: Counts) => void): Promise<Looked> {
  const counts: Counts = { desires: 0, makes: 0, reads: 0 };
  const kind = cellKind(counts);
  const cell: AnyTask = defineTask({
    summary: 'A cell',
    params: {
      type: 'object',
      additionalProperties: false,
      properties: { text: { type: 'string' }, size: { type: 'integer', default: 1 } },
    },
    desire(_, ctx) {
      counts.desires += 1;
      look(ctx, counts);
      return [{ kind, key: 'cell:one', plan: () => null }];
    },
  });
  const root = mkdtempSync(join(tmpdir(), 'tightbeam-share-'));
  const hosts = Array.from(
    { length: HOSTS },
    (_, at) => `  web${at}: { groups: [web], vars: { own: text ${at} } }\n`,
  );
  const files = {
    'inventory/prod/hosts.yaml': `hosts:\n${hosts.join('')}groups:\n  web: { vars: { port: text } }\n`,
    'runbooks/provision.yaml': `name: Book\nhosts: all\nsteps:\n  - { id: one, task: cell, with: { text: ${text} } }\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  try {
    const project = await loadProject(
      inputFor(root, { builtinTasks: new Map([['cell', async () => cell]]) }),
    );
    const check = paramChecker();
    const events: RunEvent[] = [];
    await startRun({
      project,
      version: '0',
      dryRun: false,
      detailedExitCode: false,
      forks: 3,
      become: { become: false, user: undefined },
      becomePassword: undefined,
      user: undefined,
      identity: undefined,
      connectTimeoutMs: 1000,
      silenceTimeoutMs: 1000,
      locking: { owner: 'me@here', timeoutMs: 0 },
      hostKeyPolicy: 'strict',
      open: async () => session(),
      emit: (event) => events.push(event),
      command: () => '',
      vars: (host) => hostVars(project, host),
      local: () => [],
      checkParams: (step, params) => check(step.task, step.taskName, params, step.with.place),
    }).verdict;
    const recap = events.find((event) => event.kind === 'recap');
    if (!recap) throw new Error('no recap');
    return { counts, recap };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function session(): Session {
  let roundTrips = 0;
  return {
    get roundTrips() {
      return roundTrips;
    },
    hello: { uid: 0, user: 'root', login: 'root', stateDir: '/nowhere' },
    async read(parts) {
      roundTrips += 1;
      const empty = Buffer.alloc(0);
      return parts.map(({ tag }) => ({ tag, ended: 'done', rc: 0, out: empty, err: empty }));
    },
    async apply() {
      throw new Error('there is nothing to apply');
    },
    async decide() {
      throw new Error('there is nothing to decide');
    },
    async awaitLock() {
      return undefined;
    },
    tell() {},
    async close() {},
  };
}

function assertOk({ recap }: Looked): void {
  assert.is(recap.exit, 0);
  assert.is(Object.keys(recap.hosts).length, HOSTS);
  for (const host of Object.values(recap.hosts)) assert.equal([host.ok, host.roundTrips], [1, 1]);
}

const nothing = (): void => undefined;

test('a step with the same parameters everywhere is asked once, and read by one text', async () => {
  for (const text of ['plain', '"${{ host.vars.port }}"', '"${{ vars.port }} of ${{ host.vars.port }}"']) {
    const looked = await run(text, nothing);
    assertOk(looked);
    assert.equal([looked.counts.desires, looked.counts.reads], [1, 1], text);
  }
});

test('parameters of each host its own are asked for each host', async () => {
  const looked = await run('"${{ host.vars.own }}"', nothing);
  assertOk(looked);
  // Before connecting, for contradictions, and then in its turn; nothing is kept between.
  assert.is(looked.counts.desires, 2 * HOSTS);
});

test('a task that looks at its host is asked on each', async () => {
  const looks: readonly ((ctx: TaskContext) => unknown)[] = [
    ({ host }) => host.name,
    ({ scope }) => scope.vars,
    (ctx) => ctx.hosts('web'),
    (ctx) => ctx.params('one'),
  ];
  for (const look of looks) {
    const looked = await run('plain', look);
    assertOk(looked);
    assert.is(looked.counts.desires, 2 * HOSTS);
  }
});

test('what is worked out of all hosts is worked out once', async () => {
  const looked = await run('"${{ host.vars.own }}"', (ctx, counts) => {
    const all = ctx.hosts('web').map(({ name }) => ctx.params('one', name));
    const made = ctx.once('cells', all, () => {
      counts.makes += 1;
      return all.map((params) => params?.text);
    });
    assert.is(made.length, HOSTS);
    assert.ok(made.includes(ctx.params('one')?.text));
  });
  assertOk(looked);
  assert.is(looked.counts.makes, 1);
});
