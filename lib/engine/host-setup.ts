/** The hosts of a run: which are written, which only read, and how each is reached. */
import type { Names } from '../base/lazy-record.ts';
import type { Once } from '../base/once.ts';
import type { Host } from '../model/inventory.ts';
import type { Project, Step } from '../model/runbook.ts';
import type { Target } from '../remote/contract.ts';
import { accountsOf } from './account.ts';
import { handlerMark } from './debt.ts';
import { createLife, type Life } from './life.ts';
import { orderSteps } from './order.ts';
import { readOnlyHosts } from './read-only.ts';
import { stillRead } from './resume.ts';
import type { RunContext } from './run-context.ts';
import type { RunOptions } from './run-options.ts';
import { createSharedWishes, type SharedWishes } from './shared-wish.ts';
import type { FixedParams } from './step-params.ts';
import { createViewer } from './step-view.ts';

/** What decides what each host is asked for. */
export type HostOptions = Pick<RunOptions, 'project' | 'become' | 'vars' | 'local' | 'checkParams'>;

export function hostLives(options: HostOptions, context: RunContext): readonly Life[] {
  const { project } = options;
  const others = stillRead(readOnlyHosts(project), context, context.resume);
  const shared = createShared(project, context);
  const names = [...project.inventory.hosts.keys()].filter(
    (name) => project.limit.has(name) || others.has(name),
  );
  const own = new Set(project.runbook.hosts);
  const inPlay = names.filter((name) => others.has(name) || own.has(name));
  return inPlay.flatMap((name) => {
    const host = project.inventory.hosts.get(name);
    return host ? [hostLife(options, context, host, others.get(name), shared)] : [];
  });
}

/** What all hosts of a run have in common. */
interface Shared {
  readonly wishes: SharedWishes;
  readonly fixedParams: FixedParams;
  readonly once: Once;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  step(id: string): Step | undefined;
  stepsOn(host: string): Names;
}

function createShared({ runbook, inventory }: Project, { once, steps }: RunContext): Shared {
  return {
    wishes: createSharedWishes(),
    fixedParams: new Map(),
    once,
    groups: Object.fromEntries(inventory.groups),
    step: (id) => steps.get(id),
    stepsOn: (host) => ({
      has: (id) => {
        const step = steps.get(id);
        return step !== undefined && countsFor(step, host) && !steps.isHandler(step);
      },
      keys: () => runbook.steps.filter((step) => countsFor(step, host)).map(({ id }) => id),
    }),
  };
}

/** With `once` a step counts for hosts that do not carry it out. */
function countsFor(step: Step, host: string): boolean {
  return step.hosts.has(host) || step.actors?.has(host) === true;
}

function hostLife(
  options: HostOptions,
  context: RunContext,
  host: Host,
  other: { readonly steps: ReadonlySet<string>; readonly facts: boolean } | undefined,
  shared: Shared,
): Life {
  const { project } = options;
  const accounts = accountsOf(project, host, options.become, shared.once);
  const readOnly = !project.limit.has(host.name);
  const order = readOnly ? [] : orderSteps(project.runbook, host.name, project.leftOut, shared.once);
  const readSteps = readOnly
    ? project.runbook.steps.filter(({ id }) => other?.steps.has(id))
    : usedButLeftOut(project, context, host.name);
  const source = {
    project,
    board: context.board,
    run: context.run,
    vars: options.vars,
    ...shared,
    local: options.local,
    checkParams: options.checkParams,
  };
  const factsWanted =
    other?.facts === true || context.keep !== undefined || context.steps.factsUsed(host.name);
  return createLife({ context, host, readOnly, readSteps, order, accounts, factsWanted }, (own) =>
    createViewer({
      source,
      wishes: shared.wishes,
      own,
      user: (step) => accounts.of(step),
      owed: (step) =>
        context.steps.isHandler(step) ? handlerMark(project.runbook.name, step.id) : undefined,
      checkParams: options.checkParams,
    }),
  );
}

/** Steps that --tags leaves out, whose outputs are used all the same: read, not made. */
function usedButLeftOut({ runbook, leftOut }: Project, { steps }: RunContext, host: string): readonly Step[] {
  if (leftOut.size === 0) return [];
  return runbook.steps.filter(
    (step) => leftOut.has(step.id) && step.hosts.has(host) && steps.outputsUsed(step.id),
  );
}

export function targetOf(options: RunOptions, life: Life): Target {
  const { host } = life;
  const { accounts } = life;
  const user = options.user ?? host.user;
  const identity = options.identity ?? host.identity;
  return {
    name: host.name,
    address: host.address,
    connection: host.connection,
    connectTimeoutMs: options.connectTimeoutMs,
    silenceTimeoutMs: options.silenceTimeoutMs,
    ...(options.reconnectMs === undefined ? {} : { reconnectMs: options.reconnectMs }),
    ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
    hostKeyPolicy: options.hostKeyPolicy,
    knownHosts: options.project.inventory.knownHosts,
    ...(options.ssh === undefined ? {} : { ssh: options.ssh }),
    ...(host.port === undefined ? {} : { port: host.port }),
    ...(user === undefined ? {} : { user }),
    ...(identity === undefined ? {} : { identity }),
    ...(host.jump === undefined ? {} : { jump: host.jump }),
    ...(host.transport === undefined ? {} : { transport: host.transport }),
    ...(host.forwardAgent === undefined ? {} : { forwardAgent: host.forwardAgent }),
    ...(accounts.session === undefined ? {} : { become: accounts.session }),
    ...(options.becomePassword === undefined ? {} : { becomePassword: options.becomePassword }),
  };
}
