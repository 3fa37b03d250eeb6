/** `run facts`: dry runs of which nothing is shown but what they read. */
import { RunError } from '../base/error.ts';
import type { Secret } from '../base/secret.ts';
import { createRecorder, type Recorder } from '../engine/bundle/keep.ts';
import { pingTask } from '../engine/ping-task.ts';
import { type RunControl, startRun } from '../engine/run.ts';
import type { Bundle } from '../model/bundle.ts';
import type { RunEvent } from '../model/event.ts';
import type { Project } from '../model/runbook.ts';
import { openSession } from '../remote/session.ts';
import { createSessionPool } from '../remote/session-pool.ts';
import { printable } from '../render/printable.ts';
import { adHocProject } from './ad-hoc.ts';
import type { Args } from './args.ts';
import { bundleFile, type WriteBundle } from './bundle-file.ts';
import { becomeSecret, runOptions } from './engine-options.ts';
import { recordedProjects } from './facts-project.ts';
import { inventoryWord } from './inventory-word.ts';
import { version } from './version.ts';

/** Exit 0 when every host was read, 4 when one could not be reached, 2 when one could not be read for another reason. */
export async function factsCommand(args: Args): Promise<number> {
  const [word, ...more] = args.positionals;
  if (more.length > 0)
    throw new RunError('invalid', `too many words: ${more.join(' ')}`, {
      hint: 'run facts <inventory>; --runbook names runbooks, --limit hosts',
    });
  const out = args.value('out');
  if (out === undefined && args.has('runbook'))
    throw new RunError('invalid', '--runbook goes with --out: facts rest on no runbook', {
      hint: 'run facts <inventory> --runbook NAME --out bundle.json',
    });
  if (args.has('list-hosts')) return listHosts(await factsProject(args, word));
  return out === undefined ? showFacts(args, word) : record(args, word, bundleFile(out));
}

function factsProject(args: Args, word: string | undefined): Promise<Project> {
  return adHocProject(args, word, { name: 'facts', taskName: 'facts', task: pingTask, params: {} });
}

function listHosts({ limit }: Project): number {
  process.stdout.write([...limit].map((host) => `${host}\n`).join(''));
  return 0;
}

async function showFacts(args: Args, word: string | undefined): Promise<number> {
  const project = await factsProject(args, word);
  const read = await readAll(args, [{ name: 'facts', project }]);
  const { hosts } = read.bundle;
  const facts = Object.entries(hosts).flatMap(([name, host]) =>
    'facts' in host ? [[name, host.facts]] : [],
  );
  process.stdout.write(`${JSON.stringify(Object.fromEntries(facts), undefined, 1)}\n`);
  return read.exit;
}

async function record(args: Args, word: string | undefined, write: WriteBundle): Promise<number> {
  const { exit, bundle } = await readAll(args, await recordedProjects(args, inventoryWord(args, word)));
  // What was interrupted would say less than it seems to.
  if (exit >= 130) return exit;
  if (!Object.values(bundle.hosts).some((host) => 'states' in host)) {
    complain('no host was read: the bundle is not written');
    return exit;
  }
  const size = write(bundle);
  if (!args.has('quiet')) process.stdout.write(`${summary(bundle, args.value('out') ?? '', size)}\n`);
  return exit;
}

function summary({ hosts, runbooks }: Bundle, path: string, size: number): string {
  const read = Object.values(hosts).filter((host) => 'states' in host);
  const states = read.reduce(
    (sum, host) => sum + ('states' in host ? Object.keys(host.states).length : 0),
    0,
  );
  return `${path}: ${read.length} host${read.length === 1 ? '' : 's'}, ${states} states, what ${runbooks.join(', ')} look${runbooks.length === 1 ? 's' : ''} at; ${Math.ceil(size / 1024)} KiB`;
}

export interface Named {
  readonly name: string;
  readonly project: Project;
}

/** One runbook after the other, over the same connections. */
async function readAll(
  args: Args,
  projects: readonly Named[],
): Promise<{ readonly exit: number; readonly bundle: Bundle }> {
  const become = await becomeSecret(args);
  const recorder = createRecorder();
  const troubles = createTroubles();
  const pool = createSessionPool(openSession);
  let control: RunControl | undefined;
  let signal: 'SIGINT' | 'SIGTERM' | undefined;
  const stop = (name: 'SIGINT' | 'SIGTERM') => (): void => {
    signal = name;
    control?.stop(name, 'now');
  };
  process.on('SIGINT', stop('SIGINT'));
  process.on('SIGTERM', stop('SIGTERM'));
  for (const [index, { project }] of projects.entries()) {
    if (signal) break;
    if (index === projects.length - 1) pool.last();
    const options = runOptions(args, project, troubles.hear, become);
    const { keep } = recorder;
    control = startRun({
      ...options,
      dryRun: true,
      keep,
      ...(projects.length > 1 ? { open: pool.open } : {}),
    });
    await control.verdict;
  }
  await pool.close();
  const missing = troubles.of(recorder, projects);
  const secrets: Secret[] = projects.flatMap(({ project }) => Object.values(project.runbook.secrets));
  const bundle = recorder.bundle(
    { engine: version(), created: new Date().toISOString(), runbooks: projects.map(({ name }) => name) },
    new Map([...missing].map(([host, { message }]) => [host, message])),
    become ? [...secrets, become] : secrets,
  );
  for (const [host, { message }] of missing) complain(`${host}: ${message}`);
  tellUnreadable(bundle);
  const lost = [...missing.values(), ...troubles.lost(recorder)];
  const exit = lost.some(({ failed }) => failed) ? 2 : lost.length > 0 ? 4 : 0;
  return { exit: signal ? { SIGINT: 130, SIGTERM: 143 }[signal] : exit, bundle };
}

interface Trouble {
  readonly message: string;
  /** It was reached, and could not be read all the same. */
  readonly failed: boolean;
}

interface Troubles {
  hear(event: RunEvent): void;
  /** Hosts of which nothing was read. */
  of(recorder: Recorder, projects: readonly Named[]): ReadonlyMap<string, Trouble>;
  /** Of hosts that were read in part. */
  lost(recorder: Recorder): readonly Trouble[];
}

function createTroubles(): Troubles {
  const away = new Map<string, Trouble>();
  const failed = new Map<string, Trouble>();
  return {
    hear(event) {
      if (event.kind === 'unreachable')
        away.set(event.host, { message: event.failure.message, failed: false });
      if (event.kind === 'step' && event.failure && !failed.has(event.host))
        failed.set(event.host, { message: event.failure.message, failed: true });
      if (event.kind === 'warning') complain(`${event.host ? `${event.host}: ` : ''}${event.message}`);
    },
    of({ hosts }, projects) {
      const names = new Set(projects.flatMap(({ project }) => [...project.limit]));
      const missing = [...names].filter((name) => !hosts.has(name));
      const unknown: Trouble = { message: 'it was not read', failed: true };
      return new Map(missing.map((name) => [name, away.get(name) ?? failed.get(name) ?? unknown]));
    },
    lost({ hosts }) {
      const found = [...away].filter(([name]) => hosts.has(name));
      for (const [name, { message }] of found) complain(`${name}: ${message}; what was read before is kept`);
      return found.map(([, trouble]) => trouble);
    },
  };
}

function tellUnreadable({ hosts }: Bundle): void {
  for (const [name, host] of Object.entries(hosts)) {
    if (!('states' in host)) continue;
    const broken = Object.entries(host.states).flatMap(([key, list]) =>
      list.flatMap((each) => ('unreadable' in each ? [`${key}: ${each.unreadable}`] : [])),
    );
    const [first] = broken;
    if (first) complain(`${name}: ${broken.length} could not be read, such as ${first}`);
  }
}

function complain(message: string): void {
  process.stderr.write(`warning: ${printable(message)}\n`);
}
