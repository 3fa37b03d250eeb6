/** `run validate`: checks runbooks with inventories, and renders what was found. */
import { RunError } from '../base/error.ts';
import { PROBLEM_CODES } from '../base/problem-code.ts';
import { didYouMean } from '../base/suggest.ts';
import { namesInventory, type ValidateInput, validate } from '../load/validate.ts';
import { countProblems, type ValidationText } from '../model/validation.ts';
import type { Args } from './args.ts';
import { inventoryWord } from './inventory-word.ts';
import { loadInput } from './load-input.ts';
import { VERBS } from './verbs.ts';
import { version } from './version.ts';

/** Exit 0 when nothing is wrong, 1 when something is. */
export async function validateCommand(args: Args): Promise<number> {
  const code = args.value('explain');
  if (code !== undefined) return explain(code);
  const render = await renderer(args);
  const [runbook, inventory] = words(args);
  const found = await validate({
    ...loadInput(args, '', ''),
    runbook,
    inventory,
    verbs: VERBS.map(({ name }) => name),
    foresee: foresight(args),
  });
  process.stdout.write(render(found));
  await (await import('./schema-command.ts')).renewSchemas(args);
  const { errors, warnings } = countProblems(found);
  return errors > 0 || (warnings > 0 && args.has('strict')) ? 1 : 0;
}

/** What a run would refuse when it begins. */
function foresight(args: Args): NonNullable<ValidateInput['foresee']> {
  return async (project) => {
    const [{ preflight }, { hostOptions }] = await Promise.all([
      import('../engine/preflight.ts'),
      import('./engine-options.ts'),
    ]);
    return preflight(hostOptions(args, project));
  };
}

function words(args: Args): readonly [runbook: string | undefined, inventory: string | undefined] {
  const [first, second, ...rest] = args.positionals;
  if (rest.length > 0)
    throw new RunError('invalid', `too many words: ${rest.join(' ')}`, {
      hint: 'run validate [runbook] [inventory]',
    });
  // A project's usual inventory is that of runs: here all are looked at, unless one is named.
  const named = args.has('syntax-check') || args.source('inventory')?.kind === 'flag';
  const said = named ? inventoryWord(args, second) : second;
  if (said) return [first, said];
  const alone = first !== undefined;
  return alone && namesInventory(first, process.cwd(), args.value('project'))
    ? [undefined, first]
    : [first, undefined];
}

function explain(code: string): number {
  if (!Object.hasOwn(PROBLEM_CODES, code)) {
    const hint = didYouMean(code, Object.keys(PROBLEM_CODES)) ?? 'docs/problems.md lists them all';
    throw new RunError('invalid', `no problem has the code "${code}"`, { hint });
  }
  process.stdout.write(`${code}: ${PROBLEM_CODES[code as keyof typeof PROBLEM_CODES]}\n`);
  return 0;
}

const FORMATS: Readonly<Record<string, (args: Args) => Promise<ValidationText>>> = {
  text: async (args) => {
    const [{ problemText }, { createPaint }] = await Promise.all([
      import('../render/problem-text.ts'),
      import('../render/paint.ts'),
    ]);
    return problemText(createPaint(wantsColour(args)));
  },
  json: async () => (await import('../render/problem-json.ts')).problemJson,
  github: async () => fromRoot((await import('../render/problem-github.ts')).problemGithub),
  sarif: async () => fromRoot((await import('../render/problem-sarif.ts')).problemSarif(version())),
};

/** Paths from the root of the repository, as whoever reads these formats looks for them there. */
async function fromRoot(render: ValidationText): Promise<ValidationText> {
  const locate = (await import('./workspace.ts')).locator({ cwd: process.cwd(), env: process.env });
  return (found) => {
    const problems = found.problems.map((problem) => {
      const { place } = problem;
      return place ? { ...problem, place: { ...place, file: locate(place.file) } } : problem;
    });
    return render({ ...found, problems });
  };
}

async function renderer(args: Args): Promise<ValidationText> {
  const name = args.has('json') ? 'json' : (args.value('format') ?? 'text');
  const make = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (make) return make(args);
  const hint = didYouMean(name, Object.keys(FORMATS));
  throw new RunError('invalid', `--format: no format "${name}"`, hint === undefined ? {} : { hint });
}

function wantsColour(args: Args): boolean {
  const { env, stdout } = process;
  if (args.has('no-color') || env.NO_COLOR || env.TERM === 'dumb') return false;
  return stdout.isTTY === true || Boolean(env.FORCE_COLOR);
}
