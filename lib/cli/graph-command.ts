/** `run graph`: what waits for what in a runbook, drawn. */
import { RunError } from '../base/error.ts';
import { loadProject } from '../load/project.ts';
import { hostGraph, stepGraph } from '../load/runbook/graph.ts';
import { findInventories } from '../load/source/root.ts';
import type { Graph } from '../model/graph.ts';
import type { Args } from './args.ts';
import { inventoryWord } from './inventory-word.ts';
import { loadInput } from './load-input.ts';
import { projectRoot } from './project-folder.ts';

type Draw = (graph: Graph) => string;

/** Each loaded when it is asked for. */
const FORMATS: Readonly<Record<string, () => Promise<Draw>>> & { readonly text: () => Promise<Draw> } = {
  text: async () => (await import('../render/graph-text.ts')).graphText,
  mermaid: async () => (await import('../render/graph-mermaid.ts')).graphMermaid,
  dot: async () => (await import('../render/graph-dot.ts')).graphDot,
  svg: async () => (await import('../render/graph-svg.ts')).graphSvg,
};

/** More boxes than anybody could look at, and edges among them by the square. */
const MOST = 2000;

export async function graphCommand(args: Args): Promise<number> {
  const [runbook = '', word, ...rest] = args.positionals;
  if (rest.length > 0)
    throw new RunError('invalid', `too many words: ${rest.join(' ')}`, {
      hint: 'run graph <runbook> [inventory]',
    });
  // Another word has been refused with the flags.
  const load = FORMATS[args.value('format') ?? 'text'] ?? FORMATS.text;
  const project = await loadProject({
    ...loadInput(args, runbook, inventoryOf(args, word)),
    fetchSecrets: false,
  });
  const graph = args.has('hosts') ? hostGraph(project) : stepGraph(project);
  if (graph.nodes.length > MOST)
    throw new RunError('invalid', `${graph.nodes.length} boxes are too many to look at`, {
      hint: 'choose a few hosts with --limit, or leave --hosts out',
    });
  process.stdout.write((await load())(graph));
  return 0;
}

/** Which steps there are does not rest on the inventory, so the first will do where none is named. */
function inventoryOf(args: Args, word: string | undefined): string {
  const said = inventoryWord(args, word);
  const root = projectRoot(args, process.cwd());
  if (said !== '' || root === undefined || args.has('hosts')) return said;
  const [first, ...others] = findInventories(root);
  if (first !== undefined && others.length > 0) process.stderr.write(`with inventory/${first}\n`);
  return first ?? '';
}
