/** What a run leaves on the hosts that it has changed: which runbook of which project it was. */
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { locateInventory } from '../load/source/root.ts';
import type { Narrowing, ProvisionOf, ProvisionRecord } from '../model/provision.ts';
import type { Project } from '../model/runbook.ts';
import type { Args } from './args.ts';
import { repositoryName } from './repository-name.ts';

/** `inventory`: the word for it. What it gives is made once, when the first host needs it. */
export function provisionOf(args: Args, project: Project, inventory: string): ProvisionOf {
  let made: ReturnType<ProvisionOf> | undefined;
  return () => {
    made ??= make(args, project, inventory);
    return made;
  };
}

function make(
  args: Args,
  { root, runbook, extraVars, leftOut }: Project,
  inventory: string,
): ReturnType<ProvisionOf> {
  const project = repositoryName(root);
  const path = relative(root, runbook.path);
  const narrowed = leftOut.size > 0 ? narrowing(args) : undefined;
  const names = Object.keys(extraVars).sort();
  return {
    id: recordId(project, path, narrowed),
    project,
    runbook: path,
    name: runbook.name,
    inventory: relative(root, locateInventory(inventory, process.cwd(), root).path),
    ...(narrowed ? { narrowed } : {}),
    ...(names.length > 0 ? { extraVars: names } : {}),
  };
}

function narrowing(args: Args): Narrowing {
  const list = (name: string): readonly string[] =>
    [...new Set(args.values(name).flatMap((word) => word.split(',').map((tag) => tag.trim())))].sort();
  const [tags, skipTags, only, from] = [list('tags'), list('skip-tags'), list('only'), args.value('from')];
  return {
    ...(tags.length > 0 ? { tags } : {}),
    ...(skipTags.length > 0 ? { skipTags } : {}),
    ...(only.length > 0 ? { only } : {}),
    ...(from === undefined ? {} : { from }),
  };
}

export function recordId(project: string, path: string, narrowed?: Narrowing): ProvisionRecord['id'] {
  const whole = digest(`${project}\0${path}`, 16);
  return narrowed ? `${whole}.${digest(JSON.stringify(narrowed), 8)}` : whole;
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
