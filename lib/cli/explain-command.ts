/** `run explain`: every place that says what a value is, and which one wins. */
import { invalid, RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import { type Explanation, explain, type Saying } from '../load/explain.ts';
import { explainRunbook } from '../load/explain-runbook.ts';
import { readExtraVars } from '../load/inventory/extra-vars.ts';
import type { ChosenHosts } from '../load/inventory/hosts.ts';
import { createReport } from '../load/source/report.ts';
import { locateRunbook } from '../load/source/root.ts';
import { openTrees } from '../load/source/tree.ts';
import type { Args } from './args.ts';
import { knownHost, readHosts } from './inventory-command.ts';
import { projectRoot } from './project-folder.ts';
import { table } from './text-table.ts';
import { valueText } from './value-text.ts';

export async function explainCommand(args: Args): Promise<number> {
  const { inventory, host, name } = words(args);
  const chosen = await readHosts(args, inventory, []);
  knownHost(host, chosen);
  const found = explain(host, name, await sourceOf(args, chosen));
  const text = args.has('json')
    ? JSON.stringify({ host, found: found.map(plainOf) }, undefined, 1)
    : found.map((each) => page(host, each)).join('\n\n');
  process.stdout.write(`${text}\n`);
  return 0;
}

function words(args: Args): { inventory: string | undefined; host: string; name: string } {
  const given = args.positionals;
  const [first, second, third, ...more] =
    given.length === 2 && args.has('inventory') ? [undefined, ...given] : given;
  if (more.length > 0) throw new RunError('invalid', `too many words: ${more.join(' ')}`, { hint: USAGE });
  if (second === undefined) throw new RunError('invalid', 'which host?', { hint: USAGE });
  if (third === undefined)
    throw new RunError('invalid', `which variable or key of ${second}?`, {
      hint: `${USAGE}; run inventory <inventory> --host ${second} shows all`,
    });
  return { inventory: first, host: second, name: third };
}

const USAGE = 'run explain <inventory> <host> <variable>';

async function sourceOf(
  args: Args,
  { loaded, inventory }: ChosenHosts,
): Promise<Parameters<typeof explain>[2]> {
  const cwd = process.cwd();
  const root = projectRoot(args, cwd) ?? cwd;
  const trees = openTrees(root);
  const report = createReport();
  const extraVars = await readExtraVars(args.values('extra-vars'), cwd, trees, report);
  if (report.size > 0) throw invalid(report.problems());
  const word = args.value('runbook');
  if (word === undefined) return { loaded, extraVars, runbook: undefined };
  const { runbook: path } = locateRunbook(word, cwd, args.value('project'));
  const world = { inventory, secrets: [loaded.secrets], extraVars };
  return { loaded, extraVars, runbook: await explainRunbook(path, cwd, trees, world) };
}

function page(host: string, { kind, name, value, said }: Explanation): string {
  const what = kind === 'key' ? `${name} (how ${host} is reached)` : `${name} of ${host}`;
  const [only] = said;
  if (only?.by === 'nobody') {
    const rule = `the inventory does not say; what counts is ${valueText(only.value)}`;
    return `${what}${value === undefined ? '' : ` is ${valueText(value)}`}: ${rule}`;
  }
  const alone = said.every(({ within }) => within !== undefined);
  const rows = said.map((each) => [`  ${each.by}`, valueText(each.value), where(each), note(each)]);
  return `${what} is ${alone ? 'set within steps alone' : valueText(value)}\n${table(rows)}`;
}

function where({ place }: Saying): string {
  return place ? formatPlace(place) : '';
}

function note({ wins, within }: Saying): string {
  if (within !== undefined) return '(in that step alone)';
  return wins ? '← wins' : '';
}

function plainOf({ kind, name, value, said }: Explanation): object {
  return {
    kind,
    name,
    value: value ?? null,
    said: said.map(({ place, ...rest }) => ({ ...rest, ...(place ? { place: formatPlace(place) } : {}) })),
  };
}
