/** `--against`: a dry run on the states of a bundle, which connects to nobody and needs no key and no secret. */
import { readFileSync } from 'node:fs';
import { RunError } from '../base/error.ts';
import { bundleFault, parseBundle } from '../engine/bundle/parse.ts';
import { createRecall } from '../engine/bundle/recall.ts';
import type { RunOptions } from '../engine/run-options.ts';
import type { Bundle } from '../model/bundle.ts';
import type { Emit } from '../model/event.ts';
import type { Args } from './args.ts';
import { version } from './version.ts';

/** Throws RunError `invalid` when the flags do not go together or the bundle is not whole. */
export function openBundle(args: Args, path: string): Bundle {
  if (!args.has('dry-run'))
    throw new RunError('invalid', '--against goes with --dry-run: nothing is written on recorded states', {
      hint: `run … --dry-run --against ${path}`,
    });
  if (args.has('out'))
    throw new RunError('invalid', '--out does not go with --against', {
      hint: 'a plan that is applied rests on what the hosts say themselves: leave --against out',
    });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    const message = `the bundle ${path} cannot be read: ${why}`;
    throw bundleFault('no-bundle', message, `record one: run facts <inventory> --out ${path}`);
  }
  return parseBundle(text, path);
}

/** The options of a run, for one on the states of the bundle. */
export function onBundle(options: RunOptions, bundle: Bundle, path: string): RunOptions {
  const recall = createRecall(bundle);
  return {
    ...options,
    open: recall.open,
    recall,
    emit: telling(options.emit, wordsOf(bundle, path)),
    // What is left is looked at again, on a new bundle, and not carried out.
    command: (hosts, again) => options.command(hosts, hosts.length > 0 ? 'look' : again),
  };
}

/** Said once the run has begun: whoever reads the plan sees what it rests on. */
function telling(emit: Emit, words: readonly string[]): Emit {
  return (event) => {
    emit(event);
    if (event.kind === 'start') for (const message of words) emit({ kind: 'warning', message });
  };
}

function wordsOf({ created, engine }: Bundle, path: string): readonly string[] {
  const other = `the bundle was recorded by version ${engine}, and this is ${version()}: what is read may differ`;
  return [
    `planned on what was recorded on ${created} (${path}); no host is asked`,
    ...(engine === version() ? [] : [other]),
  ];
}
