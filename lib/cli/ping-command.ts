/** `run ping`: a run that looks at each host and wants nothing of it. */
import { RunError } from '../base/error.ts';
import { pingTask } from '../engine/ping-task.ts';
import { adHocProject, runAdHoc } from './ad-hoc.ts';
import type { Args } from './args.ts';
import { openRenderer } from './renderer.ts';

export async function pingCommand(args: Args): Promise<number> {
  const [inventory, ...more] = args.positionals;
  if (more.length > 0)
    throw new RunError('invalid', `too many words: ${more.join(' ')}`, {
      hint: 'run ping <inventory>; --limit names hosts',
    });
  const project = await adHocProject(args, inventory, {
    name: 'ping',
    taskName: 'ping',
    task: pingTask,
    params: {},
  });
  const { pingRenderer } = await import('../render/ping.ts');
  const emit = await openRenderer(args, pingRenderer);
  return runAdHoc(args, project, emit, { dryRun: true }, 'now');
}
