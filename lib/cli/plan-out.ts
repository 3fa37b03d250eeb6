/** `--dry-run --out FILE`: the plan of a dry run, signed, in a file. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import { formatPlace, parsePlace } from '../base/problem.ts';
import { shellWord } from '../base/shell-word.ts';
import { createTextMask } from '../engine/mask.ts';
import type { RunOptions } from '../engine/run-options.ts';
import type { Disk } from '../load/source/disk.ts';
import { isFolder } from '../load/source/read.ts';
import { locateInventory } from '../load/source/root.ts';
import type { HostReview, ReviewedStep } from '../model/review.ts';
import type { Project } from '../model/runbook.ts';
import { lifetimeMs } from '../plan/lifetime.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanKey } from '../plan/plan-key.ts';
import { type Ground, portable } from '../plan/portable-path.ts';
import { type Recorder, recordDisk } from '../plan/record-disk.ts';
import { repositoryOf } from '../plan/repository.ts';
import { planText } from '../plan/signed.ts';
import type { Args } from './args.ts';
import { engineSum } from './engine-sum.ts';
import { planKeyToSign } from './plan-key-option.ts';
import { provisionOf } from './provision.ts';

const DEFAULT_LIFETIME = '24h';

export interface PlanOut {
  /** What the project has to be loaded from. */
  readonly disk: Disk;
  /** The run with a record of what it foresees. Throws RunError `invalid` where it cannot be signed. */
  recorded(options: RunOptions): RunOptions;
  /** Writes the file and says so, unless the run was interrupted or refused. The exit code. Rejects with RunError `invalid`. */
  write(exit: number): Promise<number>;
}

/** Throws RunError `invalid` before anything is loaded when there can be no plan. */
export function openPlanOut(args: Args, inventory: string): PlanOut {
  const path = resolve(args.value('out') ?? '');
  const lifetime = lifetimeMs(args.value('expires') ?? DEFAULT_LIFETIME);
  if (!args.has('dry-run')) throw fault('--out writes the plan of a dry run', 'add --dry-run');
  if (lifetime === undefined)
    throw fault(`--expires ${args.value('expires')} is no time`, 'write 90m, 24h or 7d, at most 366d');
  if (isFolder(path)) throw fault(`--out ${path} is a folder`, 'name a file');
  if (!isFolder(dirname(path)))
    throw fault(`--out ${path}: there is no such folder`, 'name a file in a folder that is there');
  const recorder = recordDisk();
  const reviews: HostReview[] = [];
  let made:
    | { readonly project: Project; readonly key: PlanKey; readonly provision: Plan['provision'] }
    | undefined;
  return {
    disk: recorder.disk,
    recorded(options) {
      const { project } = options;
      const key = planKeyToSign(args, project.root);
      made = { project, key, provision: provisionOf(args, project, inventory)() };
      return {
        ...options,
        seal: key.seal,
        record(review) {
          reviews.push(review);
          options.record?.(review);
        },
        command: (hosts, again) =>
          hosts.length > 0 || again
            ? options.command(hosts, again)
            : `run apply ${shellWord(args.value('out') ?? '')}`,
      };
    },
    async write(exit) {
      // What a guard has refused is not to be applied.
      if (!made || exit >= 128 || exit === 3) return exit;
      const { project, key, provision } = made;
      const times = { created: new Date(), lifetime };
      const plan = await planOf(args, inventory, project, { key, provision, reviews, recorder, ...times });
      const text = planText(plan, key);
      refuseSecrets(text, project);
      refuseKeys(plan);
      writeBeside(path, text);
      process.stderr.write(`${summary(args, plan)}\n`);
      return exit;
    },
  };
}

interface Made {
  readonly provision: Plan['provision'];
  readonly key: PlanKey;
  readonly reviews: readonly HostReview[];
  readonly recorder: Recorder;
  readonly created: Date;
  readonly lifetime: number;
}

async function planOf(args: Args, inventory: string, project: Project, made: Made): Promise<Plan> {
  const { key, provision, reviews, recorder, created, lifetime } = made;
  const { root } = project;
  const ground: Ground = { root, home: homedir() };
  const names = [...project.inventory.hosts.keys()];
  const values = Object.entries(project.runbook.secrets);
  const masked = createTextMask(values.map(([, secret]) => secret));
  const shownStep = (step: ReviewedStep): ReviewedStep =>
    step.params === undefined ? step : { ...step, params: recorder.shown(step.params, ground) };
  const hides = (text: string): boolean => masked(text) !== text;
  // Nobody has read them yet: the connection does.
  for (const path of project.inventory.knownHosts) recorder.disk.bytes(path);
  const repository = await repositoryOf(root);
  return {
    v: 1,
    kind: 'plan',
    engine: engineSum(),
    created: created.toISOString(),
    expires: new Date(created.getTime() + lifetime).toISOString(),
    ...(repository === undefined ? {} : { repository }),
    runbook: portable(project.runbook.path, ground),
    inventory: portable(locateInventory(inventory, process.cwd(), root, recorder.disk).file, ground),
    provision,
    flags: flagsOf(args, project),
    tasks: recorder.tasks(ground),
    secrets: Object.fromEntries(values.map(([name, secret]) => [name, key.seal.print(secret)]).sort()),
    sources: recorder.sources(ground, key.seal, hides),
    hosts: [...reviews]
      .sort((a, b) => names.indexOf(a.host) - names.indexOf(b.host))
      .map((review) => ({ ...placedIn(review, ground), steps: review.steps.map(shownStep) })),
  };
}

function flagsOf(args: Args, project: Project): Plan['flags'] {
  const from = args.value('from');
  const user = args.value('user');
  const becomeUser = args.value('become-user');
  const method = args.source('become-method')?.kind === 'default' ? undefined : args.value('become-method');
  return {
    limit: args.has('limit') ? [...project.limit] : [],
    tags: args.values('tags'),
    skipTags: args.values('skip-tags'),
    ...(from === undefined ? {} : { from }),
    ...(args.has('only') ? { only: args.values('only') } : {}),
    ...(project.allowed.size > 0 ? { allow: [...project.allowed] } : {}),
    extraVars: project.extraVars,
    ...(user === undefined ? {} : { user }),
    become: args.has('become'),
    ...(becomeUser === undefined ? {} : { becomeUser }),
    ...(method === 'sudo' || method === 'su' || method === 'doas' ? { becomeMethod: method } : {}),
  };
}

/** Places as the plan names paths, wherever the dry run was called. */
function placedIn(review: HostReview, ground: Ground): HostReview {
  const from = <T extends { readonly place: string }>(part: T): T => {
    const { file, ...at } = parsePlace(part.place);
    const own = formatPlace({ line: 1, col: 1, ...at, file: portable(resolve(file), ground) });
    return file === '' ? part : { ...part, place: own };
  };
  return { ...review, changes: review.changes.map(from), open: review.open.map(from) };
}

/** Shorter values stand in many places by chance. */
const SHORTEST = 8;

/** As it stands in a text within JSON, with enough after it to be one. */
const INLINE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\\+[nr]|[\s\w+/=]){64}/;

/** Nobody has called it a secret, and a runbook or a variable holds it. */
function refuseKeys({ sources, flags }: Plan): void {
  const holder = sources.find((source) => INLINE_KEY.test(JSON.stringify(source)));
  if (!holder && !INLINE_KEY.test(JSON.stringify(flags))) return;
  throw fault(
    `a private key would stand in the plan, with ${holder?.path ?? '--extra-vars'}`,
    'name it under `secrets:` (env, file or command), or send it as a file: of such a file the plan has a print',
  );
}

/** Somebody has written the value of a secret out beside its source, as it is or in another form. */
function refuseSecrets(text: string, project: Project): void {
  for (const [name, secret] of Object.entries(project.runbook.secrets)) {
    if (secret.reveal().length < SHORTEST) continue;
    const masked = createTextMask([secret])(text);
    if (masked === text) continue;
    const at = [...masked].findIndex((letter, index) => letter !== text[index]);
    const file = /[\s\S]*"path": "([^"\n]*)"/.exec(text.slice(0, at))?.[1];
    throw fault(
      `the value of secret ${name} would stand in the plan${file === undefined ? '' : `, with ${file}`}`,
      'it is written out in a file or a flag of this run: take it out there, and name the secret instead',
    );
  }
}

/** For its owner's eyes only, as it holds what runbooks and hosts hold. */
function writeBeside(path: string, text: string): void {
  const beside = `${path}.${process.pid}`;
  try {
    writeFileSync(beside, text, { mode: 0o600, flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw fault(`the plan ${path} cannot be written: ${String(error)}`, 'name a file that you may write');
  }
}

function summary(args: Args, { hosts, expires }: Plan): string {
  const left = hosts.filter(({ failed, unreachable }) => failed.length > 0 || unreachable !== undefined);
  const out = left.map(({ host }) => host);
  const changes = hosts.reduce((sum, { changes: { length } }) => sum + length, 0);
  const without = out.length > 0 ? `; it cannot be applied to ${out.join(', ')}` : '';
  return `plan: ${args.value('out')}: ${count(changes, 'change')} on ${count(hosts.length - out.length, 'host')}, until ${expires}${without}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

function fault(message: string, hint: string): RunError {
  return new RunError('invalid', message, { hint, problems: [{ code: 'plan-out', message, hint }] });
}
