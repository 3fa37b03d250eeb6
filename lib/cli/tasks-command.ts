/** `run tasks`: which tasks there are, and what each takes. */
import { invalid, RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { describeTask } from '../load/task/task-doc.ts';
import type { Args } from './args.ts';
import { everyTask, projectRoot } from './every-task.ts';
import { refreshSchemas } from './schema-command.ts';
import { taskPage } from './task-page.ts';
import { taskListText, taskText } from './task-text.ts';

export async function tasksCommand(args: Args): Promise<number> {
  const [name, ...rest] = args.positionals;
  if (rest.length > 0)
    throw new RunError('invalid', `too many words: ${rest.join(' ')}`, { hint: 'run tasks --help' });
  const every = await everyTask(projectRoot(args));
  refreshSchemas(every);
  const { tasks, own, problems } = every;
  const docs = [...tasks].map(([each, task]) => describeTask(each, task, own.has(each)));
  const chosen = name === undefined ? docs : docs.filter((doc) => doc.name === name);
  const [first] = chosen;
  const broken =
    name === undefined ? problems : problems.filter(({ message }) => message.includes(`"${name}"`));
  if (!first) {
    if (broken.length > 0) throw invalid(broken);
    const hint = didYouMean(name ?? '', [...tasks.keys()]) ?? 'run tasks lists all';
    throw new RunError('invalid', `no task "${name}"`, { hint });
  }
  const width = Math.min(process.stdout.columns ?? 100, 120);
  if (args.has('json')) print(JSON.stringify(name === undefined ? chosen.map(brief) : first));
  else if (args.has('markdown')) print(taskPage(chosen).trimEnd());
  else print((name === undefined ? taskListText(docs, width) : taskText(first, width)).trimEnd());
  if (broken.length === 0) return 0;
  // The others are of use all the same.
  throw invalid(broken);
}

function brief({
  name,
  summary,
  own,
}: {
  readonly name: string;
  readonly summary: string;
  readonly own: boolean;
}): object {
  return { name, summary, own };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
