/** A saved plan as the project that it was made from, checked: nothing has connected yet. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import { loadProject } from '../load/project.ts';
import type { Disk } from '../load/source/disk.ts';
import { isFile } from '../load/source/read.ts';
import { findRoot } from '../load/source/root.ts';
import type { Project } from '../model/runbook.ts';
import { checkHere } from '../plan/check-here.ts';
import type { Plan } from '../plan/plan.ts';
import { keyFile, type PlanKey } from '../plan/plan-key.ts';
import { type Ground, placed } from '../plan/portable-path.ts';
import { replayDisk } from '../plan/replay-disk.ts';
import { PLAN_AGAIN, readPlan, unverified } from '../plan/signed.ts';
import type { Args } from './args.ts';
import { engineSum } from './engine-sum.ts';
import { loadInput } from './load-input.ts';
import { planKeyOf } from './plan-key-option.ts';

export interface SavedPlan {
  readonly plan: Plan;
  readonly key: PlanKey;
  readonly project: Project;
  readonly disk: Disk;
}

/** Throws RunError: `invalid` where there is no such file, `unverified` where it is not what was reviewed. */
export async function openSavedPlan(args: Args, name: string): Promise<SavedPlan> {
  const path = resolve(name);
  const text = readText(path, name);
  const root = rootOf(args, path);
  const key = planKeyOf(args, root);
  if (!key) {
    const message = `there is no key to verify ${name} with: no --plan-key, no RUN_PLAN_KEY, and no ${keyFile(root)}`;
    throw unverified([{ code: 'plan-other-key', message, hint: 'name the key that it was made with' }]);
  }
  const plan = readPlan(text, { name, key, engine: engineSum(), now: new Date() });
  const ground: Ground = { root, home: homedir() };
  checkHere(plan, ground, key.seal);
  const disk = replayDisk(plan, ground, key.seal);
  const project = await loadProject(inputOf(args, plan, ground, disk));
  checkSecrets(plan, project, key);
  return { plan, key, disk, project: withKnownHosts(project, disk) };
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    const message = `the plan ${name} cannot be read: ${why === 'ENOENT' ? 'there is no such file' : why}`;
    const hint = 'run <runbook> <inventory> --dry-run --out FILE makes one';
    throw new RunError('invalid', message, { hint, problems: [{ code: 'plan-missing', message, hint }] });
  }
}

/** --project, else the project here or above, else the one that the plan lies in, else this folder. */
function rootOf(args: Args, path: string): string {
  const said = args.value('project');
  if (said !== undefined) return resolve(said);
  const cwd = process.cwd();
  return projectAbove(cwd) ?? projectAbove(dirname(path)) ?? cwd;
}

/** What is applied needs no runbooks: a folder that has a key is one, too. */
function projectAbove(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isFile(keyFile(folder))) return folder;
    if (folder === dirname(folder)) return findRoot(from);
  }
}

function inputOf(args: Args, plan: Plan, ground: Ground, disk: Disk): Parameters<typeof loadProject>[0] {
  const { flags } = plan;
  const extra = Object.keys(flags.extraVars).length > 0 ? [JSON.stringify(flags.extraVars)] : [];
  return {
    ...loadInput(args, placed(plan.runbook, ground), placed(plan.inventory, ground)),
    project: ground.root,
    limit: args.has('limit') ? args.values('limit') : flags.limit,
    within: plan.hosts.map(({ host }) => host),
    tags: flags.tags,
    skipTags: flags.skipTags,
    ...(flags.from === undefined ? {} : { from: flags.from }),
    only: flags.only ?? [],
    allow: flags.allow ?? [],
    extraVars: extra,
    disk,
  };
}

/** A step could write another secret than the one that was reviewed, on any host: none is touched. */
function checkSecrets({ secrets }: Plan, project: Project, key: PlanKey): void {
  const changed = Object.entries(project.runbook.secrets).filter(
    ([name, secret]) => secrets[name] !== key.seal.print(secret),
  );
  if (changed.length === 0) return;
  throw unverified(
    changed.map(([name]) => ({
      code: 'plan-secret',
      message: `secret ${name} is another one than when the plan was made`,
      hint: PLAN_AGAIN,
    })),
  );
}

/** A connection reads them from files: those of the inventory, or what the plan has of them where these are gone. */
function withKnownHosts(project: Project, disk: Disk): Project {
  const { inventory } = project;
  if (inventory.knownHosts.every((path) => existsSync(path))) return project;
  const folder = mkdtempSync(join(tmpdir(), 'tightbeam-plan-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const knownHosts = inventory.knownHosts.map((path, index) => {
    if (existsSync(path)) return path;
    const copy = join(folder, `known_hosts.${index}`);
    writeFileSync(copy, disk.bytes(path), { mode: 0o600 });
    return copy;
  });
  return { ...project, inventory: { ...inventory, knownHosts } };
}
