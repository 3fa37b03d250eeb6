/** `run prove`: where a runbook ends when it is killed at each of its changes and run again, or has another order. */
import { basename, join, resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import { hostNames, inventoryFolder } from '../lab/lab.ts';
import { readState } from '../lab/state.ts';
import { locateRunbook } from '../load/source/root.ts';
import { type Args, parseCommandLine } from './args.ts';
import { RUN_FLAGS } from './flag.ts';
import { freePairs } from './prove/order.ts';
import { findingOf, summary, trialLine } from './prove/report.ts';
import { openSlot, type Slot } from './prove/slot.ts';
import { filesSum } from './prove/sum.ts';
import { openTally, type Tally } from './prove/tally.ts';
import {
  carryOut,
  makeReference,
  type Reference,
  type Subject,
  type Trial,
  trialName,
} from './prove/trial.ts';
import { allTrials, sampleOf, trialsAt } from './prove/trial-list.ts';
import { loadTrial } from './prove/trial-process.ts';
import { settle } from './setting.ts';

/** One run of a trial takes no longer, in milliseconds. */
const RUN_LIMIT_MS = 600_000;

interface Work {
  readonly args: Args;
  readonly root: string;
  readonly runbook: string;
  readonly inventory: string;
  /** The inventory is that of the lab itself. */
  readonly isLab: boolean;
  readonly halt: AbortController;
  readonly log: (line: string) => void;
  readonly print: (line: string) => void;
}

export async function proveCommand(args: Args): Promise<number> {
  const [runbook = '', inventory, ...rest] = args.positionals;
  if (inventory === undefined || rest.length > 0)
    throw new RunError('invalid', 'which runbook, and which inventory?', {
      hint: 'run prove <runbook> <inventory>; lab is the inventory of lab hosts',
    });
  const halt = new AbortController();
  const stop = { signal: undefined as 'SIGINT' | 'SIGTERM' | undefined };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      stop.signal ??= signal;
      halt.abort();
    });
  const located = locateRunbook(runbook, process.cwd(), args.value('project'));
  const isLab = inventory === 'lab' || resolve(inventory) === inventoryFolder(located.root);
  const work: Work = {
    ...{ args, root: located.root, runbook: located.runbook, isLab, halt },
    inventory: isLab ? inventory : resolve(inventory),
    log: (line) => process.stderr.write(`${line}\n`),
    print: (line) => process.stdout.write(`${line}\n`),
  };
  const exit = await prove(work);
  if (stop.signal === undefined) return exit;
  work.log('stopped; the same command with --continue goes on');
  return stop.signal === 'SIGINT' ? 130 : 143;
}

async function prove(work: Work): Promise<number> {
  const { args, root } = work;
  const began = performance.now();
  const home = join(root, '.run', 'prove');
  const tally = openTally(
    join(home, `${basename(work.runbook).replace(/\.ya?ml$/, '')}.jsonl`),
    sumOf(work),
    args.has('continue'),
  );
  const hosts = await namesOf(work);
  const slots = Array.from({ length: Number(args.value('jobs')) }, (_, index) => ({
    root: join(home, `slot-${index + 1}`),
    hosts,
    packages: args.values('packages').flatMap((word) => word.split(',').map((name) => name.trim())),
    log: work.log,
  }));
  const [first, ...others] = slots;
  if (!first) throw new TypeError('no slot');
  const opened: Slot[] = [];
  const open = async (options: typeof first): Promise<Slot> => {
    const slot = await openSlot(options);
    opened.push(slot);
    return slot;
  };
  try {
    const subject: Subject = {
      words: (slot) => wordsFor(work, slot),
      limits: { ms: RUN_LIMIT_MS, halt: work.halt.signal },
    };
    const slot = await open(first);
    const reference = await referenceOf(work, slot, subject, tally);
    if (reference === undefined) return work.halt.signal.aborted ? 130 : 2;
    const { trials, orders } = await trialsOf(work, slot, subject, reference);
    const known = new Set(tally.results().map(({ name }) => name));
    const queue = trials.filter((trial) => !known.has(trialName(trial)));
    const worker = async (mine: Slot): Promise<void> => {
      for (let trial = queue.shift(); trial && !work.halt.signal.aborted; trial = queue.shift()) {
        const result = await carryOut(mine, subject, reference, trial);
        if (work.halt.signal.aborted) return;
        tally.keepResult(result);
        work.print(args.has('json') ? JSON.stringify(result) : trialLine(result, reference));
      }
    };
    const more = others.slice(0, Math.max(0, queue.length - 1));
    await Promise.all([worker(slot), ...more.map(async (each) => worker(await open(each)))]);
    const asked = new Set(trials.map(trialName));
    const results = tally.results().filter(({ name }) => asked.has(name));
    const minutes = (performance.now() - began) / 60_000;
    const bad = results.filter((result) => findingOf(result) !== undefined).length;
    if (args.has('json'))
      work.print(JSON.stringify({ kind: 'end', tried: results.length, asked: trials.length, bad, minutes }));
    else work.print(`\n${summary(results, { asked: trials.length, orders, minutes })}`);
    return bad > 0 ? 2 : 0;
  } finally {
    await Promise.all(opened.map((slot) => slot.down()));
  }
}

/** Undefined: nothing can be proved, and why has been told. */
async function referenceOf(
  { args, log, print }: Work,
  slot: Slot,
  subject: Subject,
  tally: Tally,
): Promise<Reference | undefined> {
  const known = tally.reference();
  if (known) return known;
  log('two runs on fresh hosts, to know where they end');
  const made = await makeReference(slot, subject);
  if ('why' in made) {
    print(
      args.has('json')
        ? JSON.stringify({ kind: 'reference', why: made.why })
        : `FAIL ${made.why.join('\n       ')}`,
    );
    return undefined;
  }
  const { reference } = made;
  tally.keepReference(reference);
  if (!args.has('json')) {
    const counts = Object.entries(reference.changes).map(
      ([host, list]) => `${list.length} changes on ${host}`,
    );
    print(
      `ok   a run (${reference.seconds.toFixed(1)} s) makes ${counts.join(', ')}; a dry run after it finds nothing to do`,
    );
    const random = Object.entries(reference.end.random).flatMap(([host, all]) =>
      all.map((each) => `${host} ${each}`),
    );
    if (random.length > 0)
      print(`     random by nature, as two such runs differ in it: ${random.join(', ')}`);
  }
  return reference;
}

async function trialsOf(
  { args }: Work,
  slot: Slot,
  subject: Subject,
  reference: Reference,
): Promise<{ readonly trials: readonly Trial[]; readonly orders: string }> {
  const project = await loadTrial(await runArgs(subject.words(slot)));
  const free = freePairs(project.runbook).length;
  const orders = free > 0 ? Number(args.value('orders')) : 0;
  const count = Math.max(0, ...Object.values(reference.changes).map((list) => list.length));
  const asked = trialsAt(allTrials(count, orders), args.values('at'));
  const sample = args.value('sample');
  const trials = sample === undefined ? asked : sampleOf(asked, Number(sample), Number(args.value('seed')));
  const said =
    free > 0
      ? `${trials.filter(({ kind }) => kind === 'order').length} other orders (${free} pairs of steps are free)`
      : 'no other order (an edge orders every pair of steps)';
  return { trials, orders: said };
}

function wordsFor({ args, root, runbook, inventory, isLab }: Work, slot: Slot): readonly string[] {
  const vars = args.values('extra-vars').flatMap((each) => ['--extra-vars', each]);
  return [runbook, isLab ? slot.inventory : inventory, '--project', root, ...vars];
}

async function runArgs(words: readonly string[]): Promise<Args> {
  const given = parseCommandLine(words, RUN_FLAGS);
  return (await settle(given, RUN_FLAGS, { cwd: process.cwd(), env: process.env })).args;
}

/** Names of the hosts that a trial needs. Throws RunError `invalid` for names that no lab host can have. */
async function namesOf({ args, root, runbook, inventory, isLab }: Work): Promise<readonly string[]> {
  if (isLab) {
    const kept = readState(root)?.hosts.map(({ name }) => name) ?? [];
    const asked = args.value('hosts');
    return asked === undefined && kept.length > 0 ? kept : hostNames(Number(asked ?? 2));
  }
  const project = await loadTrial(await runArgs([runbook, inventory, '--project', root]));
  const wanted = new Set(project.runbook.hosts);
  return hostNames([...project.inventory.hosts.keys()].filter((name) => wanted.has(name)));
}

function sumOf({ args, root, inventory, isLab }: Work): string {
  const flags = ['hosts', 'packages', 'extra-vars'].map((name) => args.values(name));
  return filesSum(root, isLab ? [] : [inventory], flags);
}
